#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Asks a deployment whether it works: health, CORS, WebSockets. Written by Switchyard.
# Needs a POSIX shell with awk, sed and mktemp, and curl. Reads nothing but its own text, writes nothing but its answers.
#
#   sh verify-deployment.sh [BASE_URL]
#
# One line for each check: ok, FAIL or skip, what was checked, and what came of it.
# Exit status: 0 nothing failed, 1 something failed, 2 wrong usage, or nothing could be checked.
#
# Values from the workspace stand in single quotes, so that nothing in them is run:
# shellcheck disable=SC2016
set -u
LC_ALL=C
export LC_ALL

base=@BASE@
passed=0
failed=0
skipped=0

usage() {
    printf 'verify-deployment.sh: %s\n' "$1" >&2
    printf 'usage: sh verify-deployment.sh [http(s)://HOST[:PORT]]\n' >&2
    exit 2
}

# What a server says is shown on one line, without what a terminal would obey.
plain() {
    printf '%s' "$1" | tr '\001-\037\177' ' ' | cut -c 1-300
}

report() { # ok|FAIL|skip, name, detail
    case $1 in
    ok) passed=$((passed + 1)) ;;
    FAIL) failed=$((failed + 1)) ;;
    *) skipped=$((skipped + 1)) ;;
    esac
    printf '%-4s %s: %s\n' "$1" "$(plain "$2")" "$(plain "$3")"
}

# ask SECONDS URL [OPTION...]: body in $work/body, heads in $work/head, the status in $status, curl's exit status in
# $left. Credentials stand in $work/secret, which curl reads: not in its arguments, where others could read them. The
# limit of file sizes (4 MB) ends an answer that never ends.
ask() {
    seconds=$1
    url=$2
    shift 2
    : >"$work/body"
    : >"$work/head"
    : >"$work/error"
    status=$(
        ulimit -f 8192 2>/dev/null
        exec curl -q -K "$work/secret" -sS --globoff --path-as-is --proto '=http,https' --connect-timeout 10 \
            --max-time "$seconds" -D "$work/head" -o "$work/body" -w '%{http_code}' "$@" -- "$url" 2>"$work/error"
    )
    left=$?
    case $status in
    [1-5][0-9][0-9]) ;;
    *) status=000 ;;
    esac
}

why() { # what curl said, without its name
    said=$(head -n 1 "$work/error" | sed 's/^curl: *//')
    [ "$left" -le 128 ] || said='the answer is too large'
    printf '%s' "${said:-no answer}"
}

#@ credentials
# secret_header NAME VALUE: a header that only curl is to see. False where there is no value.
secret_header() {
    [ -n "$2" ] || return 1
    printf 'header = "%s: %s"\n' "$(quoted "$1")" "$(quoted "$2")" >>"$work/secret"
}

quoted() {
    printf '%s' "$1" | tr '\r\n' '  ' | sed 's/[\\"]/\\&/g'
}

#@
header() { # of the last answer, all values of that name, one a line
    awk -v name="$1" '
        { sub(/\r$/, "") }
        /^HTTP\// { n = 0 }
        { at = index($0, ":")
          if (at > 1 && tolower(substr($0, 1, at - 1)) == name) {
              value = substr($0, at + 1); gsub(/^[ \t]+|[ \t]+$/, "", value); values[++n] = value } }
        END { for (i = 1; i <= n; i++) print values[i] }' "$work/head"
}

#@ status
status_is() { # EXPECTED such as 200, 2xx, 200-299 or 200,204
    for part in $(printf '%s' "$1" | tr ',' ' '); do
        case $part in
        ?xx) case $status in "${part%xx}"??) return 0 ;; esac ;;
        *-*) [ "$status" -ge "${part%-*}" ] && [ "$status" -le "${part#*-}" ] && return 0 ;;
        *) [ "$status" = "$part" ] && return 0 ;;
        esac
    done
    return 1
}

#@
#@ json
# json_is POINTER VALUE: whether the value at a JSON pointer (RFC 6901) of the body is this JSON value. Says what is
# there instead.
json_is() {
    # No byte of a JSON text is \001: the whole body is one record.
    pointer=$1 wanted=$2 awk '
    BEGIN { RS = "\001"; FS = "\001" }
    function fail_() { broken = 1; at = length(text) + 1 }
    function blank() { while (substr(text, at, 1) ~ /[ \t\r\n]/) at++ }
    function utf8(code) {
        if (code < 128) return sprintf("%c", code)
        if (code < 2048) return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
        if (code < 65536) return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
        return sprintf("%c%c%c%c", 240 + int(code / 262144), 128 + int(code / 4096) % 64, 128 + int(code / 64) % 64, 128 + code % 64)
    }
    function hex(four,    i, n) {
        n = 0
        for (i = 1; i <= 4; i++) n = n * 16 + index("0123456789abcdef", tolower(substr(four, i, 1))) - 1
        return n
    }
    function string_(    out, c, code, low) {
        out = ""; at++
        while (at <= length(text)) {
            c = substr(text, at, 1)
            if (c == "\"") { at++; return out }
            if (c != "\\") { out = out c; at++; continue }
            c = substr(text, at + 1, 1); at += 2
            if (c == "n") out = out "\n"
            else if (c == "t") out = out "\t"
            else if (c == "r") out = out "\r"
            else if (c == "b") out = out "\b"
            else if (c == "f") out = out "\f"
            else if (c == "u") {
                code = hex(substr(text, at, 4)); at += 4
                if (code >= 55296 && code < 56320 && substr(text, at, 2) == "\\u") {
                    low = hex(substr(text, at + 2, 4)); at += 6
                    code = 65536 + (code - 55296) * 1024 + low - 56320
                }
                out = out utf8(code)
            } else out = out c
        }
        fail_()
        return out
    }
    # A value; its scalars go into found[] by their pointer, with a letter for their type before them.
    function value(path, depth,    c, key, i, start) {
        if (depth > 60) { fail_(); return }
        blank(); c = substr(text, at, 1)
        if (c == "{" || c == "[") {
            at++; i = 0; blank()
            found[path] = "c" (c == "{" ? "an object" : "a list")
            if (substr(text, at, 1) == (c == "{" ? "}" : "]")) { at++; return }
            while (!broken) {
                blank()
                if (c == "{") {
                    if (substr(text, at, 1) != "\"") { fail_(); return }
                    key = string_(); gsub(/~/, "~0", key); gsub(/\//, "~1", key); blank()
                    if (substr(text, at, 1) != ":") { fail_(); return }
                    at++
                } else key = i++
                value(path "/" key, depth + 1); blank()
                start = substr(text, at, 1); at++
                if (start == (c == "{" ? "}" : "]")) return
                if (start != ",") { fail_(); return }
            }
            return
        }
        if (c == "\"") { found[path] = "s" string_(); return }
        start = at
        while (substr(text, at, 1) ~ /[-+.0-9A-Za-z]/) at++
        key = substr(text, start, at - start)
        if (key == "") { fail_(); return }
        found[path] = (key ~ /^-?[0-9]/ ? "n" : "w") key
    }
    function read(source) { text = source; at = 1; broken = 0; split("", found); value("", 0); blank()
        if (at <= length(text)) broken = 1 }
    function shown(entry) { return substr(entry, 1, 1) == "s" ? "\"" substr(entry, 2, 60) "\"" : substr(entry, 2, 60) }
    function same(a, b) {
        if (a == b) return 1
        return substr(a, 1, 1) == "n" && substr(b, 1, 1) == "n" && substr(a, 2) + 0 == substr(b, 2) + 0
    }
    NR == 1 { body = $0 }
    NR > 1 { exit }
    END {
        if (NR > 1) { print "the body is no JSON"; exit 1 }
        read(ENVIRON["wanted"])
        split("", expected); for (p in found) expected[p] = found[p]
        if (length(body) > 262144) { print "the body is too large to be read"; exit 1 }
        read(body)
        pointer = ENVIRON["pointer"]
        if (broken) { print "the body is no JSON"; exit 1 }
        if (!(pointer in found)) { print pointer " is not there"; exit 1 }
        for (p in expected)
            if (!((pointer p) in found) || !same(expected[p], found[pointer p])) {
                print pointer p " is " (((pointer p) in found) ? shown(found[pointer p]) : "missing") ", not " shown(expected[p]); exit 1 }
    }' "$work/body"
}

#@
#@ health
# check_health NAME PATH SECONDS STATUS [POINTER VALUE]...
check_health() {
    name="health $1"
    path=$2
    seconds=$3
    expected=$4
    shift 4
    ask "$seconds" "$base$path"
    if [ "$left" -ne 0 ]; then
        report FAIL "$name" "$(why)"
        return
    fi
    if ! status_is "$expected"; then
        report FAIL "$name" "status $status, not $expected"
        return
    fi
    if [ "$#" -eq 0 ]; then
        report ok "$name" "status $status (the workspace expects nothing of the body)"
        return
    fi
    while [ "$#" -gt 1 ]; do
        if ! said=$(json_is "$1" "$2"); then
            report FAIL "$name" "status $status, but $said"
            return
        fi
        shift 2
    done
    report ok "$name" "status $status, and the body says what it should"
}

#@
# cors PATH ORIGIN METHOD-OR-EMPTY: asks as a browser does (a preflight where a method is named) and leaves what is
# allowed in $allowed; false where there was no answer.
cors() {
    if [ -n "$3" ]; then
        ask 15 "$base$1" -X OPTIONS -H "Origin: $2" -H "Access-Control-Request-Method: $3"
    else
        ask 15 "$base$1" -H "Origin: $2"
    fi
    allowed=$(header access-control-allow-origin)
    [ "$left" -eq 0 ]
}

#@ cors
check_cors_allowed() { # PATH ORIGIN
    name="cors $2"
    if ! cors "$1" "$2" GET; then
        report FAIL "$name" "preflight: $(why)"
    elif ! status_is 2xx; then
        report FAIL "$name" "the preflight is answered with $status"
    elif [ "$allowed" != "$2" ] && [ "$allowed" != '*' ]; then
        report FAIL "$name" "the preflight allows ${allowed:-no origin}"
    elif ! cors "$1" "$2" ''; then
        report FAIL "$name" "request: $(why)"
    elif [ "$allowed" != "$2" ] && [ "$allowed" != '*' ]; then
        report FAIL "$name" "the preflight passes, but the answer itself allows ${allowed:-no origin}"
    else
        report ok "$name" "preflight and answer allow it"
    fi
}

#@
check_cors_foreign() { # PATH
    foreign=https://foreign-origin.invalid
    name='cors foreign origin'
    for method in GET ''; do
        if ! cors "$1" "$foreign" "$method"; then
            report FAIL "$name" "$(why)"
            return
        fi
        case $allowed in
        *"$foreign"*)
            report FAIL "$name" 'every origin is allowed: the server gives back the one that asks'
            return
            ;;
        *'*'*)
            report FAIL "$name" 'every origin is allowed (*)'
            return
            ;;
        esac
    done
    report ok "$name" 'is not allowed'
}

#@ upgrade
# upgrade SECONDS URL [OPTION...]: asks for a WebSocket. A server that agrees goes on holding the line, so that the
# time is always used up; the key is the sample of RFC 6455, whose answer is known.
upgrade() {
    limit=$1
    target=$2
    shift 2
    ask "$limit" "$target" --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
        -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "$@"
    accepted=$(header sec-websocket-accept)
}

judge_upgrade() { # NAME
    if [ "$status" = 101 ] && [ "$accepted" = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' ]; then
        report ok "$1" 'upgraded (101)'
    elif [ "$status" = 101 ]; then
        report FAIL "$1" 'status 101, but Sec-WebSocket-Accept is not the answer to the key'
    elif [ "$status" = 000 ]; then
        report FAIL "$1" "$(why)"
    else
        report FAIL "$1" "status $status, not 101"
    fi
}

#@
#@ websocket
check_websocket() { # NAME PATH [OPTION...]
    name="websocket $1"
    path=$2
    shift 2
    upgrade 3 "$base$path" "$@"
    judge_upgrade "$name"
}

#@
#@ socketio
# check_socketio NAME PATH [OPTION...]: the polling handshake with which its clients begin, the WebSocket that some
# begin with, and the upgrade from the one to the other.
check_socketio() {
    name="socket.io $1"
    path=$2
    shift 2
    case $path in
    *\?*) query="$path&EIO=4&transport" ;;
    *) query="$path?EIO=4&transport" ;;
    esac
    ask 15 "$base$query=polling" "$@"
    id=$(sed -n 's/^0{.*"sid" *: *"\([A-Za-z0-9_-]*\)".*/\1/p' "$work/body" | head -n 1)
    if [ "$left" -ne 0 ]; then
        report FAIL "$name polling" "$(why)"
    elif [ "$status" = 200 ] && [ -n "$id" ]; then
        report ok "$name polling" 'handshake answered with a session'
    elif grep 'Transport unknown' "$work/body" >/dev/null 2>&1; then
        report skip "$name polling" 'it is turned off there'
    else
        report FAIL "$name polling" "status $status and no session in the answer"
    fi
    upgrade 3 "$base$query=websocket" "$@"
    judge_upgrade "$name websocket"
    if [ -n "$id" ]; then
        upgrade 3 "$base$query=websocket&sid=$id" "$@"
        judge_upgrade "$name upgrade from polling"
    fi
}

#@
[ "$#" -le 1 ] || usage 'one address at most'
base=${1:-$base}
case $base in
http://?* | https://?*) ;;
'') usage 'the workspace has no address: name one' ;;
*) usage 'the address begins with http:// or https://' ;;
esac
[ "$(printf '%s' "$base" | tr -d 'A-Za-z0-9:/?#@!$&()*+,;=._~%[]-' | wc -c)" -eq 0 ] ||
    usage 'the address has characters that no address has'
case $base in
*@*) usage 'the address may hold no user and no password: arguments can be read by others' ;;
*\?* | *'#'*) usage 'the address ends before ? and #' ;;
esac
while [ "$base" != "${base%/}" ]; do
    base=${base%/}
done
command -v curl >/dev/null 2>&1 || usage 'curl is missing'
umask 077
work=$(mktemp -d "${TMPDIR:-/tmp}/verify-deployment.XXXXXX") || usage 'there is no folder for temporary files'
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

printf 'Checking %s\n' "$(plain "$base")"
@CHECKS@
printf '%d ok, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$passed" -gt 0 ] || exit 2
exit 0
