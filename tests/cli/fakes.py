"""A deployed stack in memory, and the command run against it as a person runs it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from click.testing import CliRunner

from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Status
from rtsms.main import cli
from rtsms.stack import Named, Stack
from tests.api.fakes import NOW, FakeOutbox, FakeRequests

if TYPE_CHECKING:
    import boto3

PARAMETERS = {
    "DefaultRegion": "CL",
    "DefaultSender": "96000",
    "PlainTextPrefixes": "+56",
    "OutcomeTtlDays": "45",
}
OUTPUTS = {"SendQueueUrl": "http://queue", "OutcomesTableName": "outcomes"}


@dataclass(frozen=True)
class FakeStack(Stack):
    """A stack whose register and queue are in memory; `clients` are by service name."""

    requests: FakeRequests = field(default_factory=FakeRequests)
    queue: FakeOutbox = field(default_factory=FakeOutbox)

    def register(self) -> Any:  # noqa: ANN401 (a fake of it)
        """Give the register."""
        return self.requests

    def producer(self) -> Any:  # noqa: ANN401 (a fake of it)
        """Give the queue."""
        return self.queue

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Give what is on the queue."""
        return [json.loads(body) for body in self.queue.bodies]


class FakeClient:
    """A client whose every method gives the reply named for it, or raises it."""

    def __init__(self, **replies: object) -> None:
        self._replies = replies

    def __getattr__(self, method: str) -> Callable[..., Any]:
        """Give the method."""
        reply = self._replies[method]

        def called(**_arguments: object) -> object:
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
        """Give one."""
        return self.clients[service]


def fake_stack(clients: Mapping[str, object] | None = None, **parameters: str) -> FakeStack:
    """Make a stack with these parameters besides the template's own."""
    session = cast("boto3.Session", FakeSession(clients or {}))
    return FakeStack(
        "sms",
        session,
        Named("sms", "output", OUTPUTS),
        Named("sms", "parameter", PARAMETERS | parameters),
        "CREATE_COMPLETE",
    )


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
    result = CliRunner(mix_stderr=False).invoke(cli, arguments, obj=find, input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


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
