import pytest
from flask import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from local.console.server import refusal

HOST = {"host": "127.0.0.1:8025"}
JSON = {"content-type": "application/json"}


def refused(method: str, headers: dict[str, str]) -> Response | None:
    """Return the answer of a console on port 8025 to a request that it refuses."""
    environ = EnvironBuilder(method=method, headers=Headers(headers)).get_environ()
    if "host" not in headers:
        del environ["HTTP_HOST"]
    return refusal(Request(environ), 8025)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", HOST),
        ("GET", {"host": "localhost:8025", "sec-fetch-site": "none"}),
        ("GET", HOST | {"sec-fetch-site": "same-origin"}),
        ("POST", HOST | JSON | {"origin": "http://127.0.0.1:8025", "sec-fetch-site": "same-origin"}),
        ("POST", HOST | {"content-type": "application/json; charset=utf-8"}),
    ],
)
def test_the_console_answers_its_own_page(method: str, headers: dict[str, str]) -> None:
    """And whoever uses no browser, who can reach the stack without it anyway."""
    assert refused(method, headers) is None


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 421),
        ("GET", {"host": "evil.example:8025"}, 421),
        ("GET", {"host": "127.0.0.1:8026"}, 421),
        ("GET", {"host": "127.0.0.1"}, 421),
        ("POST", HOST | JSON | {"origin": "http://evil.example"}, 403),
        ("POST", HOST | JSON | {"origin": "https://127.0.0.1:8025"}, 403),
        ("POST", HOST | JSON | {"origin": "null"}, 403),
        ("GET", HOST | {"sec-fetch-site": "cross-site"}, 403),
        ("GET", HOST | {"sec-fetch-site": "same-site"}, 403),
        ("POST", HOST, 415),
        ("POST", HOST | {"content-type": "text/plain"}, 415),
        ("POST", HOST | {"content-type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_no_other_page_gets_an_answer(method: str, headers: dict[str, str], status: int) -> None:
    """A name that was made to resolve to loopback, another origin, and what a form can post without being asked."""
    answer = refused(method, headers)
    assert answer is not None
    assert answer.status_code == status
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]
