"""A queue message as other systems produce it: the body as such, or wrapped by SNS, by EventBridge, or by both.

Source: the message formats of SNS (HTTP/S and SQS notifications without raw delivery) and of EventBridge events.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pydantic_core import from_json

from realtime_sms.requests.errors import InvalidInputError, Problem, not_json
from realtime_sms.requests.model import REQUEST_ID, SendRequest, parse_request, place_of
from realtime_sms.vocabulary import Reason

_ID = re.compile(REQUEST_ID)
_MOST_WRAPPERS = 3  # EventBridge through SNS is two; more is somebody's loop


@dataclass(frozen=True, slots=True)
class IdentifiedRequest:
    """A request taken out of its envelope, with the identity under which it is sent at most once."""

    request_id: str
    request: SendRequest = field(repr=False)


class UnreadableError(InvalidInputError):
    """A message that holds no JSON object, so that nothing in it can be called a request."""

    reason = Reason.UNREADABLE

    def __init__(self, problems: Iterable[Problem], *, is_json: bool = False) -> None:
        super().__init__(problems)
        self.is_json = is_json


def open_envelope(body: str, message_id: str) -> IdentifiedRequest:
    """Take the request out of a queue message's body.

    The identity is the body's own `requestId`, else the id in the innermost SNS or EventBridge envelope, else
    `message_id`, the id that SQS gave.

    Raises:
        UnreadableError: the body is not a JSON object.
        InvalidInputError: it is one, but no request.

    """
    payload, wrapper_id = unwrap(body)
    request = parse_request(payload)
    return IdentifiedRequest(request.request_id or wrapper_id or message_id, request)


def identity(body: str, message_id: str) -> str:
    """Say under which id a message's outcome is kept, also where its request is invalid."""
    try:
        payload, wrapper_id = unwrap(body)
        named = parse_request({"recipients": ["-"], "message": {"text": "-"}, "requestId": payload.get("requestId")})
    except InvalidInputError:
        return message_id
    return named.request_id or wrapper_id or message_id


def unwrap(body: str) -> tuple[dict[str, object], str | None]:
    """Return the innermost JSON object and the id of the envelope nearest to it, if there was one.

    Raises:
        UnreadableError: a layer is not a JSON object.
        InvalidInputError: an envelope's id could not be a request's.

    """
    payload, wrapper_id = read_object(body), None
    for _ in range(_MOST_WRAPPERS):
        match payload:
            case {"Type": "Notification", "MessageId": str(sns_id), "TopicArn": str(), "Message": str(inner)}:
                payload, wrapper_id = read_object(inner), _checked("MessageId", sns_id)
            case {"detail-type": str(), "source": str(), "id": str(event_id), "detail": dict(detail)}:
                payload, wrapper_id = detail, _checked("id", event_id)
            case _:
                break
    return payload, wrapper_id


def _checked(where: str, identifier: str) -> str:
    """Hold an envelope's id to what a request's own may be: it becomes a key of the table, and shows in logs."""
    if not _ID.fullmatch(identifier):
        raise InvalidInputError([Problem(where, "is no id that a request can be kept under; give it a `requestId`")])
    return identifier


def read_object(text: str) -> dict[str, object]:
    """Read a JSON object strictly: NaN and half a surrogate pair are refused, a byte order mark is passed over.

    Raises:
        UnreadableError: it is not JSON, or no object.
        InvalidInputError: an object in it has a name more than once, and parsers differ in which value they take.

    """
    text = text.removeprefix("\ufeff")  # RFC 8259 §8.1
    try:
        value = from_json(text.encode(), allow_inf_nan=False)
    except ValueError as error:
        raise UnreadableError([Problem("", not_json(error))]) from None
    if not isinstance(value, dict):
        problem = Problem("", f"the body is a JSON {type(value).__name__}, not an object")
        raise UnreadableError([problem], is_json=True)
    objects: list[list[tuple[str, object]]] = []
    json.loads(text, object_pairs_hook=objects.append)
    for pairs in objects:
        if len(dict(pairs)) < len(pairs):
            places = _repeated(json.loads(text, object_pairs_hook=_Pairs))
            raise InvalidInputError(Problem(place_of(steps), "is there more than once") for steps in places)
    return value


class _Pairs(list[tuple[str, object]]):
    """An object as it is written."""


def _repeated(value: object, *steps: str | int) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each name that an object has again."""
    if isinstance(value, _Pairs):
        seen = set()
        for name, inner in value:
            if name in seen:
                yield (*steps, name)
            seen.add(name)
            yield from _repeated(inner, *steps, name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _repeated(inner, *steps, index)
