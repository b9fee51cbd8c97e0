"""The layer's stores and its producer in memory, for what is built on them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from realtime_sms.aws.queues import QueueUnavailableError
from realtime_sms.aws.requests import Entry, Rejection, Summary
from realtime_sms.aws.submissions import Applied, Conflict, Indeterminate, WriteResult
from realtime_sms.aws.table import Key, StoreUnavailableError
from realtime_sms.outcomes.decide import Change, Unreadable
from realtime_sms.outcomes.opt_out import OptOut
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import MessageType, OptOutScope


@dataclass
class FakeRequests:
    """The requests; `outcomes` by request id and sort key. Each of `failing` fails, until it is taken out."""

    entries: dict[str, Entry] = field(default_factory=dict)
    rejections: dict[str, Rejection] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], Submission] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    blind: bool = False  # `summary` sees no entry, as when another call is between its own reading and writing

    def summary(self, request_id: str) -> Summary:
        """Read what is known of a request as a whole."""
        self._fail("front")
        first = next(iter(self.page(request_id, "", 1)), None)
        entry = None if self.blind else self.entries.get(request_id)
        return Summary(entry, self.rejections.get(request_id), first)

    def create(self, entry: Entry) -> Entry | None:
        """Write an entry if its id has none."""
        self._fail("enter")
        there = self.entries.setdefault(entry.request_id, entry)
        return None if there is entry else there

    def mark_queued(self, request_id: str, now: float) -> None:
        """Note that the message is on the queue."""
        self._fail("mark_queued")
        self.entries[request_id] = replace(self.entries[request_id], queued_at=now)

    def page(self, request_id: str, after: str, most: int) -> list[Submission]:
        """Return outcomes in the order of their sort keys."""
        keys = sorted(key for key in self.outcomes if key[0] == request_id and key[1] > after)
        return [self.outcomes[key] for key in keys[:most]]

    def find(self, submission_id: str) -> Submission | None:
        """Find an outcome by RealTime's id."""
        return next((one for one in self.outcomes.values() if one.submission_id == submission_id), None)

    def hold(self, *submissions: Submission) -> None:
        """Store outcomes."""
        for one in submissions:
            self.outcomes[one.request_id, one.recipient] = one

    def _fail(self, name: str) -> None:
        if name in self.failing:
            raise StoreUnavailableError("EndpointConnectionError")


@dataclass
class FakeSubmissions:
    """The outcomes of `FakeRequests`, changed only where they are as they were; `applying` runs before each write."""

    held: dict[Key, Submission]
    silent: bool = False
    applying: Callable[[], object] = lambda: None

    def read(self, keys: Iterable[Key]) -> dict[Key, Submission | Unreadable]:
        """Read some."""
        return {key: self.held[key] for key in keys if key in self.held}

    def apply(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Change those that are as they were; change nothing while silent."""
        if changes:
            self.applying()
        return [Indeterminate("ThrottlingError") if self.silent else self._apply(change) for change in changes]

    def _apply(self, change: Change) -> WriteResult:
        key = (change.after.request_id, change.after.recipient)
        if self.held.get(key) != change.before:
            return Conflict(self.held.get(key))
        self.held[key] = change.after
        return Applied()


@dataclass
class FakeProducer:
    """The queues; `groups` has the message type and the campaign of each body."""

    bodies: list[str] = field(default_factory=list)
    groups: list[tuple[MessageType, str | None]] = field(default_factory=list)
    failing: bool = False

    def publish(self, body: str, message_type: MessageType, campaign: str | None) -> None:
        """Store the message, or fail."""
        if self.failing:
            raise QueueUnavailableError("EndpointConnectionError")
        self.bodies.append(body)
        self.groups.append((message_type, campaign))


@dataclass
class FakeOptOuts:
    """The opt-out list."""

    entries: dict[str, OptOut] = field(default_factory=dict)
    failing: bool = False

    def add(
        self, number: str, *, source: str, now: float, scope: OptOutScope = OptOutScope.ALL, narrow: bool = False
    ) -> OptOut:
        """Store a number, or fail."""
        if self.failing:
            raise StoreUnavailableError("EndpointConnectionError")
        there = self.entries.setdefault(number, OptOut(number, source, now, scope))
        if scope is OptOutScope.ALL or narrow:
            self.entries[number] = replace(there, scope=scope)
        return self.entries[number]

    def remove(self, number: str) -> OptOut | None:
        """Remove a number."""
        return self.entries.pop(number, None)

    def find(self, numbers: Iterable[str]) -> dict[str, OptOutScope]:
        """Return the scopes of those that are on the list."""
        return {number: self.entries[number].scope for number in numbers if number in self.entries}

    def get(self, number: str) -> OptOut | None:
        """Return a number's entry."""
        return self.entries.get(number)

    def page(self, after: str, most: int) -> list[OptOut]:
        """Return the entries after a number."""
        return [self.entries[number] for number in sorted(self.entries) if number > after][:most]
