"""dev/elasticsearch/server.py: what it uses, what it refuses, and what it never ends."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ServerScript = Callable[..., subprocess.CompletedProcess[str]]

ELASTICSEARCH = b'{"version": {"number": "9.4.3"}}'
DOCKER_STAND_IN = Path(__file__).with_name("docker_stand_in.py")


@contextmanager
def answering(body: bytes, status: int = 200, port: int = 0) -> Iterator[int]:
    """Serve `body` to whoever asks, and give the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_a_server_that_answers_already_is_used_and_never_stopped(
    server_script: ServerScript,
) -> None:
    with answering(ELASTICSEARCH) as port:
        started = server_script("start", f"--port={port}")
        stopped = server_script("stop", f"--port={port}")
        after = server_script("status", f"--port={port}")

    assert started.returncode == 0
    assert "9.4.3" in started.stdout
    assert "not started here" in started.stdout
    assert "nothing was stopped" in stopped.stdout
    assert after.returncode == 0


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"<h1>It works</h1>", 200, "not Elasticsearch"),
        (b'{"version": "1.0"}', 200, "not Elasticsearch"),
        (b"{}", 401, "HTTP 401"),
    ],
)
def test_a_port_that_something_else_holds_is_refused_with_the_reason(
    server_script: ServerScript, body: bytes, status: int, reason: str
) -> None:
    with answering(body, status) as port:
        started = server_script("start", f"--port={port}")

    assert started.returncode == 1
    assert "Waiting" not in started.stdout
    assert f"Port {port} is taken" in started.stderr
    assert reason in started.stderr
    assert "Traceback" not in started.stderr


def test_es_url_is_used_as_it_is(server_script: ServerScript, free_port: int) -> None:
    with answering(ELASTICSEARCH) as port:
        url = f"http://elastic:secret@127.0.0.1:{port}"
        started = server_script("start", f"--port={free_port}", ES_URL=url)

    assert started.returncode == 0
    assert f"http://127.0.0.1:{port} (ES_URL)" in started.stdout
    assert "secret" not in started.stdout


def test_es_url_without_a_server_is_refused_and_nothing_is_started(
    server_script: ServerScript, free_port: int
) -> None:
    started = server_script("start", ES_URL=f"http://elastic:secret@127.0.0.1:{free_port}")

    assert started.returncode == 1
    assert "ES_URL" in started.stderr
    assert "refused" in started.stderr
    assert "secret" not in started.stderr


def test_without_docker_and_maven_one_message_says_what_to_install(
    server_script: ServerScript, free_port: int
) -> None:
    started = server_script("start", f"--port={free_port}")

    assert started.returncode == 1
    assert "No Docker daemon answers. " in started.stderr
    assert "There is no Maven (mvn)." in started.stderr
    assert "set ES_URL" in started.stderr
    assert "Traceback" not in started.stderr


def test_docker_that_cannot_fetch_the_image_is_said_and_passed_over(
    server_script: ServerScript, programs: Path, free_port: int
) -> None:
    docker = programs / "docker"
    docker.write_text(
        "#!/bin/sh\n[ $1 = info ] && exit 0\necho 'pull access denied' >&2\nexit 125\n"
    )
    docker.chmod(0o755)

    started = server_script("start", f"--port={free_port}")

    assert started.returncode == 1
    assert "pull access denied" in started.stderr
    assert "There is no Maven (mvn)." in started.stderr


def test_a_process_that_only_has_the_number_of_our_server_is_not_ended(
    server_script: ServerScript, scripts: Path, free_port: int
) -> None:
    pid_file = scripts / ".run" / "9" / "pid"
    pid_file.parent.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        pid_file.write_text(f"{bystander.pid} {scripts}/.run/9/elasticsearch-9.4.3\n")

        stopped = server_script("stop", f"--port={free_port}")

        assert bystander.poll() is None
        bystander.communicate(b"\n", timeout=10)
    assert bystander.returncode == 0
    assert stopped.returncode == 0
    assert "nothing was stopped" in stopped.stdout
    assert not pid_file.exists()


def test_a_container_is_made_once_then_stopped_and_started_again(
    server_script: ServerScript, programs: Path, free_port: int
) -> None:
    docker = programs / "docker"
    docker.write_text(f"#!{sys.executable}\n" + DOCKER_STAND_IN.read_text())
    docker.chmod(0o755)
    state = programs / "state.json"
    port = f"--port={free_port}"

    try:
        made = server_script("start", port)
        kept = server_script("start", port)
        stopped = server_script("stop", port)
        silent = server_script("status", port)
        again = server_script("start", port)
        # It is known where it was started.
        found = server_script("status")
    finally:
        last = server_script("stop")

    assert "9.4.3" in made.stdout
    assert "a container of this checkout" in made.stdout
    assert json.loads(state.read_text())["image"] == "elasticsearch:9.4.3"
    assert "a container of this checkout" in kept.stdout
    assert "Stopped" in stopped.stdout
    assert silent.returncode == 1
    assert "a container of this checkout" in again.stdout
    address = f"http://127.0.0.1:{free_port}"
    assert address in found.stdout
    assert f"Stopped Elasticsearch on {address}." in last.stdout


@contextmanager
def running(
    scripts: Path, programs: Path, verb: str, port: int, *words: str, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """Run the script, for whoever has to do something meanwhile."""
    with subprocess.Popen(
        [sys.executable, str(scripts / "server.py"), verb, f"--port={port}", *words],
        env={"PATH": f"{programs}:{os.defpath}", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as script:
        try:
            yield script
        finally:
            script.kill()


@pytest.fixture
def crashed(scripts: Path) -> None:
    """Leave what a server of this checkout leaves that was killed."""
    with subprocess.Popen(["true"]) as gone:
        pass
    state = scripts / ".run" / "9"
    state.mkdir(parents=True)
    (state / "pid").write_text(f"{gone.pid} {state}/elasticsearch-9.4.3\n")


@pytest.mark.usefixtures("crashed")
def test_a_start_waits_for_the_port_of_a_server_that_dies(
    server_script: ServerScript, scripts: Path, programs: Path, free_port: int
) -> None:
    docker = programs / "docker"
    docker.write_text(f"#!{sys.executable}\n" + DOCKER_STAND_IN.read_text())
    docker.chmod(0o755)
    try:
        with (
            socket.create_server(("127.0.0.1", free_port)) as dying,
            running(scripts, programs, "start", free_port) as script,
        ):
            peer, _ = dying.accept()
            peer.close()
            assert script.stdout
            said = script.stdout.readline()
            assert script.poll() is None
            dying.close()
            rest, _ = script.communicate(timeout=60)
    finally:
        server_script("stop", f"--port={free_port}")

    assert said == f"Waiting for port {free_port}, which our server still holds ...\n"
    assert script.returncode == 0, rest
    assert "a container of this checkout" in rest


@pytest.mark.usefixtures("crashed")
@pytest.mark.parametrize("body", [b"", b"<h1>It works</h1>"])
def test_a_start_does_not_wait_for_ever(
    server_script: ServerScript, scripts: Path, body: bytes
) -> None:
    script = scripts / "server.py"
    patient = script.read_text()
    hasty = patient.replace("\nSECONDS_TO_END = 60\n", "\nSECONDS_TO_END = 0.2\n")
    assert hasty != patient
    script.write_text(hasty)

    with answering(body) as port:
        started = server_script("start", f"--port={port}")

    assert "Waiting" in started.stdout
    assert started.returncode == 1
    assert f"Port {port} is taken" in started.stderr


@pytest.mark.usefixtures("crashed")
def test_a_server_that_crashed_holds_no_port_after_a_stop(
    scripts: Path, programs: Path, free_port: int
) -> None:
    with (
        socket.create_server(("127.0.0.1", free_port)) as dying,
        running(scripts, programs, "stop", free_port) as script,
    ):
        dying.settimeout(30)
        # It asks, and then once more.
        for _ in range(2):
            peer, _ = dying.accept()
            peer.close()
        assert script.poll() is None
        dying.close()
        said, _ = script.communicate(timeout=60)

    assert script.returncode == 0
    assert "nothing was stopped" in said


@pytest.fixture
def java(scripts: Path, programs: Path) -> Path:
    """Return the home of a Java that writes down its words, and waits until it is stopped."""
    state = scripts / ".run" / "9"
    (state / "elasticsearch-9.4.3").mkdir(parents=True)
    # As root, Java runs as another user.
    (state / "words").touch()
    (state / "words").chmod(0o666)
    (programs / "mvn").touch(mode=0o755)
    java = scripts / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(
        "#!/bin/sh\n"
        '[ "$1" = --list-modules ] && echo java.base@21 && echo jdk.jlink@21 && exit\n'
        f'echo "$@" >{state / "words"}\n'
        # Without its folder, too: that goes with the test.
        f"while [ -d {state} ] && [ ! -e {state}/end ]; do sleep 0.1; done\n"
    )
    java.chmod(0o755)
    return java.parents[1]


def test_a_server_that_ends_while_another_start_waits_for_it_is_started_anew(
    scripts: Path, programs: Path, java: Path, free_port: int
) -> None:
    state = scripts / ".run" / "9"
    home = state / "elasticsearch-9.4.3"
    words = [sys.executable, "-c", "input()", str(home)]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as ending:
        (state / "pid").write_text(f"{ending.pid} {home}\n")
        with running(scripts, programs, "start", free_port, ES_JAVA_HOME=str(java)) as script:
            try:
                assert script.stdout
                waiting = script.stdout.readline()
                ending.communicate(b"\n", timeout=10)
                begins = script.stdout.readline()
                with answering(ELASTICSEARCH, port=free_port):
                    rest, _ = script.communicate(timeout=60)
            finally:
                (state / "end").touch()

    assert waiting == f"Waiting for process {ending.pid} of this checkout ...\n"
    assert begins.startswith("Starting Elasticsearch with "), begins + rest
    assert script.returncode == 0, rest


@pytest.mark.parametrize(
    ("words", "enough", "in_memory"),
    [(["--in-memory"], "0", True), (["--in-memory"], "10**18", False), ([], "0", False)],
    ids=["asked for", "no room", "not asked for"],
)
def test_data_in_memory_go_with_the_server(  # noqa: PLR0917 (fixtures)
    scripts: Path,
    programs: Path,
    java: Path,
    free_port: int,
    words: list[str],
    enough: str,
    *,
    in_memory: bool,
) -> None:
    tmpfs = scripts / "memory"
    tmpfs.mkdir()
    with (scripts.parent / "local" / "memory.py").open("a") as module:
        module.write(f"TMPFS, ENOUGH = Path({str(tmpfs)!r}), {enough}\n")
    with running(scripts, programs, "start", free_port, *words, ES_JAVA_HOME=str(java)) as script:
        assert script.stdout
        begins = script.stdout.readline()
        with answering(ELASTICSEARCH, port=free_port):
            rest, _ = script.communicate(timeout=60)
        assert script.returncode == 0, begins + rest
    said = (scripts / ".run" / "9" / "words").read_text().split()
    data = Path(next(word for word in said if word.startswith("path.data=")).partition("=")[2])
    assert data.is_dir()
    with running(scripts, programs, "stop", free_port) as script:
        assert "Stopped" in script.communicate(timeout=60)[0]

    assert data.is_relative_to(tmpfs) is in_memory
    assert data.exists() is not in_memory
    assert list(tmpfs.iterdir()) == []


def test_a_server_with_security_on_ends_with_whoever_asked_for_it(
    scripts: Path, programs: Path, tmp_path: Path, free_port: int
) -> None:
    docker = programs / "docker"
    docker.write_text(f"#!{sys.executable}\n" + DOCKER_STAND_IN.read_text())
    docker.chmod(0o755)

    with subprocess.Popen(
        [sys.executable, str(scripts / "secured.py"), str(tmp_path), f"--port={free_port}"],
        env={"PATH": str(programs)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as script:
        assert script.stdout
        url = script.stdout.readline().strip()
        running = json.loads((programs / "state.json").read_text())
        script.communicate(timeout=30)

    assert script.returncode == 0
    assert url == f"https://127.0.0.1:{free_port}"
    assert running["port"] == free_port
    assert "--env=xpack.security.enabled=true" in running["words"]
    assert f"--volume={tmp_path}/users:/usr/share/elasticsearch/config/users:ro" in running["words"]
    assert running["pid"]
    assert json.loads((programs / "state.json").read_text())["pid"] is None


def test_a_server_with_security_on_says_what_it_needs(
    scripts: Path, programs: Path, tmp_path: Path, free_port: int
) -> None:
    ended = subprocess.run(
        [sys.executable, str(scripts / "secured.py"), str(tmp_path), f"--port={free_port}"],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert "needs Docker, or Maven (mvn) and a JDK 21 or newer" in ended.stderr
    assert "Traceback" not in ended.stderr
