"""The console's server on loopback: the page, the stack's API for it, and the news it follows."""

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Self

import urllib3
from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, Request, Response, request
from werkzeug.serving import make_server

from local import guard
from local.console.api import cancel, post, preview
from local.console.news import News
from local.console.numbers import groups
from local.embedded_aws import Stack

_HOST: Final = "127.0.0.1"
_POLL_SECONDS: Final = 0.4  # neither table nor inbox has an event to wait for
_SHARE: Final = (
    4  # times as long as a look took is waited before the next, so that a large table is not read all the time
)
_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Console:
    """A context manager around the server; raises OSError if the port is taken."""

    def __init__(self, stack: Stack, *, port: int = 0) -> None:
        self._stack, self._stopping = stack, threading.Event()
        with socket.create_server((_HOST, port)) as listener:
            self.port = int(listener.getsockname()[1])
            self._server = make_server(_HOST, self.port, self.app(), threaded=True, fd=listener.fileno())
        self._thread = threading.Thread(target=self._server.serve_forever, name="console", daemon=True)

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.port}"

    def __enter__(self) -> Self:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request says nothing here
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def app(self) -> Flask:
        ask = partial(post, self._stack)
        app = Flask(__name__, static_folder="page", static_url_path="")
        app.before_request(lambda: refusal(request, self.port))
        app.after_request(_with_headers)
        app.add_url_rule("/", "page", lambda: app.send_static_file("index.html"))
        app.add_url_rule("/numbers", "numbers", groups)
        app.add_url_rule("/news", "news", lambda: Response(self._news(), mimetype="text/event-stream"))
        app.post("/preview", endpoint="preview")(lambda: preview(ask, request.get_json()))
        # In an envelope: a browser logs every HTTP error in its console, and here a refusal is an ordinary answer.
        app.post("/messages", endpoint="messages")(lambda: asdict(ask("/messages", request.get_json())))
        app.post("/cancellations", endpoint="cancellations")(
            lambda: asdict(cancel(self._stack, str(request.get_json()["requestId"])))
        )
        app.post("/answers", endpoint="answers")(self._answer)
        return app

    def _answer(self) -> dict[str, Any]:
        """Answer from a phone: the simulator posts it to the stack as RealTime does."""
        try:
            return {"status": HTTPStatus.OK, "body": self._stack.simulator("inbound", request.get_json())}
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            return {"status": HTTPStatus.BAD_GATEWAY, "body": {"error": str(error)}}

    def _news(self) -> Iterator[str]:
        """Yield what changes as server-sent events, until the console stops or the stack is gone."""
        news, seconds = News(self._stack), 0.0
        while not self._stopping.wait(seconds):
            began = time.monotonic()
            try:
                changes = news.changes()
            except (urllib3.exceptions.HTTPError, BotoCoreError, ClientError):
                return  # the page shows it, and connects again by itself
            yield "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in changes) or ":\n\n"
            seconds = max(_POLL_SECONDS, _SHARE * (time.monotonic() - began))


def refusal(asked: Request, port: int) -> Response | None:
    """Return the answer to a request that does not come from the console's own page, else None.

    A foreign page cannot send either: a POST must be JSON, for which a browser asks first, and is refused.
    """
    if (refused := guard.refusal(asked.headers.get, (_HOST, "localhost"), port)) is not None:
        return _refused(*refused)
    if asked.method == "POST" and asked.mimetype != "application/json":
        return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a POST must be application/json")
    return None


def _refused(status: HTTPStatus, why: str) -> Response:
    return Response(f"{why}\n", status, mimetype="text/plain")


def _with_headers(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response
