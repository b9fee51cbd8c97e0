"""What the API needs of the world: a register, a queue and a clock."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from realtime_sms.compose import Defaults
from realtime_sms.submission import Submission
from shell.register import Entry, Front


class Requests(Protocol):
    """The register of accepted requests, and outcomes."""

    def front(self, request_id: str) -> Front:
        """Read what is known of a request as a whole."""

    def enter(self, entry: Entry) -> Entry | None:
        """Write an entry if its id has none; else give the one that is there."""

    def mark_queued(self, request_id: str, now: float) -> None:
        """Note that the request's message is on the queue."""

    def page(self, request_id: str, after: str, most: int) -> list[Submission]:
        """Give outcomes in the order of their sort keys."""

    def find(self, submission_id: str) -> Submission | None:
        """Give the submission to which RealTime gave this id."""


class Publisher(Protocol):
    """Where send requests are published."""

    def publish(self, body: str) -> None:
        """Put a request on the queue."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that an operation works on."""

    requests: Requests
    outbox: Publisher
    defaults: Defaults
    now: Callable[[], float]
