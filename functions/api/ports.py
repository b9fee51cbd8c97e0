"""The stores, the queue and the clock that the operations use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from realtime_sms.aws.cancel import Store
from realtime_sms.aws.requests import Entry, Summary
from realtime_sms.outcomes.opt_out import OptOut
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import MessageType, OptOutScope


class _Requests(Protocol):
    def summary(self, request_id: str) -> Summary: ...
    def create(self, entry: Entry) -> Entry | None: ...
    def mark_queued(self, request_id: str, now: float) -> None: ...
    def page(self, request_id: str, after: str, most: int) -> list[Submission]: ...
    def find(self, submission_id: str) -> Submission | None: ...


class _Producer(Protocol):
    def publish(self, body: str, message_type: MessageType, campaign: str | None) -> None: ...


class _OptOuts(Protocol):
    def add(self, number: str, *, source: str, now: float, scope: OptOutScope = ..., narrow: bool = ...) -> OptOut: ...
    def remove(self, number: str) -> OptOut | None: ...
    def get(self, number: str) -> OptOut | None: ...
    def page(self, after: str, most: int) -> list[OptOut]: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that an operation works on."""

    requests: _Requests
    submissions: Store
    producer: _Producer
    opt_outs: _OptOuts
    delete_schedule: Callable[[str], None]  # of a request, by its id
    defaults: Defaults
    hides: Callable[[str, str], bool]  # whether what is stored stands for a content hash with a forgotten number
    now: Callable[[], float]
