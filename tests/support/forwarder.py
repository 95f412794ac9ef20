#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""forwarder.py FROM TO: takes connections at one port of the loopback and passes them on to another, as `fly proxy`
does, until it is ended."""
import asyncio
import sys


async def pass_on(reader, writer):
    try:
        while block := await reader.read(1 << 16):
            writer.write(block)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def main(source, target):
    async def taken(reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        except OSError as error:
            print(f"no connection to {target}: {error}", file=sys.stderr, flush=True)
            writer.close()
            return
        await asyncio.gather(pass_on(reader, far_writer), pass_on(far_reader, writer))

    server = await asyncio.start_server(taken, "127.0.0.1", source)
    print(f"Proxying localhost:{source} to {target}", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
