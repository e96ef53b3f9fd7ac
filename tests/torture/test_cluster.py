"""A cluster of three nodes, of which one dies (kill -9) and comes back while the site writes.

TORTURE_AWAY is for how many seconds a master stays away, 60 if it is not set.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from elasticsearch import ApiError, Elasticsearch, TransportError

from tests.ports import free_port
from tests.torture.conftest import ROWS, VENDORS, Check
from tests.torture.processes import ROOT, Environment, ProcessFailed
from tests.torture.site import Site, wait_for

AWAY = float(os.environ.get("TORTURE_AWAY") or 60)
NODES = 3
SHARE = 0.05
"""Of the documents: it takes a while to start a node, and meanwhile many are deleted."""

pytestmark = pytest.mark.slow

each_vendor = pytest.mark.parametrize("vendor", VENDORS)


class Cluster:
    """Three nodes of this machine, a process each."""

    def __init__(self) -> None:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        self._ports = {f"torture-{worker}-node{number}": free_port() for number in range(NODES)}
        self._transports = {name: free_port() for name in self._ports}
        self.names = list(self._ports)
        self.url = ",".join(f"http://127.0.0.1:{port}" for port in self._ports.values())

    def start(self, *names: str) -> None:
        """Start nodes, all at once: one alone elects no master."""
        with ThreadPoolExecutor(NODES) as pool:
            for started in [pool.submit(self._script, "start", name) for name in names]:
                started.result()
        wait_for(lambda: self.master() and self._nodes() == NODES, "all nodes")

    def stop(self) -> None:
        """End what runs."""
        for name in self.names:
            self._script("stop", name)

    def kill(self, name: str) -> None:
        """End a node as a crash of its machine would (kill -9)."""
        pid = ROOT / "dev/elasticsearch/.run" / name / "pid"
        os.killpg(int(pid.read_text().split()[0]), signal.SIGKILL)

    def master(self) -> str:
        """Return the name of the node that is the master; "" where there is none."""
        try:
            with self._client() as client:
                [row] = client.cat.master(format="json", master_timeout="5s").body
                return str(row["node"])
        except (ApiError, TransportError):
            return ""

    def _nodes(self) -> int:
        try:
            with self._client() as client:
                return int(client.cluster.health(master_timeout="5s")["number_of_nodes"])
        except (ApiError, TransportError):
            return 0

    def _client(self) -> Elasticsearch:
        return Elasticsearch(self.url.split(","), retry_on_timeout=True, request_timeout=10)

    def _script(self, verb: str, name: str) -> None:
        environment = {k: v for k, v in os.environ.items() if k != "ES_URL"}
        nodes = [f"{node}={port}" for node, port in self._transports.items()]
        words = (verb, "--in-memory", f"--name={name}", f"--port={self._ports[name]}")
        subprocess.run(
            [sys.executable, ROOT / "dev/elasticsearch/server.py", *words, "--cluster", *nodes],
            env=environment | {"ES_HEAP": "512m"},
            check=True,
        )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.start(*cluster.names)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def site(environment: Environment, cluster: Cluster, seed: int, rows: int) -> Iterator[Site]:
    environment.rows, environment.indices = rows, "products,offers"
    environment.elasticsearch = cluster.url
    environment.variables = {
        "TORTURE_DURABILITY": "request",
        "TORTURE_PATIENCE": "200",
        "TORTURE_REPLICAS": "1",
    }
    with Site(environment, cluster.url, seed) as site:
        yield site


@each_vendor
@pytest.mark.parametrize("step", ["load", "swap"])
def test_a_node_is_killed_during_a_rebuild(
    vendor: str, step: str, site: Site, cluster: Cluster, check: Check
) -> None:
    rebuild = site.start("es_rebuild", TORTURE_DOOM=f"{step} pause")
    wait_for(lambda: "paused" in rebuild.output(), "the step", 300)
    # A node that has shards of the build, and on which some of our connections end.
    name = next(node for node in cluster.names if node != cluster.master())
    cluster.kill(name)
    time.sleep(2)
    # The build has no copies yet: where it was on that node, it is written again from here on.
    cluster.start(name)
    if rebuild.wait(max(300, ROWS / 100)) != 0:
        raise ProcessFailed(rebuild.errors())
    check(site.close(), searched=False, share=SHARE)


@each_vendor
def test_a_node_is_killed_while_many_save(
    vendor: str, site: Site, cluster: Cluster, check: Check
) -> None:
    for name in cluster.names:
        cluster.kill(name)
        time.sleep(2)
        cluster.start(name)
    check(site.close(), searched=False, share=SHARE)


@each_vendor
def test_a_master_that_is_away(vendor: str, site: Site, cluster: Cluster, check: Check) -> None:
    rebuild = site.start("es_rebuild", TORTURE_DOOM="load pause")
    wait_for(lambda: "paused" in rebuild.output(), "the load", 300)
    lost = cluster.master()
    cluster.kill(lost)
    wait_for(lambda: cluster.master() not in ("", lost), "another master")
    time.sleep(AWAY)
    cluster.start(lost)
    if rebuild.wait(max(300, ROWS / 100)) != 0:
        raise ProcessFailed(rebuild.errors())
    check(site.close(), searched=False, share=SHARE)


@each_vendor
def test_two_nodes_away(vendor: str, site: Site, cluster: Cluster, check: Check) -> None:
    """There is no master at all: nothing can be written, and no save fails."""
    rebuild = site.start("es_rebuild", TORTURE_DOOM="load pause")
    wait_for(lambda: "paused" in rebuild.output(), "the load", 300)
    lost = cluster.names[:2]
    for name in lost:
        cluster.kill(name)
    time.sleep(AWAY / 4)
    cluster.start(*lost)
    if rebuild.wait(max(300, ROWS / 100)) != 0:
        raise ProcessFailed(rebuild.errors())
    check(site.close(), searched=False, share=SHARE)
