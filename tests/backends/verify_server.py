#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A little server that does one thing wrong, for the written verify script to find.

usage: verify_server.py JSON, where JSON may have
  bodies:   {path: text} answered with 200; others are 404
  origins:  allowed ones; "reflect" or "*" instead of a list
  upgrade:  "ok", "none" (404), "wrong" (101 with another accept)
  polling:  "ok", "off" (Transport unknown), "plain" (200 without a session)
  token:    what X-Token must be, else 401
  hang:     paths that are never answered
  endless:  paths whose body never ends
"""
import base64
import hashlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

setup = json.loads(sys.argv[1])
stopped = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        origin = self.headers.get("Origin")
        origins = setup.get("origins", [])
        if origin and (origins == "reflect" or origin in origins):
            self.send_header("Access-Control-Allow-Origin", origin)
        elif origins == "*":
            self.send_header("Access-Control-Allow-Origin", "*")
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def do_OPTIONS(self):
        origins = setup.get("origins", [])
        known = origins in ("reflect", "*") or self.headers.get("Origin") in origins
        self.answer(200 if known else 400)

    def switch(self):
        how = setup.get("upgrade", "ok")
        if how == "none":
            return self.answer(404)
        key = self.headers.get("Sec-WebSocket-Key", "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.wfile.write(
            (
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {accept if how == 'ok' else 'bm9uc2Vuc2U='}\r\n\r\n"
            ).encode()
        )
        self.wfile.flush()
        self.close_connection = True
        self.rfile.read(1)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path in setup.get("hang", []):
            stopped.wait()
            return None
        if "token" in setup and self.headers.get("X-Token") != setup["token"]:
            return self.answer(401)
        if self.headers.get("Upgrade"):
            return self.switch()
        if "transport=polling" in query:
            how = setup.get("polling", "ok")
            if how == "off":
                return self.answer(400, b'{"code":0,"message":"Transport unknown"}')
            return self.answer(200, b'0{"sid":"abc_-1","upgrades":["websocket"]}' if how == "ok" else b"hello")
        if path in setup.get("endless", []):
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            try:
                while True:
                    self.wfile.write(b" " * 65536)
            except OSError:
                return None
        body = setup.get("bodies", {}).get(path)
        return self.answer(404) if body is None else self.answer(200, body.encode())


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(f"listening on {server.server_address[1]}", flush=True)
server.serve_forever()
