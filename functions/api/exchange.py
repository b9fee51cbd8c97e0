"""One exchange over HTTP: a request as API Gateway hands it over, and a reply as it wants it back.

Source: API Gateway, the Lambda proxy integration of REST APIs (payload format 1.0).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

from api.problem import ProblemError

_SIGNING = "x-amz-"  # parameters that sign a request's address


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request; `path` without the stage, `base` what stands before it, header names in small letters."""

    method: str
    path: str
    base: str = ""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read API Gateway's event.

        Raises:
            ProblemError: the body is said to be Base64, and is not.

        """
        path = "/" + ((event.get("pathParameters") or {}).get("proxy") or "")
        whole = event.get("requestContext", {}).get("path") or event.get("path") or path
        return cls(
            method=event["httpMethod"],
            path=path,
            base=whole.removesuffix(path) if whole.endswith(path) else "",
            headers={name.lower(): values for name, values in _every(event, "headers", "multiValueHeaders").items()},
            query={
                name: values
                for name, values in _every(event, "queryStringParameters", "multiValueQueryStringParameters").items()
                if not name.lower().startswith(_SIGNING)
            },
            body=_body(event),
        )

    def header(self, name: str) -> str | None:
        """Give a header that must not be there twice.

        Raises:
            ProblemError: it is there with several values.

        """
        values = dict.fromkeys(self.headers.get(name.lower(), ()))
        if len(values) > 1:
            raise ProblemError.of_parameter(name, "is there more than once, and not the same")
        return next(iter(values), None)

    def parameter(self, name: str) -> str | None:
        """Give a query parameter; the routes have seen to it that it is there once."""
        return next(iter(self.query.get(name, ())), None)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A reply whose body is JSON."""

    status: HTTPStatus
    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    media_type: str = "application/json"

    @classmethod
    def of_problem(cls, problem: ProblemError) -> Self:
        """Answer with a problem document."""
        return cls(problem.status, problem.document(), problem.headers, "application/problem+json")

    def to_event(self) -> dict[str, Any]:
        """Write it as API Gateway wants it; nothing in it is for anybody's cache."""
        return {
            "statusCode": int(self.status),
            "headers": {"Content-Type": self.media_type, "Cache-Control": "no-store", **self.headers},
            "body": json.dumps(self.body, separators=(",", ":")),
            "isBase64Encoded": False,
        }


def _every(event: Mapping[str, Any], single: str, several: str) -> dict[str, tuple[str, ...]]:
    """Give every value of each name; callers of the function other than API Gateway may give single ones only."""
    last = {name: [value] for name, value in (event.get(single) or {}).items()}
    return {name: tuple(values) for name, values in (last | (event.get(several) or {})).items()}


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "the body is not the Base64 that it is said to be") from None
