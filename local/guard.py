"""Who may use a server on loopback: programs of this machine, and a page of the server's own.

Every page that a browser shows can reach loopback. It cannot read an answer without a CORS header, and a browser says
where a request comes from; but a host name of the page's own may resolve to loopback.
"""

from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import NamedTuple


class Refusal(NamedTuple):
    """The status and the words with which a request is refused."""

    status: HTTPStatus
    why: str


def refusal(
    header: Callable[[str], str | None], names: Collection[str], port: int, scheme: str = "http"
) -> Refusal | None:
    """Return why a request is refused, by its headers; None if it is answered."""
    hosts = {f"{name}:{port}" for name in names}
    if header("host") not in hosts:
        return Refusal(HTTPStatus.MISDIRECTED_REQUEST, f"the names here are {' and '.join(sorted(hosts))}")
    origin = header("origin")
    if origin is not None and origin not in {f"{scheme}://{host}" for host in hosts}:
        return Refusal(HTTPStatus.FORBIDDEN, "the request comes from a page of another origin")
    if (header("sec-fetch-site") or "none") not in {"same-origin", "none"}:
        return Refusal(HTTPStatus.FORBIDDEN, "the request comes from a page of another site")
    return None
