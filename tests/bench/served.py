"""A program: one application behind waitress, on a port of this machine, until it is ended.

`python -m tests.bench.served ours|stock DATABASE_URL FOLDER SECRET COOKIE PORT`
"""

import gc
import logging
import sys
from pathlib import Path

from flask import Flask
from waitress import serve


def make(kind: str, url: str, folder: str, secret: str, cookie: str) -> Flask:
    if kind == "stock":
        from tests.bench.stock import make_stock

        return make_stock(url, secret, cookie)
    from tests.fixtures import make_app

    return make_app(url, Path(folder))


if __name__ == "__main__":
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short queue is no news
    *said, port = sys.argv[1:]
    app = make(*said)
    gc.collect()
    gc.freeze()
    serve(app, host="127.0.0.1", port=int(port), threads=4)
