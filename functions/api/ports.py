"""What the API needs of the world: a register, a queue and a clock."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from realtime_sms.aws.opt_outs import OptOut
from realtime_sms.aws.requests import Entry, Summary
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.prepare import Defaults


class Requests(Protocol):
    """The register of accepted requests, and outcomes."""

    def summary(self, request_id: str) -> Summary:
        """Read what is known of a request as a whole."""

    def create(self, entry: Entry) -> Entry | None:
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


class OptOutList(Protocol):
    """The numbers that are not to be written to."""

    def add(self, number: str, *, source: str, now: float) -> OptOut:
        """Put a number on the list; give its entry."""

    def remove(self, number: str) -> OptOut | None:
        """Take a number off the list; give the entry that it had."""

    def get(self, number: str) -> OptOut | None:
        """Give a number's entry."""

    def page(self, after: str, most: int) -> list[OptOut]:
        """Give entries in the order of their numbers."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that an operation works on."""

    requests: Requests
    producer: Publisher
    opt_outs: OptOutList
    defaults: Defaults
    now: Callable[[], float]
