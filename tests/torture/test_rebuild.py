"""Rebuilds while the site writes: at the end the index equals the database, document by document.

TORTURE_ROWS is the number of products, 10,000 if it is not set; TORTURE_SEED repeats the choices.
TORTURE_STEPS names the failures, such as "sqlite-load postgresql-swap"; without it, all are taken.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from tests.ports import free_port
from tests.torture import commands, scripts
from tests.torture.conftest import ES_URL, ROWS, VENDORS, Check
from tests.torture.processes import ROOT, Environment, ProcessFailed
from tests.torture.proxy import Proxy
from tests.torture.site import Site, wait_for

STEPS = ("create", "load", "drain", "deletes", "settle", "gate", "swap", "standby")

CHOSEN = os.environ.get("TORTURE_STEPS", "").split()
FAILURES = [
    (vendor, step)
    for step in STEPS
    for vendor in VENDORS
    if not CHOSEN or f"{vendor}-{step}" in CHOSEN
]

pytestmark = pytest.mark.slow

in_ci = pytest.mark.in_ci
each_vendor = pytest.mark.parametrize("vendor", VENDORS)


@pytest.fixture
def site(environment: Environment, seed: int, rows: int) -> Iterator[Site]:
    environment.rows, environment.indices = rows, "products,offers"
    bulk = str(max(200, rows // 100))
    environment.variables = {"TORTURE_PATIENCE": "30", "TORTURE_BULK": bulk}
    with Site(environment, ES_URL, seed) as site:
        yield site


@each_vendor
def test_a_rebuild_on_a_faulty_network(vendor: str, site: Site, proxy: Proxy, check: Check) -> None:
    rebuild = site.start("es_rebuild", TORTURE_DOOM="load pause")
    wait_for(lambda: "paused" in rebuild.output(), "the load")
    # Some requests fail in each run: a rebuild of few rows is but a few hundred of them.
    proxy.fates["pass"] = 3_000 if ROWS >= 10_000 else 1_500
    proxy.mode = "faulty"
    try:
        status = rebuild.wait(300)
    finally:
        proxy.mode = "clean"
    # All that is sent from here on is sent again.
    assert status == 0, f"{rebuild.output()}\n{rebuild.errors()}"
    check(site.close())
    assert sum(proxy.seen.values()) > proxy.seen["pass"]


@in_ci
@pytest.mark.parametrize(("vendor", "step"), FAILURES)
def test_a_failure_at_a_step(
    vendor: str, step: str, site: Site, proxy: Proxy, check: Check
) -> None:
    killed = site.start("es_rebuild", TORTURE_DOOM=f"{step} kill")
    assert killed.wait(300) == -signal.SIGKILL, killed.errors()
    site.rebuild()

    cut = site.start("es_rebuild", TORTURE_DOOM=f"{step} pause", TORTURE_PATIENCE="1")
    wait_for(lambda: "paused" in cut.output(), "the step")
    proxy.cut()
    try:
        status = cut.wait(300)
    finally:
        proxy.mend()
    # All that is left to do at the end is in the database.
    assert status == (0 if step == "standby" else 1), cut.errors()
    site.rebuild()

    check(site.close())
    site.run("es_prune")
    with Elasticsearch(ES_URL) as client:
        left = client.indices.get(index=f"{site.environment.prefix}products*", features=["aliases"])
    assert len(left) == 2, "the live one and the standby"


@each_vendor
def test_swaps_and_rollbacks(vendor: str, site: Site, check: Check) -> None:
    site.rebuild()
    site.run("es_rollback")
    site.run("es_rollback")
    site.run("es_rebuild", "--no-swap")
    site.run("es_swap_alias")
    site.run("es_rollback")
    check(site.close())
    # What is the standby now has had every change, too.
    site.run("es_rollback")
    assert site.compare()["differences"] == {}


@each_vendor
def test_two_at_once(vendor: str, site: Site, check: Check) -> None:
    both = [site.start("es_rebuild") for _ in range(2)]
    ended = {process.wait(300): process for process in both}
    assert sorted(ended) == [0, 1], [process.errors() for process in both]
    assert "is being rebuilt by" in ended[1].errors()
    check(site.close())


@each_vendor
def test_deletes_of_rows_not_yet_loaded(vendor: str, site: Site, check: Check) -> None:
    ahead = site.environment.start("tests.torture.ahead", TORTURE_SYNC="worker", TORTURE_PAUSES="")
    wait_for(lambda: ahead.at_work() > 0, "who deletes")
    rebuild = site.start("es_rebuild", TORTURE_DOOM="load pause 5")
    assert rebuild.wait(300) == 0, rebuild.errors()
    assert ahead.wait(60) == 0, ahead.errors()
    did = json.loads(ahead.output().splitlines()[-1])
    assert did["deleted"] > 10
    assert did["revived"] > 0
    check(site.close())


@each_vendor
def test_a_transaction_across_the_swap(
    vendor: str, site: Site, tmp_path: Path, check: Check
) -> None:
    """On SQLite nobody else can write meanwhile, a rebuild neither: it is short there."""
    end = tmp_path / "commit"
    held = site.environment.start("tests.torture.held", f"--until={end}")
    wait_for(lambda: "open" in held.output(), "the transaction")
    if vendor == "sqlite":
        end.touch()
    site.rebuild()
    end.touch()
    assert held.wait(60) == 0, held.errors()
    check(site.close())


OTHERS = {"stranger": (), "scripts": scripts.KINDS, "commands": commands.KINDS}
"""Programs that write beside the site, and what each has to have done."""


@pytest.mark.parametrize("vendor", ["sqlite", pytest.param("postgresql", marks=in_ci), "mysql"])
def test_triggers_and_other_programs(
    vendor: str, environment: Environment, seed: int, tmp_path: Path, check: Check
) -> None:
    """All who write by all means, rebuilds included, and programs that know the tables alone."""
    environment.rows, environment.indices, environment.capture = ROWS, "products,offers", "triggers"
    environment.variables = {"TORTURE_PATIENCE": "30", "TORTURE_BULK": "200"}
    end = tmp_path / "enough"
    words = (f"--seed={seed}", f"--until={end}")
    with Site(environment, ES_URL, seed) as site, ExitStack() as stack:
        others = {}
        for name in OTHERS:
            others[name] = environment.start(f"tests.torture.{name}", *words, TORTURE_PAUSES="")
            stack.callback(others[name].kill)
        site.rebuild()
        site.run("es_rollback")
        site.rebuild()
        for name, kinds in OTHERS.items():
            wait_for(
                lambda done=others[name].output, kinds=kinds: {*kinds} <= {*done().split()},
                f"{name} to do all of {kinds}",
            )
        end.touch()
        for name, other in others.items():
            if other.wait(60) != 0:
                raise ProcessFailed(f"{name}:\n{other.errors()}")
        # On a busy machine they all write for long, and categories are deleted with their products.
        check(site.close(), share=0.1)
    assert json.loads(others["stranger"].output().splitlines()[-1])["made"] > 10


class OwnServer:
    """An Elasticsearch that may be killed, beside the one of all other tests."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        # Each worker has one of its own, with data of its own.
        self._name = f"torture-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"

    def start(self) -> None:
        self._script("start")

    def stop(self) -> None:
        """End it, if it runs."""
        self._script("stop")

    def kill(self) -> None:
        """End it as a crash would (kill -9), whichever way it was started."""
        state = ROOT / "dev/elasticsearch/.run" / self._name
        if (state / "pid").exists():
            os.killpg(int((state / "pid").read_text().split()[0]), signal.SIGKILL)
            return
        container = next(state.glob("container-*")).read_text()
        subprocess.run(["docker", "kill", container], check=True)
        subprocess.run(["docker", "wait", container], check=True)

    def _script(self, verb: str) -> None:
        environment = {k: v for k, v in os.environ.items() if k != "ES_URL"}
        words = (verb, f"--port={self._port}", f"--name={self._name}")
        subprocess.run(
            [sys.executable, ROOT / "dev/elasticsearch/server.py", *words],
            env=environment | {"ES_HEAP": "512m"},
            check=True,
        )


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    server = OwnServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("vendor", [pytest.param("sqlite", marks=in_ci), "postgresql"])
def test_a_server_that_is_killed_and_comes_back(
    vendor: str,
    environment: Environment,
    server: OwnServer,
    seed: int,
    check: Check,
) -> None:
    environment.rows, environment.indices = ROWS, "products,offers"
    environment.elasticsearch = server.url
    environment.variables = {"TORTURE_DURABILITY": "request", "TORTURE_PATIENCE": "200"}
    with Site(environment, server.url, seed) as site:
        rebuild = site.start("es_rebuild", TORTURE_DOOM="load pause")
        wait_for(lambda: "paused" in rebuild.output(), "the load")
        server.kill()
        server.start()
        # Each write is on the disk before its answer: more rows take longer.
        if rebuild.wait(max(300, ROWS / 100)) != 0:
            raise ProcessFailed(rebuild.errors())
        report = site.close()
    assert report.failures, "the server was not away"
    check(report, searched=False)
