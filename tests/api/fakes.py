"""A register and a queue in memory, and an API on them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from api.handler import serve
from api.ports import Ports
from realtime_sms.aws.opt_outs import OptOut
from realtime_sms.aws.producer import QueueUnavailableError
from realtime_sms.aws.requests import Entry, Rejection, Summary
from realtime_sms.aws.submissions import StoreUnavailableError
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import Status

NOW = 1_800_000_000.0
HELLO: dict[str, Any] = {"recipients": ["+56900000000"], "sender": "96000", "message": {"charset": 0, "text": "hello"}}


@dataclass
class FakeRequests:
    """The register; `outcomes` by request id and sort key. Each of `failing` fails, until it is taken out."""

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
        """Give outcomes in the order of their sort keys."""
        keys = sorted(key for key in self.outcomes if key[0] == request_id and key[1] > after)
        return [self.outcomes[key] for key in keys[:most]]

    def find(self, submission_id: str) -> Submission | None:
        """Find by RealTime's id."""
        return next((one for one in self.outcomes.values() if one.submission_id == submission_id), None)

    def hold(self, *submissions: Submission) -> None:
        """Put outcomes there."""
        for one in submissions:
            self.outcomes[one.request_id, one.recipient] = one

    def _fail(self, name: str) -> None:
        if name in self.failing:
            raise StoreUnavailableError("EndpointConnectionError")


@dataclass
class FakeOutbox:
    """The queue."""

    bodies: list[str] = field(default_factory=list)
    failing: bool = False

    def publish(self, body: str) -> None:
        """Keep the message, or fail."""
        if self.failing:
            raise QueueUnavailableError("EndpointConnectionError")
        self.bodies.append(body)


@dataclass
class FakeOptOuts:
    """The opt-out list."""

    entries: dict[str, OptOut] = field(default_factory=dict)
    failing: bool = False

    def add(self, number: str, *, source: str, now: float) -> OptOut:
        """Keep it, or fail."""
        if self.failing:
            raise StoreUnavailableError("EndpointConnectionError")
        return self.entries.setdefault(number, OptOut(number, source, now))

    def remove(self, number: str) -> OptOut | None:
        """Take it off."""
        return self.entries.pop(number, None)

    def get(self, number: str) -> OptOut | None:
        """Give it."""
        return self.entries.get(number)

    def page(self, after: str, most: int) -> list[OptOut]:
        """Give those after."""
        return [self.entries[number] for number in sorted(self.entries) if number > after][:most]


@dataclass(frozen=True)
class Answer:
    """A reply as API Gateway gets it."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass
class FakeApi:
    """The API on fakes, called as API Gateway calls it."""

    requests: FakeRequests = field(default_factory=FakeRequests)
    producer: FakeOutbox = field(default_factory=FakeOutbox)
    opt_outs: FakeOptOuts = field(default_factory=FakeOptOuts)
    defaults: Defaults = field(default_factory=Defaults)

    def call(self, method: str, path: str, **event: Any) -> Answer:  # noqa: ANN401 (members of the event)
        """Call any address."""
        whole = {
            "httpMethod": method,
            "pathParameters": {"proxy": path.removeprefix("/")},
            "requestContext": {"path": f"/v1{path}"},
            "headers": {"Content-Type": "application/json"},
            **event,
        }
        ports = Ports(self.requests, self.producer, self.opt_outs, self.defaults, lambda: NOW)
        reply = serve(whole, ports)
        assert reply["headers"]["Content-Type"] in {"application/json", "application/problem+json"}
        return Answer(reply["statusCode"], reply["headers"], json.loads(reply["body"]))

    def post(self, body: object, key: str | None = None, path: str = "/messages") -> Answer:
        """Send a body, written as JSON unless it is a text."""
        headers = {"content-type": "application/json"} | ({"Idempotency-Key": key} if key is not None else {})
        return self.call("POST", path, headers=headers, body=body if isinstance(body, str) else json.dumps(body))

    def get(self, path: str, **query: str) -> Answer:
        """Ask."""
        return self.call("GET", path, queryStringParameters=query or None)

    def messages(self) -> list[dict[str, Any]]:
        """Give what is on the queue."""
        return [json.loads(body) for body in self.producer.bodies]


def submission(request_id: str, recipient: str, content_hash: str, **other: Any) -> Submission:  # noqa: ANN401 (its members)
    """Make an outcome."""
    values: dict[str, Any] = {"status": Status.SUBMITTED, "owner": "o", "created_at": NOW, "updated_at": NOW} | other
    return Submission(request_id=request_id, recipient=recipient, content_hash=content_hash, **values)
