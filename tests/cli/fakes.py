"""A deployed stack in memory, and a function that runs the command against it."""

import importlib
import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from click.testing import CliRunner

from local import ROOT
from realtime_sms.aws.schedules import Schedules
from realtime_sms.aws.table import Key
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Status
from rtsms.main import main
from rtsms.stack import Stack, StackValues
from tests.fakes.aws.models import Checked
from tests.fakes.aws.scheduler import GROUP, FakeScheduler
from tests.fakes.stores import FakeProducer, FakeRequests, FakeSubmissions
from tests.fakes.submissions import NOW

if TYPE_CHECKING:
    import boto3

PARAMETERS = {
    "DefaultRegion": "CL",
    "DefaultSender": "96000",
    "PlainTextPrefixes": "+56",
    "AllowedPrefixes": "+56,+49",
    "OutcomeTtlDays": "45",
}
IMPORTS = os.pathsep.join(str(ROOT / part) for part in ("functions", "layers/realtime-sms", "cli"))
OUTPUTS = {"SendQueueUrl": "http://queue", "PromotionalQueueUrl": "http://promotional", "OutcomesTableName": "outcomes"}
TOKEN, SECRET = "a-token-of-realtime", "a-client-secret"
SETTINGS = {
    "RedrivePolicy": json.dumps({"deadLetterTargetArn": "arn:aws:sqs:x:1:dead", "maxReceiveCount": 1000}),
    "VisibilityTimeout": "360",
}


@dataclass(frozen=True)
class FakeStack(Stack):
    """A stack whose requests and queue are in memory; `clients` are by service name."""

    held: FakeRequests = field(default_factory=FakeRequests)
    queue: FakeProducer = field(default_factory=FakeProducer)
    hidden: set[str] = field(default_factory=set)  # numbers that were forgotten
    scheduler: FakeScheduler = field(default_factory=FakeScheduler)

    def requests(self) -> Any:  # noqa: ANN401 (a fake of it)
        """Return the requests in memory."""
        return self.held

    def submissions(self, parallel_calls: int = 1) -> Any:  # noqa: ANN401, ARG002 (a fake of it)
        """Return the submissions that the requests show."""
        return FakeSubmissions(self.held.outcomes)

    def forgotten(self, parallel_calls: int = 1) -> Callable[[Collection[Key]], set[Key]] | None:  # noqa: ARG002 (as the stack's own)
        """Return what finds the numbers that were forgotten, if there are any."""
        return (lambda keys: {key for key in keys if key[1] in self.hidden}) if self.hidden else None

    def schedules(self, parallel_calls: int = 1) -> Schedules:  # noqa: ARG002 (as the stack's own)
        """Return the schedules in memory."""
        return Schedules(self.scheduler.client, GROUP)

    def producer(self) -> Any:  # noqa: ANN401 (a fake of it)
        """Return the queue in memory."""
        return self.queue

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Return the messages on the queue."""
        return [json.loads(body) for body in self.queue.bodies]


class FakeClient:
    """A client whose every method gives the reply named for it, or raises it."""

    def __init__(self, **replies: object) -> None:
        self._replies = replies

    def __getattr__(self, method: str) -> Callable[..., Any]:
        """Return the method."""
        reply = self._replies[method]

        def called(*_names: object, **_arguments: object) -> object:
            if isinstance(reply, Exception):
                raise reply
            return reply

        return called


@dataclass
class FakeSession:
    """Clients by the names of their services."""

    clients: Mapping[str, object] = field(default_factory=dict)
    region_name: str = "sa-east-1"

    def client(self, service: str, **_options: object) -> object:
        """Return the client of a service."""
        return Checked(service, self.clients[service])


def fake_stack(clients: Mapping[str, object] | None = None, **parameters: str) -> FakeStack:
    """Make a stack with these parameters besides the template's own."""
    session = cast("boto3.Session", FakeSession(clients or {}))
    return FakeStack(
        "sms",
        session,
        StackValues("sms", "output", OUTPUTS),
        StackValues("sms", "parameter", PARAMETERS | parameters),
        "CREATE_COMPLETE",
    )


def doctor_stack(
    clients: Mapping[str, object] | None = None, status: str = "UPDATE_COMPLETE", url: str = "http://127.0.0.1:9"
) -> FakeStack:
    """Make a stack with all outputs and parameters that `rtsms doctor` reads."""
    outputs = {
        "SendQueueUrl": "http://aws/1/send",
        "SendQueueArn": "arn:queue",
        "PromotionalQueueUrl": "http://aws/1/promotional",
        "PromotionalQueueArn": "arn:promotional",
        "DeadLetterQueueUrl": "http://aws/1/dead",
        "OutcomesTableName": "outcomes",
        "TokenSecretArn": "arn:token",
        "CredentialsSecretArn": "arn:credentials",
        "SendFunctionName": "send",
    }
    return replace(
        fake_stack(clients, RealTimeBaseUrl=url, CallTimeoutSeconds="5"),
        outputs=StackValues("sms", "output", outputs),
        status=status,
    )


def healthy_clients(dead: int = 0) -> dict[str, object]:
    """Make clients of a deployment in which all is well but for so many dead letters."""
    counts = {"ApproximateNumberOfMessages": str(dead), "ApproximateNumberOfMessagesNotVisible": "0"}
    stored = {"access_token": TOKEN, "client_id": "me", "client_secret": SECRET}
    alarms = [{"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": "a"}]
    return {
        "secretsmanager": FakeClient(get_secret_value={"SecretString": json.dumps(stored)}),
        "dynamodb": FakeClient(
            describe_table={"Table": {"TableStatus": "ACTIVE"}}, batch_get_item={"Responses": {"outcomes": []}}
        ),
        "lambda": FakeClient(
            list_event_source_mappings={"EventSourceMappings": [{"State": "Enabled", "FunctionArn": "arn:send"}]},
            list_versions_by_function={"Versions": [{"Version": "$LATEST", "FunctionArn": "arn:send:$LATEST"}]},
            get_function_configuration={"Timeout": 60},
        ),
        "sqs": FakeClient(get_queue_attributes={"Attributes": SETTINGS | counts}),
        "cloudformation": FakeClient(describe_stack_resources={"StackResources": alarms}),
        "cloudwatch": FakeClient(
            describe_alarms={"MetricAlarms": [{"AlarmName": "a", "StateValue": "OK"}]},
            get_metric_statistics={"Datapoints": [{"Timestamp": datetime.now(UTC), "Maximum": 3.0}]},
        ),
    }


@dataclass(frozen=True)
class Ran:
    """What a run of the command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Read the answers as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def answer(self) -> dict[str, Any]:
        """Read the one answer."""
        (answer,) = self.lines
        return answer

    @property
    def error(self) -> dict[str, Any]:
        """Read the error as JSON."""
        found: dict[str, Any] = json.loads(self.err)["error"]
        return found


def run(*arguments: str, stack: Stack | Callable[..., Stack] | None = None, stdin: str | bytes = "") -> Ran:
    """Run the command, against this stack or what finds one."""
    find = stack if callable(stack) or stack is None else lambda _name, **_options: stack
    result = CliRunner(mix_stderr=False).invoke(main, arguments, obj=find, input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def import_openpyxl() -> Any:  # noqa: ANN401 (it has no types)
    """Import the library that reads and writes workbooks; an environment of before it was pinned skips the test."""
    if os.environ.get("CI"):
        return importlib.import_module("openpyxl")
    return pytest.importorskip("openpyxl", reason="pinned, but not in this environment: make setup")


def submission(request_id: str, recipient: str, **other: Any) -> Submission:  # noqa: ANN401 (its members)
    """Make an outcome."""
    values: dict[str, Any] = {
        "status": Status.SUBMITTED,
        "owner": "o",
        "content_hash": "h",
        "attempt": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Submission(request_id=request_id, recipient=recipient, **(values | other))
