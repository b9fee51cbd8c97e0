"""Errors of the API: RFC 9457 problem documents, each error with its place and, if there is one, its reason."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

from aws_lambda_powertools.event_handler import Response

from realtime_sms.requests.errors import Problem
from realtime_sms.vocabulary import Reason

_TOLD = 100  # errors that a document lists; it says how many there are


@dataclass(frozen=True, slots=True)
class Fault:
    """One error: in the body at a JSON pointer, or in a header or query parameter."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    reason: Reason | None = None

    @classmethod
    def of_problem(cls, problem: Problem, reason: Reason) -> Self:
        """Return the error for a problem with the body."""
        return cls(problem.what, pointer=problem.pointer, reason=reason)

    def document(self) -> dict[str, str]:
        """Return the members that are not empty."""
        members = {
            "detail": self.detail,
            "pointer": self.pointer,
            "parameter": self.parameter,
            "reason": self.reason,
        }
        return {name: str(value) for name, value in members.items() if value is not None}


@dataclass(eq=False)  # not frozen: whoever passes an exception on writes its traceback
class ProblemError(Exception):
    """An error that ends a request."""

    status: HTTPStatus
    detail: str
    faults: tuple[Fault, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_parameter(cls, name: str, what: str) -> Self:
        """Refuse a header or query parameter."""
        return cls(HTTPStatus.BAD_REQUEST, f"{name}: {what}", (Fault(what, parameter=name),))

    @classmethod
    def of_body(cls, faults: Iterable[Fault]) -> Self:
        """Refuse a request that is JSON, but cannot be sent."""
        every = tuple(dict.fromkeys(faults))
        count = f"{len(every)} errors" if len(every) > 1 else "an error"
        told = f", of which the first {_TOLD} are listed" if len(every) > _TOLD else ""
        return cls(HTTPStatus.UNPROCESSABLE_CONTENT, f"the request has {count}{told}; nothing was sent", every[:_TOLD])

    @classmethod
    def for_now(cls, detail: str) -> Self:
        """Ask to try again."""
        return cls(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "5"})

    def reply(self) -> Response[Any]:
        """Return the reply with this problem."""
        return Response(self.status, "application/problem+json", json.dumps(self.document()), self.headers)

    def document(self) -> dict[str, Any]:
        """Return the problem document; the type is the status's own, so the title is its phrase (RFC 9457 §4.2.1)."""
        whole: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
        }
        return whole | ({"errors": [fault.document() for fault in self.faults]} if self.faults else {})
