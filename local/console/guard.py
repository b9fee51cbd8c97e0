"""Which requests come from the console's own page: any page that a browser shows can reach loopback.

A foreign page may not read an answer (no CORS header is ever given), may not send (JSON alone is taken, for which a
browser asks first, and is refused), and may not pass for ours under a name of its own that resolves to loopback.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from local.fake_realtime.exchange import Answer, Request

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_OURS: Final = {"same-origin", "none"}  # a page of ours, or an address that the user typed


def refusal_of(request: Request, port: int) -> Answer | None:
    """Give the answer to a request that is none of ours, else None."""
    names = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
    if request.headers.get("host") not in names:
        return _refused(HTTPStatus.MISDIRECTED_REQUEST, f"this is {' or '.join(sorted(names))}, under no other name")
    origin = request.headers.get("origin")
    if origin is not None and origin.removeprefix("http://") not in names:
        return _refused(HTTPStatus.FORBIDDEN, "asked by a page of another origin")
    if request.headers.get("sec-fetch-site", "none") not in _OURS:
        return _refused(HTTPStatus.FORBIDDEN, "asked by a page of another site")
    if request.method == "POST" and request.media_type != "application/json":
        return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a POST must be application/json")
    return None


def _refused(status: HTTPStatus, why: str) -> Answer:
    return Answer(status, f"{why}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})
