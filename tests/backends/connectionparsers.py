# SPDX-License-Identifier: GPL-3.0-or-later
# What real parsers make of connection strings: one JSON object a line on standard input, {"parser": …, "text": …}; one
# a line on standard output, with host, port, user, password, database as texts (several joined by ","), or "error".
import ctypes
import ctypes.util
import json
import sys
import warnings

warnings.simplefilter("ignore")


class Option(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in ("keyword", "envvar", "compiled", "val", "label", "dispchar")] + [
        ("dispsize", ctypes.c_int)]


pq = ctypes.CDLL("libpq.so.5")
pq.PQconninfoParse.restype = ctypes.POINTER(Option)
pq.PQconninfoParse.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
pq.PQconninfoFree.argtypes = [ctypes.POINTER(Option)]


def libpq(text):
    error = ctypes.c_void_p()
    options = pq.PQconninfoParse(text.encode(), ctypes.byref(error))
    if not options:
        return {"error": ctypes.string_at(error.value).decode(errors="replace").strip()}
    found = {}
    i = 0
    while options[i].keyword:
        if options[i].val is not None:
            found[options[i].keyword.decode()] = options[i].val.decode(errors="replace")
        i += 1
    pq.PQconninfoFree(options)
    return {"host": found.get("host", ""), "port": found.get("port", ""), "user": found.get("user", ""),
            "password": found.get("password", ""), "database": found.get("dbname", ""),
            "sslmode": found.get("sslmode", "")}


def sqlalchemy(text):
    from sqlalchemy.engine import make_url
    url = make_url(text)
    return {"host": url.host or "", "port": str(url.port or ""), "user": url.username or "",
            "password": str(url.password or ""), "database": url.database or "",
            "sslmode": url.query.get("sslmode", url.query.get("ssl", ""))}


def asyncpg(text):
    import inspect
    from asyncpg import connect_utils
    parse = connect_utils._parse_connect_dsn_and_args
    arguments = dict.fromkeys(inspect.signature(parse).parameters)
    arguments["dsn"] = text
    if "direct_tls" in arguments:
        arguments["direct_tls"] = False
    addresses, parameters = parse(**arguments)[:2]
    hosts, ports = [], []
    for address in addresses:
        # A socket is a path with the port at its end.
        hosts.append(address[0] if isinstance(address, tuple) else address.rsplit("/", 1)[0])
        ports.append(str(address[1]) if isinstance(address, tuple) else address.rsplit(".", 1)[1])
    return {"host": ",".join(hosts), "port": ",".join(ports), "user": parameters.user or "",
            "password": parameters.password or "", "database": parameters.database or ""}


def pymongo(text):
    from pymongo.uri_parser import parse_uri
    found = parse_uri(text)
    return {"host": ",".join(host for host, port in found["nodelist"]),
            "port": ",".join(str(port) for host, port in found["nodelist"]), "user": found["username"] or "",
            "password": found["password"] or "",
            "database": ".".join(part for part in (found["database"], found["collection"]) if part)}


def redis(text):
    from redis.connection import parse_url
    found = parse_url(text)
    return {"host": found.get("host", found.get("path", "")), "port": str(found.get("port", "")),
            "user": found.get("username", ""), "password": found.get("password", ""),
            "database": str(found.get("db", ""))}


PARSERS = {"libpq": libpq, "sqlalchemy": sqlalchemy, "asyncpg": asyncpg, "pymongo": pymongo, "redis": redis}
for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = PARSERS[question["parser"]](question["text"])
    except Exception as error:  # whatever a parser throws is its answer
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
