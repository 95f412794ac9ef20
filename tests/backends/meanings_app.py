# SPDX-License-Identifier: GPL-3.0-or-later
"""Health, ready and live endpoints, right and wrong ones, of a backend whose database is a TCP port (DATABASE_PORT).

/usr/bin/python3 -m uvicorn meanings_app:app --port 0
"""

import asyncio
import json
import os
import time

PORT = int(os.environ["DATABASE_PORT"])


async def database_is_there():
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", PORT), 1)
        writer.close()
        return True
    except (OSError, asyncio.TimeoutError):
        return False


async def answer(path):
    there = await database_is_there()
    words = {"status": "ok" if there else "error", "database": "connected" if there else "unreachable",
             "time": time.time()}
    if path == "/health":
        return 200, words
    if path in ("/good/live", "/lazy/live"):
        return 200, {"status": "alive", "uptime": time.monotonic()}
    if path in ("/good/ready", "/strict/ready"):
        return (200 if there else 503), {"ready": there}
    if path == "/strict/live":
        return (200 if there else 500), {"alive": there}
    if path == "/lazy/ready":
        return 200, {"ready": True}
    if path in ("/one/live", "/one/ready"):
        return (200 if there else 503), words
    return 404, {}


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    status, body = await answer(scope["path"])
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
