"""The files in events/: what each function is given, what must be so before, and what it must come to.

What a file must cause is its name, in words; events/expected.json says it in numbers.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).resolve().parents[1] / "events"
FUNCTIONS = tuple(sorted(path.name for path in EVENTS.iterdir() if path.is_dir()))

type Members = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What must be so before.

    Items of the outcomes table, bodies of dead letters that say no reason yet, the values of secrets by the name of
    their output, and what RealTime's simulator is told, by operation.
    """

    items: Sequence[Members] = ()
    letters: Sequence[str] = ()
    secrets: Mapping[str, Members | str] = field(default_factory=dict)
    realtime: Mapping[str, Members] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expected:
    """What an event must cause, of which only what is named counts; None stands for what must not be there.

    Outcomes are by recipient, under the event's own name; `items` are by the whole key of the table; `handsets` are
    texts by recipient; `rejected` is the reason why a message cannot be used.
    """

    returns: Members = field(default_factory=dict)
    outcomes: Mapping[str, Members] = field(default_factory=dict)
    items: Mapping[str, Mapping[str, Members]] = field(default_factory=dict)
    handsets: Mapping[str, str] = field(default_factory=dict)
    rejected: str | None = None


@dataclass(frozen=True)
class Event:
    """One file of one function."""

    function: str
    name: str
    path: Path
    given: Given
    expected: Expected

    @cached_property
    def payload(self) -> Any:  # noqa: ANN401 (JSON)
        """Give what the function is invoked with."""
        return json.loads(self.path.read_text(encoding="utf-8"))

    @property
    def body(self) -> str:
        """Give the one queue message in an event of the send function."""
        (record,) = self.payload["Records"]
        return str(record["body"])

    def request_id(self, message_id: str) -> str:
        """Say under which id its outcomes are: its name, unless nothing in it could be read."""
        return message_id if self.expected.rejected == "unreadable" else self.name


def events_of(function: str) -> Iterator[Event]:
    """Give every event of a function, in the order of their names."""
    told = json.loads((EVENTS / "expected.json").read_text(encoding="utf-8"))[function]
    for path in sorted((EVENTS / function).glob("*.json")):
        expected = dict(told[path.stem])
        given = Given(**expected.pop("given", {}))
        yield Event(function, path.stem, path, given, Expected(**expected))


def differences(wanted: object, got: object, where: str = "") -> list[str]:
    """Name every place at which something is not as wanted; members that are not asked for may be anything."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        pairs = [(f"{where}.{name}", value, got.get(name)) for name, value in wanted.items()]
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        pairs = [(f"{where}[{place}]", *pair) for place, pair in enumerate(zip(wanted, got, strict=True))]
    else:
        return [] if wanted == got else [f"{where.removeprefix('.')}: {got!r}, expected {wanted!r}"]
    return [one for place, want, have in pairs for one in differences(want, have, place)]


def returned(event: Event, reply: Members) -> list[str]:
    """Name everything that a function returned otherwise than its event must make it; a body is JSON in a text."""
    body = reply.get("body")
    told = {**reply, "body": json.loads(body)} if isinstance(body, str) else reply
    return [f"{event.function}/{event.name}: {one}" for one in differences(event.expected.returns, told)]
