"""The files in events/: the event of each test invocation, its preconditions and its expected result.

A file's name says in words what the event causes; events/expected.json has the details.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from local import ROOT

EVENTS = ROOT / "events"
FUNCTIONS = tuple(sorted(path.name for path in EVENTS.iterdir() if path.is_dir()))

type Members = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What must exist before the invocation.

    Items of the outcomes table, bodies of dead letters without a reason, values of secrets by the name of their output,
    and instructions to RealTime's simulator by operation.
    """

    items: Sequence[Members] = ()
    letters: Sequence[str] = ()
    secrets: Mapping[str, Members | str] = field(default_factory=dict)
    realtime: Mapping[str, Members] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expected:
    """What an event causes. Only the named members are compared; None means that a member must not exist.

    Outcomes are by recipient, under the event's name as request id; `items` are by the whole key of the table;
    `handsets` are texts by recipient; `rejected` is the reason of an unusable message.
    """

    returns: Members = field(default_factory=dict)
    outcomes: Mapping[str, Members] = field(default_factory=dict)
    items: Mapping[str, Mapping[str, Members]] = field(default_factory=dict)
    handsets: Mapping[str, str] = field(default_factory=dict)
    rejected: str | None = None


@dataclass(frozen=True)
class Event:
    """One event file of one function."""

    function: str
    name: str
    path: Path
    given: Given
    expected: Expected

    @cached_property
    def payload(self) -> Any:  # noqa: ANN401 (JSON)
        return json.loads(self.path.read_text(encoding="utf-8"))

    @property
    def body(self) -> str:
        """Return the body of the one queue message in an event of the send function."""
        (record,) = self.payload["Records"]
        return str(record["body"])

    def request_id(self, message_id: str) -> str:
        """Return the request id of its outcomes: its name, or the message id if the message is unreadable."""
        return message_id if self.expected.rejected == "unreadable" else self.name


def events_of(function: str) -> Iterator[Event]:
    """Yield the events of a function, sorted by name."""
    told = json.loads((EVENTS / "expected.json").read_text(encoding="utf-8"))[function]
    for path in sorted((EVENTS / function).glob("*.json")):
        expected = dict(told[path.stem])
        given = Given(**expected.pop("given", {}))
        yield Event(function, path.stem, path, given, Expected(**expected))


def differences(wanted: object, got: object, where: str = "") -> list[str]:
    """Return each difference with its place; members that `wanted` does not name may have any value."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        pairs = [(f"{where}.{name}", value, got.get(name)) for name, value in wanted.items()]
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        pairs = [(f"{where}[{place}]", *pair) for place, pair in enumerate(zip(wanted, got, strict=True))]
    else:
        return [] if wanted == got else [f"{where.removeprefix('.')}: {got!r}, expected {wanted!r}"]
    return [one for place, want, have in pairs for one in differences(want, have, place)]


def returned(event: Event, reply: Members) -> list[str]:
    """Return the differences between a function's reply and the expected one; a body is parsed as JSON."""
    body = reply.get("body")
    told = {**reply, "body": json.loads(body)} if isinstance(body, str) else reply
    return [f"{event.function}/{event.name}: {one}" for one in differences(event.expected.returns, told)]
