"""The messages in events/send: what is published, and what each must come to, by the name of its file."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).resolve().parents[1] / "events"


@dataclass(frozen=True, slots=True)
class Expected:
    """What an event must cause: an outcome for each key of the table, a text on each handset, or a rejection."""

    outcomes: Mapping[str, Mapping[str, Any]]
    handsets: Mapping[str, str]
    rejected: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One file: the message body in it, and its request's id."""

    name: str
    path: Path
    body: str
    message_id: str
    expected: Expected

    def request_id(self, message_id: str) -> str:
        """Say under which id its outcomes are: its name, unless nothing in it could be read."""
        return message_id if self.expected.rejected == "unreadable" else self.name


def send_events() -> Iterator[Event]:
    """Give every event of the send function, in the order of their names."""
    expected = json.loads((EVENTS / "expected.json").read_text(encoding="utf-8"))["send"]
    for path in sorted((EVENTS / "send").glob("*.json")):
        (record,) = json.loads(path.read_text(encoding="utf-8"))["Records"]
        told = expected[path.stem]
        wanted = Expected(told.get("outcomes", {}), told.get("handsets", {}), told.get("rejected"))
        yield Event(path.stem, path, record["body"], record["messageId"], wanted)
