# SPDX-License-Identifier: GPL-3.0-or-later
"""gunicorn's uvicorn worker with the wsproto library: gunicorn -k wsproto_worker.Worker"""

from uvicorn.workers import UvicornWorker


class Worker(UvicornWorker):
    CONFIG_KWARGS = {"loop": "auto", "http": "auto", "ws": "wsproto"}
