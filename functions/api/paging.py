"""Pages: the parameters `limit` and `cursor`.

A cursor says where the next page begins, for the caller to hand back and not to read. An address ends up in logs, and
the place is a phone number; so it is enciphered, with a key of the list: an authentication code of the place is also
the nonce (the construction of RFC 5297, with HMAC-SHA-256).
"""

import base64
import binascii
import hmac
import re
from hashlib import sha256

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from api.problem import ProblemError

PAGE = 50
LARGEST_PAGE = 100
_LIMIT = re.compile(r"[0-9]{1,9}")
_CODE = 12  # octets of the authentication code
_LONGEST = 64  # octets of a place; the hash in the place of a forgotten number has 42


def read_limit(event: APIGatewayProxyEvent) -> int:
    """Read the parameter `limit`.

    Raises:
        ProblemError: 400, it is none.

    """
    written = parameter(event, "limit")
    if written is None:
        return PAGE
    if not _LIMIT.fullmatch(written) or not 1 <= int(written) <= LARGEST_PAGE:
        raise ProblemError.of_parameter("limit", f"must be a number from 1 to {LARGEST_PAGE}")
    return int(written)


def read_cursor(event: APIGatewayProxyEvent, key: str) -> str:
    """Read the parameter `cursor`: the place after which the page begins, empty for the first page.

    Raises:
        ProblemError: 400, it was not made with this key.

    """
    cursor = parameter(event, "cursor")
    place = "" if cursor is None else unseal(cursor, key)
    if place is None:
        raise ProblemError.of_parameter("cursor", "is none that this list's pages gave; begin without one")
    return place


def parameter(event: APIGatewayProxyEvent, name: str) -> str | None:
    """Return a query parameter; the routes have checked that it is given once at most."""
    values = event.multi_value_query_string_parameters.get(name)
    return values[0] if values else event.query_string_parameters.get(name)


def seal(place: str, key: str) -> str:
    """Return the cursor that stands for a place, at most 64 octets of it."""
    plain = place.encode()
    code = _mac(key, b"place", plain)[:_CODE]
    return base64.urlsafe_b64encode(code + _masked(plain, code, key)).decode().rstrip("=")


def unseal(cursor: str, key: str) -> str | None:
    """Return the place that a cursor stands for, or None unless it was made with this key."""
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    code, masked = sealed[:_CODE], sealed[_CODE:]
    if len(masked) > _LONGEST:
        return None
    plain = _masked(masked, code, key)
    return plain.decode() if hmac.compare_digest(code, _mac(key, b"place", plain)[:_CODE]) else None


def _masked(octets: bytes, code: bytes, key: str) -> bytes:
    mask = _mac(key, b"mask", code) + _mac(key, b"rest", code)
    return bytes(one ^ other for one, other in zip(octets, mask, strict=False))


def _mac(key: str, purpose: bytes, octets: bytes) -> bytes:
    return hmac.digest(key.encode(), purpose + b"\0" + octets, sha256)
