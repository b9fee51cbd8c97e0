"""One HTTP request and its answer, as values, and how an outcome spoils an answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final

from local.fake_realtime.magic import Manner, Outcome, Shape
from local.fake_realtime.settings import Settings

REDIRECT_TARGET: Final = "/_simulator/redirected"


@dataclass(frozen=True, slots=True)
class Request:
    """One complete request; header names are in lower case."""

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends back, and in what manner."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.WHOLE


def json_answer(value: object, status: int = HTTPStatus.OK) -> Answer:
    """Return an answer with a JSON value."""
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def send_answer(results: Sequence[Mapping[str, str]], extra_id: str, outcome: Outcome, settings: Settings) -> Answer:
    """Return the answer to *Send SMS*, spoilt as the outcome says."""
    match outcome.shape:
        case Shape.TOO_FEW:
            results = results[:-1]
        case Shape.TOO_MANY:
            results = [*results, {"status": "submitted", "submissionId": extra_id}]
    return spoilt(json_answer({"submissions": results}), outcome, settings)


def spoilt(answer: Answer, outcome: Outcome | None, settings: Settings) -> Answer:
    """Turn a good answer into the one of the outcome, if there is an outcome."""
    match outcome:
        case None:
            return answer
        case Outcome(status=301 | 302 | 303 | 307 | 308 as status):
            return Answer(status, headers={"Location": REDIRECT_TARGET})
        case Outcome(status=status) if status != HTTPStatus.OK:
            retry_after = {"Retry-After": str(settings.retry_after_seconds)}
            return Answer(status, headers=retry_after if outcome.retry_after else {})
        case Outcome(shape=Shape.GARBAGE):
            return replace(answer, body=b"<html>\xff\x00 not JSON")
        case Outcome(shape=Shape.OVERSIZE):
            return replace(answer, body=answer.body.rjust(settings.oversize_bytes))
        case _:
            return replace(answer, manner=outcome.manner)
