"""The API on fakes of its stores."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.handler import serve
from api.ports import Ports
from realtime_sms.aws.schedules import SchedulerUnavailableError
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import Status
from tests.fakes.lambda_context import Context
from tests.fakes.stores import FakeOptOuts, FakeProducer, FakeRequests, FakeSubmissions
from tests.fakes.submissions import NOW

HELLO: dict[str, Any] = {"recipients": ["+56900000000"], "sender": "96000", "message": {"charset": 0, "text": "hello"}}


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
    producer: FakeProducer = field(default_factory=FakeProducer)
    opt_outs: FakeOptOuts = field(default_factory=FakeOptOuts)
    deleted: list[str] = field(default_factory=list)  # schedules
    scheduler_fails: bool = False
    defaults: Defaults = field(default_factory=lambda: Defaults(allowed_prefixes=("+56", "+49")))

    def __post_init__(self) -> None:
        """Use the same outcomes for the submissions and the requests."""
        self.submissions = FakeSubmissions(self.requests.outcomes)

    def call(self, method: str, path: str, **event: Any) -> Answer:  # noqa: ANN401 (members of the event)
        """Call any address."""
        whole = {
            "httpMethod": method,
            "pathParameters": {"proxy": path.removeprefix("/")},
            "requestContext": {"path": f"/v1{path}"},
            "headers": {"Content-Type": "application/json"},
            **event,
        }
        reply = serve(whole, Context(), self.ports())
        headers = {name: one for name, (one,) in reply["multiValueHeaders"].items()}
        assert headers["Content-Type"] in {"application/json", "application/problem+json"}
        assert (headers["Cache-Control"], reply["isBase64Encoded"]) == ("no-store", False)
        return Answer(reply["statusCode"], headers, json.loads(reply["body"]))

    def delete_schedule(self, request_id: str) -> None:
        """Delete a request's schedule, or fail."""
        if self.scheduler_fails:
            raise SchedulerUnavailableError("ThrottlingException")
        self.deleted.append(request_id)

    def ports(self) -> Ports:
        """Return what the operations work on."""
        return Ports(
            self.requests,
            self.submissions,
            self.producer,
            self.opt_outs,
            self.delete_schedule,
            self.defaults,
            lambda stored, content_hash: stored == f"forgotten:{content_hash}",
            lambda: NOW,
        )

    def post(self, body: object, key: str | None = None, path: str = "/messages") -> Answer:
        """Send a body, written as JSON unless it is a text."""
        headers = {"content-type": "application/json"} | ({"Idempotency-Key": key} if key is not None else {})
        return self.call("POST", path, headers=headers, body=body if isinstance(body, str) else json.dumps(body))

    def get(self, path: str, **query: str) -> Answer:
        """Ask."""
        return self.call("GET", path, queryStringParameters=query or None)

    def messages(self) -> list[dict[str, Any]]:
        """Return what is on the queue."""
        return [json.loads(body) for body in self.producer.bodies]


def submission(request_id: str, recipient: str, content_hash: str, **other: Any) -> Submission:  # noqa: ANN401 (its members)
    """Make an outcome."""
    values: dict[str, Any] = {"status": Status.SUBMITTED, "owner": "o", "created_at": NOW, "updated_at": NOW} | other
    return Submission(request_id=request_id, recipient=recipient, content_hash=content_hash, **values)
