"""The deployed stack as tests use it: publish, look at the table, the handsets, the dead letters, and run functions."""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import batched
from typing import Any

from boto3.dynamodb.conditions import Key

from local.embedded_aws import Stack
from realtime_sms.aws.breakers import Breaker, Breakers
from realtime_sms.aws.table import BREAKERS, Table
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Reason, Status
from rtsms.stack import Stack as OperatedStack
from tests.fakes.submissions import item_of

FINAL = frozenset({"submitted", "failed", "unknown", "expired", "cancelled"})
COPIES = (2, 20)  # how often the requests of `copied` are published
_PATIENCE = 150  # seconds: what waits for a breaker is tried again within two minutes
_POLL_SECONDS = 0.1
_GLANCE_SECONDS = 2


def until[T](measure_current: Callable[[], T | None], *, within: float, awaited: str) -> T:
    """Poll until there is something: a table has no event to wait for.

    Raises:
        AssertionError: there was nothing `within` so many seconds; it says what was awaited.

    """
    deadline = time.monotonic() + within
    while (found := measure_current()) is None:
        if time.monotonic() > deadline:
            raise AssertionError(f"{awaited}: not within {within} s")
        time.sleep(_POLL_SECONDS)
    return found


def request_body(request_id: str | None, *recipients: str, text: str = "hello", **more: object) -> str:
    """Write a send request as another system would."""
    named = {"requestId": request_id} if request_id else {}
    message = {"text": text}
    return json.dumps({**named, "recipients": list(recipients), "sender": "96000", "message": message, **more})


def copied_to(copies: int) -> list[str]:
    """Return the recipients of the request that is published so many times."""
    return [f"+569230{copies:02}{number:03}" for number in range(3)]


def left_behind(request_id: str, recipient: str, status: Status) -> Submission:
    """Make a submission that nobody works on any more; the caller adds its times."""
    now = time.time()
    return Submission(
        request_id=request_id,
        recipient=recipient,
        content_hash="none",
        status=status,
        attempt=1,
        owner="gone",
        created_at=now - 600,
        updated_at=now - 600,
    )


@dataclass(frozen=True)
class DeadLetter:
    """One dead letter as the queue shows it."""

    body: str
    attributes: Mapping[str, str]


class Deployment:
    """One deployed stack, and everything a test asks of it or does to it as the account's root user."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.session = stack.aws.session()
        self.outputs = stack.outputs
        self.sqs = self.session.client("sqs")
        self.dynamodb = self.session.client("dynamodb")
        self.secrets = self.session.client("secretsmanager")
        self.functions = self.session.client("lambda")

    def found(self, _name: str, **_options: object) -> OperatedStack:
        """Find the stack as the command `rtsms` does."""
        return OperatedStack.find(self.stack.name, self.session)

    @cached_property
    def table(self) -> Any:  # noqa: ANN401 (boto3's resources are made at run time)
        """The outcomes table."""
        return self.session.resource("dynamodb").Table(self.outputs["OutcomesTableName"])

    def new_id(self, name: str) -> str:
        """Return a request id that no other test has."""
        return f"{name}-{uuid.uuid4()}"

    def publish(self, *bodies: str) -> list[str]:
        """Put messages on the send queue, ten a call; return their ids."""
        return self._put(self.outputs["SendQueueUrl"], bodies)

    def publish_promotional(self, *bodies: str) -> list[str]:
        """Put messages on the promotional queue; return their ids."""
        return self._put(self.outputs["PromotionalQueueUrl"], bodies)

    def put_dead(self, *bodies: str) -> list[str]:
        """Put messages straight into the dead-letter queue, as SQS does after too many deliveries."""
        return self._put(self.outputs["DeadLetterQueueUrl"], bodies)

    def _put(self, url: str, bodies: Iterable[str]) -> list[str]:
        ids = []
        for some in batched(bodies, 10, strict=False):
            entries: Any = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(some)]
            reply = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
            assert not reply.get("Failed")
            ids += [one["MessageId"] for one in sorted(reply["Successful"], key=lambda one: int(one["Id"]))]
        return ids

    def queue_for(self, name: str, service: str, source: str) -> tuple[str, str]:
        """Create a queue to which an AWS service may send for the resource `source`; return its address and ARN."""
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url, arn

    def items(self, request_id: str) -> dict[str, dict[str, Any]]:
        """Return everything the table holds under a request id, by sort key."""
        found = self.table.query(KeyConditionExpression=Key("requestId").eq(request_id), ConsistentRead=True)["Items"]
        return {item["recipient"]: item for item in found}

    def outcomes(self, request_id: str, recipients: int = 1, *, within: float = _PATIENCE) -> dict[str, dict[str, Any]]:
        """Wait until so many recipients of a request have a final outcome."""

        def measure_current() -> dict[str, dict[str, Any]] | None:
            found = {key: item for key, item in self.items(request_id).items() if not key.startswith("#")}
            final = [item for item in found.values() if item["status"] in FINAL]
            return found if len(final) == recipients else None

        return until(measure_current, within=within, awaited=f"{recipients} final outcomes of {request_id}")

    def outcome(self, request_id: str, *, within: float = _PATIENCE) -> dict[str, Any]:
        """Wait until the one recipient of a request has a final outcome."""
        (found,) = self.outcomes(request_id, within=within).values()
        return found

    def note(self, request_id: str, *, within: float = _PATIENCE) -> dict[str, Any]:
        """Wait for the note that a message was rejected."""
        awaited = f"a rejection of {request_id}"
        return until(lambda: self.items(request_id).get("#rejected"), within=within, awaited=awaited)

    def status(self, request_id: str, recipient: str) -> str | None:
        """Return the status of a recipient."""
        return self.items(request_id).get(recipient, {}).get("status")

    def texts(self, recipient: str) -> list[str]:
        """Return the texts that a phone shows."""
        found = self.simulator("GET", f"inbox?recipient={recipient.replace('+', '%2B')}")
        return [message["text"] for message in found["messages"]]

    def posts(self, recipient: str) -> int:
        """Return how many calls of *Send SMS* named a recipient, with the refused ones."""
        return int(self.simulator("GET", "counters")["postsByRecipient"].get(recipient, 0))

    def simulator(self, method: str, operation: str, body: object = None) -> Any:  # noqa: ANN401 (JSON)
        """Use the simulator's control API."""
        return self.stack.control(method, operation, body)

    def revoke_tokens(self) -> None:
        """Let RealTime refuse every token, and let the secret's be old enough to be renewed."""
        self.simulator("POST", "revoke-tokens")
        held = self.outputs["TokenSecretArn"]
        token = json.loads(self.secrets.get_secret_value(SecretId=held)["SecretString"])
        aged = {"access_token": token["access_token"], "issued_at": time.time() - 900, "expires_at": time.time() + 2700}
        self.secrets.put_secret_value(SecretId=held, SecretString=json.dumps(aged))

    def settle(self, *bodies: str, within: float = _PATIENCE) -> None:
        """Wait until the send queue is empty, or holds none of these messages: each has had its end."""

        def measure_current() -> bool | None:
            return None if self.stack.count_queued(bodies) else True

        until(measure_current, within=within, awaited="an empty send queue")

    def plant(self, submission: Submission) -> None:
        """Put a submission into the table as if a function had left it there."""
        table = self.outputs["OutcomesTableName"]
        self.dynamodb.put_item(TableName=table, Item=item_of(submission))

    def letter(self, wanted: str, *, within: float = _PATIENCE) -> DeadLetter:
        """Wait until a dead letter whose body holds `wanted` says why it is there, leaving it where it is.

        The maintenance function hides what it looked at for up to 45 seconds, hence the patience.
        """
        return until(lambda: self._letter(wanted), within=within, awaited="a dead letter with its reason")

    def _letter(self, wanted: str) -> DeadLetter | None:
        while messages := self._glance():
            for message in messages:
                attributes = {name: one["StringValue"] for name, one in message.get("MessageAttributes", {}).items()}
                if wanted in message["Body"] and "reason" in attributes:
                    return DeadLetter(message["Body"], attributes)
        return None

    def _glance(self) -> Sequence[Any]:
        """Look at ten dead letters, which are hidden for as long as a look at the others takes."""
        reply = self.sqs.receive_message(
            QueueUrl=self.outputs["DeadLetterQueueUrl"],
            MaxNumberOfMessages=10,
            VisibilityTimeout=_GLANCE_SECONDS,
            MessageAttributeNames=["All"],
        )
        return reply.get("Messages", [])

    def stop_schedules(self) -> None:
        """Let no function run by itself from now on."""
        events = self.session.client("events")
        for rule in self.resources("AWS::Events::Rule"):
            if "ScheduleExpression" in events.describe_rule(Name=rule):
                events.disable_rule(Name=rule)

    def resources(self, kind: str) -> list[str]:
        """Return the names of the stack's resources of a type."""
        pages = self.session.client("cloudformation").get_paginator("list_stack_resources")
        found = pages.paginate(StackName=self.stack.name).search("StackResourceSummaries[]")
        return [one["PhysicalResourceId"] for one in found if one["ResourceType"] == kind]

    def restart_sender(self) -> None:
        """Let the next message meet a new environment, which knows nothing of what was before.

        The embedded AWS ends environments in the middle of their work, and SQS shows a message that was cut off no
        sooner than after its visibility timeout: so wait until none is being worked on.
        """
        until(lambda: not self.stack.is_sending() or None, within=90, awaited="a sender without work")
        name = self.outputs["SendFunctionName"]
        new: Any = {
            "Description": f"restarted at {time.time()}",
            "Timeout": 60,
        }  # AWS needs a change, MiniStack a timeout
        self.functions.update_function_configuration(FunctionName=name, **new)
        self.functions.get_waiter("function_updated_v2").wait(FunctionName=name)

    def open_breaker(self, breaker: Breaker) -> None:
        """Open one, as a sender does whose token is refused."""
        Breakers(Table(self.session.client("dynamodb"), self.outputs["OutcomesTableName"])).trip(
            breaker, Reason.UNAUTHORIZED
        )

    def forget_breakers(self) -> None:
        """Close all breakers, with no memory of their having been open, and the lanes that they closed open again.

        Environments learn it within seconds.
        """
        for breaker in Breaker:
            self.table.delete_item(Key={"requestId": BREAKERS, "recipient": breaker})
        if "Disabled" in self.gates():
            self.invoke("MaintenanceFunctionName")

    def gates(self) -> list[str]:
        """Return the state of the event source mapping of each lane, the transactional one first."""
        queues = [self.outputs[f"{name}QueueArn"] for name in ("Send", "Promotional")]
        found = [self.functions.list_event_source_mappings(EventSourceArn=queue) for queue in queues]
        return [mapping["State"] for one in found for mapping in one["EventSourceMappings"]]

    @contextmanager
    def variables(self, function: str, **given: str) -> Iterator[None]:
        """Change variables of a function by the name of its output, in new environments; restore them at the end."""
        name = self.outputs[function]
        before = self.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        self.functions.update_function_configuration(FunctionName=name, Environment={"Variables": before | given})
        try:
            yield
        finally:
            self.functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})

    def invoke(self, function: str, payload: object = None) -> dict[str, Any]:
        """Run a function by the name of its output, under its own role, and give what it returns."""
        content = json.dumps({} if payload is None else payload)
        reply = self.functions.invoke(FunctionName=self.outputs[function], Payload=content)
        returned: dict[str, Any] = json.loads(reply["Payload"].read())
        assert "FunctionError" not in reply, returned
        return returned
