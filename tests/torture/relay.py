"""`python -m tests.torture.relay FROM=TO …`: the cables of a machine of a test.

Each passes on what connects to the first address, which is `host:port` or the path of a socket.
Prints `listening` as soon as it does.
"""

import argparse
import asyncio
import sys
from contextlib import suppress
from functools import partial

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def main() -> int:
    """Pass on until it is killed; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cables", nargs="+", metavar="FROM=TO")
    asyncio.run(_serve([cable.split("=") for cable in parser.parse_args().cables]))
    return 0


async def _serve(cables: list[list[str]]) -> None:
    for near, far in cables:
        take = partial(_pass_on, far)
        if "/" in near:
            await asyncio.start_unix_server(take, near)
        else:
            host, port = near.split(":")
            await asyncio.start_server(take, host, int(port))
    print("listening")
    await asyncio.Event().wait()


async def _pass_on(far: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        out, back = await _connect(far)
    except OSError:
        writer.close()
        return
    try:
        await asyncio.gather(_pump(reader, back), _pump(out, writer))
    finally:
        back.close()
        writer.close()


async def _connect(far: str) -> Streams:
    if "/" in far:
        return await asyncio.open_unix_connection(far)
    host, port = far.split(":")
    return await asyncio.open_connection(host, int(port))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    # As the other end does: who sends no more may still be answered.
    with suppress(OSError, RuntimeError):
        writer.write_eof()


if __name__ == "__main__":
    sys.exit(main())
