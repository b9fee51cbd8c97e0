"""One HTTP request and its answer, as values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final

from local.fake_realtime.magic import Manner, Outcome, Shape
from local.fake_realtime.settings import Settings

REDIRECT_TARGET: Final = "/_simulator/redirected"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_JSON: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request: header names in lower case; body, headers and query never in its repr."""

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    keep_alive: bool = True

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends back, and in what manner."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.WHOLE


def json_answer(value: object, status: int = HTTPStatus.OK) -> Answer:
    """Answer with a JSON value."""
    return Answer(status, json.dumps(value).encode(), _JSON)


def refusal(status: HTTPStatus, reason: str) -> Answer:
    """Answer with an error: the body is empty, and a header of the simulator's own says why, to whoever debugs."""
    return Answer(status, headers={"X-Simulator-Reason": reason})


def results_answer(results: Sequence[Mapping[str, str]], extra_id: str, outcome: Outcome, settings: Settings) -> Answer:
    """Answer *Send SMS* with its results, one too few or too many if the outcome wants that, and spoilt as it wants."""
    match outcome.shape:
        case Shape.TOO_FEW:
            results = results[:-1]
        case Shape.TOO_MANY:
            results = [*results, {"status": "submitted", "submissionId": extra_id}]
    return spoil(json_answer({"submissions": results}), outcome, settings)


def spoil(answer: Answer, outcome: Outcome, settings: Settings) -> Answer:
    """Turn a good answer into what the outcome makes of it."""
    if outcome.status != HTTPStatus.OK:
        return Answer(outcome.status, headers=_headers(outcome, settings))
    match outcome.shape:
        case Shape.GARBAGE:
            return replace(answer, body=b"<html>\xff\x00 not JSON", manner=outcome.manner)
        case Shape.OVERSIZE:
            return replace(answer, body=answer.body.rjust(settings.oversize_bytes), manner=outcome.manner)
        case _:
            return replace(answer, manner=outcome.manner)


def _headers(outcome: Outcome, settings: Settings) -> dict[str, str]:
    if outcome.status in _REDIRECTS:
        return {"Location": REDIRECT_TARGET}
    return {"Retry-After": str(settings.retry_after_seconds)} if outcome.retry_after else {}
