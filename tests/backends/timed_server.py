# SPDX-License-Identifier: GPL-3.0-or-later
"""A WebSocket server that stamps what it does on the machine's monotonic clock.

On SIGTERM it sends every client a notice, waits, closes each with 1012, and ends. Each line of its log is a JSON object:
{"what": "signal" | "open" | "notice" | "close" | "exit", "us": microseconds, "client": number}

The clients of one socket are told apart by the order in which they came, which is all that a server knows of them.
"""

import argparse
import asyncio
import http
import json
import signal
import sys
import time

import websockets

LINES = []


def stamp(what, client=-1):
    LINES.append({"what": what, "us": time.monotonic_ns() // 1000, "client": client})


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--lead", type=float, default=2.5)
    options = parser.parse_args()
    clients = {}
    stop = asyncio.get_running_loop().create_future()

    def told():
        if not stop.done():
            stamp("signal")
            stop.set_result(None)

    async def serve(socket, path=None):
        number = len(clients)
        clients[number] = socket
        stamp("open", number)
        try:
            await socket.send(json.dumps({"type": "hello", "client": number}))
            async for _ in socket:
                pass
        except websockets.ConnectionClosed:
            pass

    async def health(path, headers):
        if path == "/health":
            return http.HTTPStatus.OK, [("Content-Type", "text/plain")], b"ok\n"
        return None

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told)
    server = await websockets.serve(
        serve, "127.0.0.1", options.port, process_request=health, compression=None, backlog=4096,
        ping_interval=None, close_timeout=1)
    await stop
    server.server.close()
    for number, socket in list(clients.items()):
        if socket.open:
            await socket.send('{"type": "server_shutdown"}')
            stamp("notice", number)
    await asyncio.sleep(options.lead)
    for number, socket in list(clients.items()):
        if not socket.open:
            continue
        # The frame only: waiting for each reply would put the closes one after the other.
        await socket.write_close_frame(websockets.frames.Close(1012, "service restart"))
        stamp("close", number)
    await asyncio.sleep(0.2)
    stamp("exit")
    with open(options.log, "a", encoding="utf-8") as log:
        log.writelines(json.dumps(line) + "\n" for line in LINES)
    sys.stdout.flush()


asyncio.run(main())
