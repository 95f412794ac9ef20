# SPDX-License-Identifier: GPL-3.0-or-later
"""A backend as many teams write it: FastAPI with raw WebSockets and python-socketio beside it.

Run it with Debian's packages: /usr/bin/python3 -m uvicorn fastapi_app:app --port $PORT --ws wsproto
"""

import asyncio
import os

import socketio
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
api = FastAPI()
prices: set[WebSocket] = set()


@api.get("/health")
async def health():
    return {"status": "healthy", "pid": os.getpid()}


@api.get("/ready")
async def ready():
    return {"ready": True}


@api.get("/live")
async def live():
    return {"alive": True}


@api.websocket("/ws/prices")
async def ws_prices(socket: WebSocket):
    await socket.accept()
    prices.add(socket)
    sequence = 0
    try:
        while True:
            sequence += 1
            await socket.send_json({"type": "price", "seq": sequence})
            await asyncio.sleep(0.5)
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        prices.discard(socket)


@api.websocket("/ws/echo")
async def ws_echo(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        pass


@sio.event
async def connect(sid, environ, auth):
    await sio.emit("welcome", {"sid": sid}, to=sid)


app = socketio.ASGIApp(sio, other_asgi_app=api)
