# SPDX-License-Identifier: GPL-3.0-or-later
"""One server with every way to configure CORS, each below a path of its own.

/usr/bin/python3 -m uvicorn cors_app:server --ws wsproto --port 0
"""

import socketio
from fastapi import FastAPI, Response, WebSocket
from fastapi.middleware.cors import CORSMiddleware

APP = "https://app.example.com"
counts = {"POST": 0, "DELETE": 0}
root = FastAPI()


def below(path, **options):
    app = FastAPI()
    if options:
        app.add_middleware(CORSMiddleware, **options)

    @app.get("/data")
    @app.head("/data")
    async def data(response: Response):
        response.set_cookie("session", "geheimnis-4711", samesite="lax")
        return {"ok": True}

    @app.post("/data")
    async def change():
        counts["POST"] += 1
        return {"ok": True}

    @app.delete("/data")
    async def remove():
        counts["DELETE"] += 1
        return {"ok": True}

    root.mount(path, app)


below("/list", allow_origins=[APP, "https://www.example.com"], allow_credentials=True, allow_methods=["GET", "POST"],
      allow_headers=["Authorization", "Content-Type"], max_age=600)
below("/star", allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
below("/starcred", allow_origins=["*"], allow_credentials=True, allow_methods=["*"], allow_headers=["*"])
below("/regex", allow_origins=[], allow_origin_regex=r"https://.*\.(vercel\.app|devskyy\.app)", allow_credentials=True)
below("/loose", allow_origin_regex=r"https://.*example.com", allow_credentials=True)
below("/glob", allow_origins=["https://app-*.vercel.app"], allow_credentials=True)
below("/local", allow_origins=["null", APP], allow_methods=["GET"], max_age=100000)
below("/none")


@root.get("/counts")
async def count():
    return counts


@root.websocket("/ws/open")
async def ws_open(socket: WebSocket):
    await socket.accept()
    await socket.receive()


@root.websocket("/ws/checked")
async def ws_checked(socket: WebSocket):
    if socket.headers.get("origin") not in (APP, None):
        await socket.close(1008)
        return
    await socket.accept()
    await socket.receive()


@root.websocket("/ws/closed")
async def ws_closed(socket: WebSocket):
    await socket.close(1008)


def engine(path, inner, **options):
    sio = socketio.AsyncServer(async_mode="asgi", **options)
    return socketio.ASGIApp(sio, other_asgi_app=inner, socketio_path=path)


server = engine("/sio/list", root, cors_allowed_origins=[APP])
server = engine("/sio/star", server, cors_allowed_origins="*")
server = engine("/sio/default", server)
