# SPDX-License-Identifier: GPL-3.0-or-later
# What the docker client reads from an --env-file: prints the list that it would send to its daemon. This is that daemon.
import http.server
import json
import os
import subprocess
import sys
import threading

seen = []


class Daemon(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Api-Version", "1.44")
        self.send_header("Ostype", "linux")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_HEAD(self):
        self.answer(200, "OK")

    def do_GET(self):
        self.answer(200, {"ApiVersion": "1.44", "MinAPIVersion": "1.24", "Version": "25.0"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not body and self.headers.get("Transfer-Encoding"):
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
        seen.append(json.loads(body))
        self.answer(201, {"Id": "0" * 64, "Warnings": []})

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Daemon)
threading.Thread(target=server.serve_forever, daemon=True).start()
environment = dict(os.environ, DOCKER_HOST=f"tcp://127.0.0.1:{server.server_address[1]}")
for name in ("DOCKER_TLS_VERIFY", "DOCKER_CONTEXT", "DOCKER_API_VERSION", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
    environment.pop(name, None)
run = subprocess.run(["docker", "create", "--env-file", sys.argv[1], "image"], env=environment, capture_output=True, timeout=30)
server.shutdown()
if not seen:
    sys.exit(run.stderr.decode(errors="replace")[-500:])
json.dump(seen[0]["Env"], sys.stdout)
