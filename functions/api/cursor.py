"""Cursors: where the next page of a request's recipients begins, for the caller to hand back and not to read.

An address ends up in logs, and the place is a phone number; so it is enciphered, with the request's content hash as
the key: an authentication code of the place is also the nonce (the construction of RFC 5297, with HMAC-SHA-256).
"""

import base64
import binascii
import hmac
from hashlib import sha256

_CODE = 12  # octets of the authentication code
_LONGEST = 32  # octets of a place


def seal(place: str, key: str) -> str:
    """Make the cursor that stands for a place, at most 32 octets of it."""
    plain = place.encode()
    code = _mac(key, b"place", plain)[:_CODE]
    return base64.urlsafe_b64encode(code + _masked(plain, code, key)).decode().rstrip("=")


def unseal(cursor: str, key: str) -> str | None:
    """Give the place that a cursor stands for; None unless it was made with this key."""
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
    return bytes(one ^ other for one, other in zip(octets, _mac(key, b"mask", code), strict=False))


def _mac(key: str, purpose: bytes, octets: bytes) -> bytes:
    return hmac.digest(key.encode(), purpose + b"\0" + octets, sha256)
