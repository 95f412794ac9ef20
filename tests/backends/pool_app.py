# SPDX-License-Identifier: GPL-3.0-or-later
"""A backend that opens its whole pool at the start, as many do: POOL_SIZE connections to DATABASE_URL, each tried again
until it is there. It says that it is healthy HEALTHY_AFTER seconds after its start, whatever has become of the pool.

Run it with Debian's packages: /usr/bin/python3 -m uvicorn pool_app:app --port $PORT --ws wsproto
"""

import asyncio
import os
import time

import asyncpg
from fastapi import FastAPI, Response, WebSocket, WebSocketDisconnect

app = FastAPI()
started = time.monotonic()
pool: list[asyncpg.Connection] = []
tasks: list[asyncio.Task] = []


async def fill():
    while len(pool) < int(os.environ.get("POOL_SIZE", "2")):
        try:
            pool.append(await asyncpg.connect(os.environ["DATABASE_URL"], timeout=5))
        except (OSError, asyncio.TimeoutError, asyncpg.PostgresError):
            await asyncio.sleep(0.2)


@app.on_event("startup")
async def startup():
    tasks.append(asyncio.create_task(fill()))


@app.on_event("shutdown")
async def shutdown():
    tasks[0].cancel()
    for connection in pool:
        connection.terminate()


@app.get("/health")
async def health(response: Response):
    if time.monotonic() - started < float(os.environ.get("HEALTHY_AFTER", "0")):
        response.status_code = 503
    return {"pool": len(pool)}


@app.websocket("/ws")
async def ws(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            await socket.send_json({"type": "tick"})
            await asyncio.sleep(0.5)
    except (WebSocketDisconnect, RuntimeError):
        pass
