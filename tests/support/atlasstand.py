#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the access list of MongoDB Atlas' Admin API v2, and for its token endpoint, over TLS on a free port.

It enforces the rules that the vendor's description states and that callers get wrong: versioned Accept, no Basic and no
v1.0, tokens that end, Digest by RFC 7616 computed here, one week at most for deleteAfterDate, %2F, paging.

It prints its port as JSON, then answers each line of JSON on standard input with one on standard output:
{"set": {...}} changes the settings below, {"requests": true} tells and forgets what came, {"entries": true} the list.
It ends with its standard input."""

import base64
import datetime
import hashlib
import hmac
import http.server
import ipaddress
import json
import re
import secrets
import ssl
import sys
import threading
import time
import urllib.parse

GROUP = "32b6e34b3d91647abb20e7b8"
CLIENT = ("mdb_sa_id_65f0c0ffee65f0c0ffee65f0", "mdb_sa_sk_Planted-Secret-9311")
KEY = ("abcdefgh", "0f0f0f0f-Planted-Private-7725")
REALM = "MMS Public API"

settings = {
    "tokenSeconds": 3600,      # how long a token is taken
    "tokenSays": None,         # what expires_in says; None: the truth
    "algorithm": "MD5",        # of Digest: MD5 or SHA-256
    "nonceUses": 1000,         # then the nonce is stale
    "pendingPolls": 1,         # so many times PENDING, then ACTIVE
    "failed": [],              # entries that end FAILED
    "callerBlocked": False,    # 403 with IP_ADDRESS_NOT_ON_ACCESS_LIST
    "mayWrite": True,          # else 403 USER_UNAUTHORIZED
    "rateLimited": 0,          # so many 429
    "retryAfter": "1",         # of them; None: not sent
    "conflict": False,         # 409 for a change
    "fault": 0,                # this status, with a page of HTML
    "redirect": None,          # 302 to there
    "garbage": None,           # this text instead of JSON
    "hugeBody": False,
    "holdSeconds": 0,          # before each answer
    "dropTokens": False,       # tokens made so far are not taken any more
}
lock = threading.Lock()
entries = {}   # value in the path's form -> entry
polls = {}
tokens = {}    # token -> until
nonces = {}    # nonce -> highest nc
requests = []


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def refusal(status, code, detail, parameters=()):
    reason = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 406: "Not Acceptable",
              409: "Conflict", 415: "Unsupported Media Type", 429: "Too Many Requests"}[status]
    return status, {"detail": detail, "error": status, "errorCode": code, "parameters": list(parameters), "reason": reason}


def read_entry(item):
    """The entry and its keys in a path, or a refusal."""
    if not isinstance(item, dict):
        return refusal(400, "INVALID_JSON_ATTRIBUTE", "Received JSON is no entry.")
    unknown = set(item) - {"awsSecurityGroup", "cidrBlock", "ipAddress", "comment", "deleteAfterDate", "groupId"}
    if unknown:
        return refusal(400, "INVALID_ATTRIBUTE", "Invalid attribute %s specified." % sorted(unknown)[0])
    kinds = [k for k in ("awsSecurityGroup", "cidrBlock", "ipAddress") if item.get(k)]
    if len(kinds) != 1:
        return refusal(400, "INVALID_ATTRIBUTE", "Exactly one of awsSecurityGroup, cidrBlock and ipAddress is needed.")
    entry = {"groupId": GROUP, "comment": item.get("comment", ""), "links": []}
    if kinds[0] == "awsSecurityGroup":
        if item.get("deleteAfterDate"):
            return refusal(400, "INVALID_ATTRIBUTE", "A security group cannot be temporary.")
        entry["awsSecurityGroup"] = value = item["awsSecurityGroup"]
    else:
        try:
            network = (ipaddress.ip_network(item["cidrBlock"], strict=True) if kinds[0] == "cidrBlock"
                       else ipaddress.ip_network(ipaddress.ip_address(item["ipAddress"])))
        except ValueError as error:
            return refusal(400, "INVALID_IP_ADDRESS_OR_CIDR_NOTATION", "%s" % error)
        entry["cidrBlock"] = str(network)
        value = str(network)
        if network.num_addresses == 1:
            entry["ipAddress"] = value = str(network.network_address)
    if item.get("deleteAfterDate"):
        try:
            date = datetime.datetime.fromisoformat(item["deleteAfterDate"].replace("Z", "+00:00"))
        except ValueError:
            return refusal(400, "INVALID_JSON_ATTRIBUTE", "deleteAfterDate is no date.")
        if date <= now() or date > now() + datetime.timedelta(days=7):
            return refusal(400, "INVALID_DELETE_AFTER_DATE", "deleteAfterDate must lie ahead, within a week.")
        entry["deleteAfterDate"] = item["deleteAfterDate"]
    return value, entry


def key_of(value):
    """192.0.2.7/32 names the same entry as 192.0.2.7."""
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return value
    return str(network.network_address) if network.num_addresses == 1 else str(network)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_):
        pass

    def answer(self, status, document=None, headers=(), raw=None, kind="application/json"):
        body = raw if raw is not None else b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        scheme = (self.headers.get("Authorization") or "").split(" ")[0]
        with lock:
            requests.append({"method": self.command, "path": self.path, "accept": self.headers.get("Accept") or "",
                             "scheme": scheme, "contentType": self.headers.get("Content-Type") or "",
                             "body": body.decode("utf-8", "replace")})
        if settings["holdSeconds"]:
            time.sleep(settings["holdSeconds"])
        with lock:
            result = self.route(body)
        if result:
            self.answer(*result)

    do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = handle_any

    def route(self, body):
        if settings["redirect"]:
            return 302, None, [("Location", settings["redirect"])]
        if settings["fault"]:
            return settings["fault"], None, (), b"<html>a page</html>", "text/html"
        if settings["garbage"] is not None:
            return 200, None, (), settings["garbage"].encode(), "text/html"
        if settings["hugeBody"]:
            return 200, None, (), b"[" + b" " * (6 << 20)
        if settings["rateLimited"] > 0:
            settings["rateLimited"] -= 1
            after = [("Retry-After", settings["retryAfter"])] if settings["retryAfter"] is not None else []
            return *refusal(429, "RATE_LIMITED", "Too many requests."), after
        path = self.path.split("?")[0]
        if path == "/api/oauth/token":
            return self.token(body)
        if not path.startswith("/api/atlas/v2/"):
            if path.startswith("/api/atlas/v1.0/"):
                return refusal(401, "", "You are not authorized for this resource.")
            return refusal(404, "RESOURCE_NOT_FOUND", "Cannot find resource %s." % path)
        refused = self.login()
        if refused:
            return refused
        if settings["callerBlocked"]:
            return refusal(403, "IP_ADDRESS_NOT_ON_ACCESS_LIST",
                           "IP address 203.0.113.9 is not allowed to access this resource.", ["203.0.113.9"])
        accept = re.fullmatch(r"application/vnd\.atlas\.(\d{4}-\d\d-\d\d)\+json", self.headers.get("Accept") or "")
        if not accept or not "2023-01-01" <= accept.group(1) <= now().date().isoformat():
            return refusal(406, "INVALID_VERSION_DATE", "Invalid accept header or version date.")
        return self.resource(path, body)

    # -- who asks

    def token(self, body):
        if self.command != "POST":
            return 405, {"error": "invalid_request"}
        if not self.basic_is(CLIENT):
            return 401, {"error": "invalid_client", "error_description": "client authentication failed"}
        if urllib.parse.parse_qs(body.decode()).get("grant_type") != ["client_credentials"]:
            return 400, {"error": "unsupported_grant_type"}
        if "x-www-form-urlencoded" not in (self.headers.get("Content-Type") or ""):
            return 400, {"error": "invalid_request"}
        token = "eyJ." + secrets.token_urlsafe(24)
        tokens[token] = time.monotonic() + settings["tokenSeconds"]
        says = settings["tokenSays"] if settings["tokenSays"] is not None else settings["tokenSeconds"]
        return 200, {"access_token": token, "expires_in": says, "token_type": "Bearer"}

    def basic_is(self, pair):
        scheme, _, value = (self.headers.get("Authorization") or "").partition(" ")
        try:
            given = base64.b64decode(value, validate=True)
        except ValueError:
            return False
        return scheme == "Basic" and hmac.compare_digest(given, ":".join(pair).encode())

    def login(self):
        """None: let in."""
        header = self.headers.get("Authorization") or ""
        if settings["dropTokens"]:
            tokens.clear()
            settings["dropTokens"] = False
        if header.startswith("Bearer "):
            until = tokens.get(header[7:])
            if until is not None and time.monotonic() < until:
                return None
            return refusal(401, "INVALID_TOKEN", "The token is invalid or has ended.")
        if header.startswith("Digest "):
            stale = self.digest(header[7:])
            if stale is None:
                return None
            return self.challenge(stale)
        return self.challenge(False)  # Basic too

    def challenge(self, stale):
        nonce = secrets.token_hex(16)
        nonces[nonce] = 0
        value = 'Digest realm="%s", domain="", nonce="%s", algorithm=%s, qop="auth", stale=%s' % (
            REALM, nonce, settings["algorithm"], "true" if stale else "false")
        return *refusal(401, "", "You are not authorized for this resource."), [("WWW-Authenticate", value)]

    def digest(self, text):
        """None: right. Else whether the nonce is stale (RFC 7616 section 3.3)."""
        fields = {name.lower(): (quoted or plain)
                  for name, quoted, plain in re.findall(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', text)}
        algorithm = settings["algorithm"]
        digest = lambda value: hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[algorithm], value.encode()).hexdigest()
        nonce = fields.get("nonce", "")
        if fields.get("algorithm", "MD5").upper() != algorithm or fields.get("realm") != REALM:
            return False
        if nonce not in nonces or fields.get("qop") != "auth" or fields.get("uri") != self.path or not fields.get("cnonce"):
            return False
        count = fields.get("nc", "")
        if not re.fullmatch("[0-9a-f]{8}", count):
            return False
        first = digest("%s:%s:%s" % (KEY[0], REALM, KEY[1]))
        second = digest("%s:%s" % (self.command, self.path))
        right = digest(":".join((first, nonce, count, fields["cnonce"], "auth", second)))
        if fields.get("username") != KEY[0] or not hmac.compare_digest(fields.get("response", ""), right):
            return False
        if int(count, 16) <= nonces[nonce]:
            return True  # replayed
        nonces[nonce] = int(count, 16)
        return True if int(count, 16) > settings["nonceUses"] else None

    # -- what is asked

    def resource(self, path, body):
        match = re.fullmatch(r"/api/atlas/v2/groups/([^/]+)/accessList(?:/([^/]+)(/status)?)?", path)
        if not match:
            return refusal(404, "RESOURCE_NOT_FOUND", "Cannot find resource %s." % path)
        if match.group(1) != GROUP:
            return refusal(404, "GROUP_NOT_FOUND", "No group with ID %s exists." % match.group(1), [match.group(1)])
        for value in [v for v, e in entries.items() if "deleteAfterDate" in e and
                      datetime.datetime.fromisoformat(e["deleteAfterDate"].replace("Z", "+00:00")) <= now()]:
            del entries[value]
        if self.command in ("POST", "DELETE"):
            if not settings["mayWrite"]:
                return refusal(403, "USER_UNAUTHORIZED", "Current user is not authorized to perform this action.")
            if settings["conflict"]:
                return refusal(409, "CANNOT_CHANGE_NOW", "Another change is under way.")
        if match.group(2) is None:
            if self.command == "GET":
                return self.page()
            if self.command == "POST":
                return self.add(body)
            return refusal(404, "RESOURCE_NOT_FOUND", "No such method.")
        value = key_of(urllib.parse.unquote(match.group(2)))
        if value not in entries:
            return refusal(404, "ATLAS_NETWORK_PERMISSION_ENTRY_NOT_FOUND",
                           "IP Address %s not on Atlas access list for group %s." % (value, GROUP), [value, GROUP])
        if match.group(3):
            return self.status(value)
        if self.command == "DELETE":
            del entries[value]
            return 204, None
        return 200, entries[value]

    def page(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        size, number = int(query.get("itemsPerPage", ["100"])[0]), int(query.get("pageNum", ["1"])[0])
        if not 1 <= size <= 500 or number < 1:
            return refusal(400, "INVALID_QUERY_PARAMETER", "itemsPerPage is 1 to 500.")
        all_entries = list(entries.values())
        return 200, {"links": [], "results": all_entries[(number - 1) * size:number * size], "totalCount": len(all_entries)}

    def add(self, body):
        kind = self.headers.get("Content-Type") or ""
        if not re.fullmatch(r"application/(vnd\.atlas\.\d{4}-\d\d-\d\d\+)?json", kind):
            return refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type %s." % kind)
        try:
            items = json.loads(body)
        except ValueError:
            items = None
        if not isinstance(items, list) or not items:
            return refusal(400, "INVALID_JSON", "Received JSON does not match expected format: an array.")
        read = [read_entry(item) for item in items]
        for each in read:
            if isinstance(each[0], int):
                return each
        for value, entry in read:
            entries[value] = entry
            polls[value] = settings["pendingPolls"]
        return 201, {"links": [], "results": list(entries.values()), "totalCount": len(entries)}

    def status(self, value):
        if value in settings["failed"]:
            return 200, {"STATUS": "FAILED"}
        if polls.get(value, 0) > 0:
            polls[value] -= 1
            return 200, {"STATUS": "PENDING"}
        return 200, {"STATUS": "ACTIVE"}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, context):
        super().__init__(("127.0.0.1", 0), Handler)
        self.context = context

    def finish_request(self, request, address):
        try:
            # In the connection's own thread: a client that does not go on holds up nobody else.
            request.settimeout(30)
            with self.context.wrap_socket(request, server_side=True) as tls:
                super().finish_request(tls, address)
        except (OSError, ssl.SSLError):
            pass

    def handle_error(self, *_):
        pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server = Server(context)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_address[1], "group": GROUP, "client": ":".join(CLIENT), "key": ":".join(KEY)}),
          flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        with lock:
            settings.update(order.get("set", {}))
            for item in order.get("seed", []):
                value, entry = read_entry(item)
                entries[value] = entry
            if order.get("clear"):
                entries.clear()
            reply = {"requests": list(requests), "entries": sorted(entries), "tokens": len(tokens)}
            if order.get("forget"):
                requests.clear()
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
