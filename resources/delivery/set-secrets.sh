#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Hands a file of secrets to Fly.io. Written by Switchyard.
#
#   sh set-secrets.sh [FILE]     default: fly-secrets.env beside this script; - reads standard input
#
# No value ever stands in an argument, where every user of the machine could read it. The secrets are staged: they
# are there with the next deploy, or with `fly secrets deploy`.
# Exit status: 0 done, 1 fly failed, 2 nothing was sent.
set -u

app=@APP@
here=$(dirname -- "$0")
file=${1:-$here/fly-secrets.env}

stop() {
    printf 'set-secrets.sh: %s\n' "$1" >&2
    exit 2
}

[ "$#" -le 1 ] || stop 'one file at most'
if command -v fly >/dev/null 2>&1; then
    fly=fly
elif command -v flyctl >/dev/null 2>&1; then
    fly=flyctl
else
    stop 'there is no fly: https://fly.io/docs/flyctl/install/'
fi
if [ "$file" = - ]; then
    "$fly" secrets import --stage --app "$app" || exit 1
    exit 0
fi
[ -f "$file" ] || stop "there is no $file: copy fly-secrets.env.example and fill it in"
if [ -n "$(find "$file" -prune \( -perm -040 -o -perm -004 \) 2>/dev/null)" ]; then
    stop "$file can be read by others: chmod 600 it first"
fi
# What is empty was not filled in; sent as it is, the program would find an empty text instead of nothing.
empty=$(sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=\(""\)\{0,1\}[[:blank:]]*$/\1/p' "$file" | tr '\n' ' ')
[ -z "$empty" ] || stop "without a value in $file: ${empty}(fill them in, or delete the lines)"
"$fly" secrets import --stage --app "$app" <"$file" || exit 1
# Values that the file's form cannot carry lie in files of their own.
for value in "${file%.env}.d"/*; do
    [ -f "$value" ] || continue
    "$fly" secrets set --stage --app "$app" "${value##*/}=-" <"$value" || exit 1
done
printf 'Staged for %s. They take effect with the next deploy, or with: fly secrets deploy --app %s\n' "$app" "$app"
