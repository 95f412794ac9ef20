# SPDX-License-Identifier: GPL-3.0-or-later
"""Two ways to spoil a deploy. MODE chooses:

swallow  a handler that takes the disconnect for one more message and goes on: the server waits for it for ever
second   the first start works, every later one ends at once (a migration that runs twice); MARK is the file that tells
"""

import asyncio
import os
import sys

from fastapi import FastAPI, WebSocket

MODE = os.environ.get("MODE", "swallow")
if MODE == "second":
    if os.path.exists(os.environ["MARK"]):
        sys.exit("migration failed: the table exists")
    open(os.environ["MARK"], "w").close()

app = FastAPI()


@app.get("/health")
async def health():
    return {"status": "healthy"}


@app.websocket("/ws")
async def ws(socket: WebSocket):
    await socket.accept()
    while True:
        try:
            await socket.receive_text()
        except Exception:
            if MODE != "swallow":
                return
            await asyncio.sleep(0.1)
