"""An interpreter that has imported the libraries, and forks for each program of a test.

See ``tests/forks.py``. Nothing imported here may read settings or open a connection.
"""

import gc
import importlib
import json
import os
import runpy
import socket
import sys
import time
import types
import warnings
from contextlib import suppress

LIBRARIES = """
dj_database_url
django.contrib.admin
django.contrib.admin.checks
django.contrib.auth.hashers
django.contrib.auth.password_validation
django.contrib.messages
django.contrib.sessions.backends.db
django.contrib.staticfiles
django.core.mail
django.core.management
django.core.management.commands.check
django.core.management.commands.makemigrations
django.core.management.commands.migrate
django.core.management.commands.test
django.core.servers.basehttp
django.db.backends.postgresql.base
django.db.backends.sqlite3.base
django.db.models
django.forms
django.template
django.test.client
django.utils.translation.trans_real
django.views.debug
django.views.generic
django_tasks
elasticsearch.dsl
pytest
rich.console
rich.progress
rich.table
tablib
""".split()


def serve(server: socket.socket) -> dict[str, object]:
    """Fork for each requested program; in the new process, return the program."""
    while True:
        message, files, _, _ = socket.recv_fds(server, 100, 4)
        _reap()
        if not message:
            # The process that asked has ended.
            sys.exit()
        if os.fork() == 0:
            server.close()
            return _keep(*files)
        for file in files:
            os.close(file)


def _reap() -> None:
    """Wait for child processes that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _keep(asked: int, out: int, errors: int, told: int) -> dict[str, object]:
    """Fork the program and return it in the new process; send its process id and exit status."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.dup2(out, 1)
        os.dup2(errors, 2)
        os.lseek(asked, 0, os.SEEK_SET)
        with open(asked, "rb") as file:
            program: dict[str, object] = json.load(file)
        for file in (out, errors, told):
            os.close(file)
        return program
    for file in (asked, out, errors):
        os.close(file)
    with socket.socket(fileno=told) as line:
        line.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        # Perhaps no process is waiting for it any more.
        with suppress(OSError):
            line.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def become(program: dict[str, object]) -> None:
    """Turn this process into ``python -W warnings words…``."""
    words, environment = program["words"], program["environment"]
    os.chdir(program["folder"])
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    if "COVERAGE_PROCESS_CONFIG" in environment:
        importlib.import_module("coverage").process_startup(force=True)
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    if program["warnings"]:
        sys.warnoptions = [program["warnings"]]
        warnings.simplefilter(program["warnings"])
    first, *arguments = words
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    if first == "-m":
        sys.path[:0] = [os.getcwd(), *paths]  # noqa: PTH109 (a path is text)
        sys.argv = arguments
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.path[:0] = ["", *paths]
        sys.argv = ["-c", *arguments[1:]]
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(arguments[0], "<string>", "exec"), vars(main))  # noqa: S102 (what it is asked)
    else:
        sys.path[:0] = [os.path.dirname(os.path.abspath(first)), *paths]  # noqa: PTH100, PTH120
        sys.argv = words
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    # The folder of this file must not be on a program's path.
    del sys.path[0]
    for library in LIBRARIES:
        importlib.import_module(library)
    # Without this, garbage collection would copy shared memory pages.
    gc.collect()
    gc.freeze()
    # In the new process execution continues here, so that it ends like any program.
    become(serve(socket.socket(fileno=int(sys.argv[1]))))
