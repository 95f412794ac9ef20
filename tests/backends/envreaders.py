# SPDX-License-Identifier: GPL-3.0-or-later
# What python-dotenv makes of texts: a JSON list of strings on standard input, a JSON list of objects on standard output.
# "raw" is without, "value" with interpolation; nothing of this process's environment is seen.
import io
import json
import logging
import os
import sys

import dotenv
import dotenv.main

logging.disable(logging.CRITICAL)
os.environ.clear()
results = []
for text in json.load(sys.stdin):
    # As from a file in text mode.
    text = io.TextIOWrapper(io.BytesIO(text.encode("utf-8")), encoding="utf-8").read()
    results.append({
        "raw": dict(dotenv.main.DotEnv(None, stream=io.StringIO(text), interpolate=False).dict()),
        "value": dict(dotenv.dotenv_values(stream=io.StringIO(text))),
    })
json.dump(results, sys.stdout)
