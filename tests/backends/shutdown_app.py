# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which teams announce a shutdown, right and wrong. MODE chooses:

lifespan        a notice from lifespan shutdown: too late, uvicorn has closed the sockets by then
sio-disconnect  sio.disconnect() for every client on the signal: they never come back by themselves
handler         the notice from a signal handler that then calls the previous one: works
replaced        a signal handler that does not call the previous one: uvicorn never stops
engine-close    closes every Engine.IO session on the signal, which a client on long polling needs to be told
"""

import asyncio
import contextlib
import os
import signal

import socketio
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

MODE = os.environ.get("MODE", "handler")
NOTICE = {"type": "server_shutdown", "reconnect_in_ms": 500}
sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
sockets: set[WebSocket] = set()
sids: set[str] = set()
draining = False


async def announce():
    await sio.emit("notice", NOTICE)
    for socket in list(sockets):
        with contextlib.suppress(Exception):
            await socket.send_json(NOTICE)


def install(loop):
    previous = signal.getsignal(signal.SIGTERM)

    async def drain(number, frame):
        global draining
        draining = True
        if MODE == "sio-disconnect":
            for sid in list(sids):
                await sio.disconnect(sid)
        await announce()
        await asyncio.sleep(2.5)
        if MODE == "engine-close":
            await sio.eio.disconnect()
            await asyncio.sleep(0.1)
        if MODE != "replaced" and callable(previous):
            previous(number, frame)

    def told(number, frame):
        loop.call_soon_threadsafe(lambda: asyncio.ensure_future(drain(number, frame)))

    signal.signal(signal.SIGTERM, told)


@contextlib.asynccontextmanager
async def lifespan(app):
    if MODE != "lifespan":
        install(asyncio.get_running_loop())
    yield
    if MODE == "lifespan":
        await announce()


api = FastAPI(lifespan=lifespan)


@api.get("/health")
async def health():
    return {"status": "healthy"}


@api.websocket("/ws")
async def ws(socket: WebSocket):
    await socket.accept()
    sockets.add(socket)
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        sockets.discard(socket)


@sio.event
async def connect(sid, environ, auth):
    sids.add(sid)


@sio.event
async def disconnect(sid, *reason):
    sids.discard(sid)


async def started():
    install(asyncio.get_running_loop())


# Older versions of the library keep the lifespan to themselves.
app = socketio.ASGIApp(sio, other_asgi_app=api, on_startup=started if MODE == "engine-close" else None)
