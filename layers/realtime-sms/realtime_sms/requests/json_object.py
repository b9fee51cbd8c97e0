"""Read a JSON object that somebody else wrote: strictly, each name once."""

import json
from collections.abc import Iterator

from pydantic_core import from_json

from realtime_sms.requests.errors import InvalidInputError, Problem, not_json
from realtime_sms.requests.model import place_of


class NotJsonError(ValueError):
    """A text is not JSON; the message says where, and quotes nothing."""


def read_json(text: str) -> object:
    """Read a JSON text; a byte order mark before it is passed over (RFC 8259 §8.1).

    Raises:
        NotJsonError: it is not JSON, or not JSON alone: NaN, Infinity and half a surrogate pair are refused.
        InvalidInputError: an object has a name more than once, and parsers differ in which value they take.

    """
    text = text.removeprefix("\ufeff")
    try:
        value = from_json(text.encode(), allow_inf_nan=False)
    except ValueError as error:
        raise NotJsonError(not_json(error)) from None
    try:
        json.loads(text, object_pairs_hook=_names_once)
    except _RepeatedError:
        places = _repeated(json.loads(text, object_pairs_hook=_Pairs))
        raise InvalidInputError(Problem(place_of(steps), "is there more than once") for steps in places) from None
    return value


class _RepeatedError(Exception):
    """An object has a name more than once."""


class _Pairs(list[tuple[str, object]]):
    """An object as it is written."""


def _names_once(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise _RepeatedError


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
