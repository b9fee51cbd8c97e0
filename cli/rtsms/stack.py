"""A deployed stack, found by its name: its outputs, its parameters, and clients for its table and queues."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from realtime_sms.aws.forgotten import MARKER, PREFIX, Forgotten, Hashes
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.queues import Producer
from realtime_sms.aws.requests import Requests
from realtime_sms.aws.schedules import Schedules
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import Key, Table
from realtime_sms.requests.prepare import Defaults, PreparedRequest
from realtime_sms.vocabulary import MessageType
from rtsms.errors import CommandError, Exit

DEFAULT_STACK = "realtime-sms"
_REGION = re.compile(r"[a-z]{2}(-[a-z]{2,12}){1,2}-\d")


class StackValues(dict[str, str]):
    """Outputs or parameters of a stack by name; a missing name raises a `CommandError`."""

    def __init__(self, stack: str, kind: str, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self._stack, self._kind = stack, kind

    def __missing__(self, name: str) -> str:
        raise CommandError(
            Exit.NOT_FOUND,
            f"stack {self._stack}",
            f"it has no {self._kind} {name}: it is not a RealTime SMS sender, or an older version",
            to_do="pass another --stack, or deploy this version",
        )


class QueueDepth(NamedTuple):
    """The approximate number of messages in a queue; delayed messages count as in flight."""

    visible: int
    in_flight: int

    @classmethod
    def from_attributes(cls, attributes: Mapping[Any, str]) -> Self:
        """Read the attributes of a queue."""
        delayed = int(attributes.get("ApproximateNumberOfMessagesDelayed", 0))
        hidden = int(attributes["ApproximateNumberOfMessagesNotVisible"])
        return cls(int(attributes["ApproximateNumberOfMessages"]), hidden + delayed)

    @property
    def total(self) -> int:
        """Return the number of all messages."""
        return self.visible + self.in_flight

    def __str__(self) -> str:
        return f"{self.visible} available, {self.in_flight} in flight or delayed"


@dataclass(frozen=True, slots=True)
class Stack:
    """One deployment as CloudFormation describes it; `status` is CloudFormation's status of the stack."""

    name: str
    session: boto3.Session
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    status: str = ""

    @classmethod
    def find(cls, name: str, session: boto3.Session | None = None) -> Self:
        """Find the stack; raise a `CommandError` if there is none of this name."""
        session = session or boto3.Session()
        try:
            described = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise CommandError(
                Exit.NOT_FOUND,
                f"stack {name}" if name == DEFAULT_STACK else "--stack",
                f"there is no stack of this name in {_quoted_region(session.region_name)}",
                to_do="pass --stack, or the --region and --profile of the account that has it",
            ) from None
        outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}
        parameters = {one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", [])}
        return cls(
            name,
            session,
            StackValues(name, "output", outputs),
            StackValues(name, "parameter", parameters),
            described["StackStatus"],
        )

    @property
    def defaults(self) -> Defaults:
        """Return the deployment's settings for requests."""
        plain = split_prefixes(self.parameters["PlainTextPrefixes"])
        allowed = split_prefixes(self.parameters.get("AllowedPrefixes", "+"))  # older versions send everywhere
        return Defaults(self.parameters["DefaultRegion"], self.parameters["DefaultSender"], plain, allowed)

    @property
    def ttl_days(self) -> int:
        """Return the number of days that an outcome is kept."""
        return int(self.parameters["OutcomeTtlDays"])

    @property
    def table(self) -> str:
        """Return the name of the outcomes table."""
        return self.outputs["OutcomesTableName"]

    def store(self, parallel_calls: int = 1) -> Table:
        """Return the outcomes table."""
        client = self.session.client("dynamodb", config=Config(max_pool_connections=parallel_calls))
        return Table(client, self.table, ttl_days=self.ttl_days)

    def submissions(self, parallel_calls: int = 1) -> Submissions:
        """Return the store of submissions, for so many threads."""
        return Submissions(self.store(parallel_calls))

    def forgotten(self, parallel_calls: int = 1) -> Callable[[Collection[Key]], set[Key]] | None:
        """Return what finds submissions of which only a hash is left; None if no number was ever forgotten."""
        table = self.store(parallel_calls)
        return Forgotten(table, self.hashes()).finished if table.get_many([MARKER]) else None

    def hashes(self) -> Hashes:
        """Return the hashes of forgotten numbers."""
        return Hashes(self.session.client("secretsmanager"), self.outputs["ForgetKeySecretArn"])

    def is_same_content(self, prepared: PreparedRequest, stored: str) -> bool:
        """Return True if a stored content hash is that of the same request, also if a number of it was forgotten."""
        hides = self.hashes().hides if stored.startswith(PREFIX) else None
        return prepared.is_same_content(stored, hides)

    def opt_outs(self, parallel_calls: int = 1) -> OptOuts:
        """Return the opt-out list, for so many threads."""
        hashes = self.hashes() if "ForgetKeySecretArn" in self.outputs else None  # older versions have none
        return OptOuts(self.store(parallel_calls), hashes)

    def schedules(self, parallel_calls: int = 1) -> Schedules:
        """Return the schedules of messages that are sent later, for so many threads."""
        config = Config(max_pool_connections=parallel_calls, retries={"mode": "standard", "total_max_attempts": 5})
        return Schedules(self.session.client("scheduler", config=config), self.outputs["ScheduleGroupName"])

    def requests(self) -> Requests:
        """Return the store of requests."""
        return Requests(self.store())

    def producer(self) -> Producer:
        """Return the producer of both queues."""
        return Producer(self.session.client("sqs"), self.queue_urls)

    @property
    def queue_urls(self) -> Mapping[MessageType, str]:
        """Return the URL of each message type's queue."""
        return {
            MessageType.TRANSACTIONAL: self.outputs["SendQueueUrl"],
            MessageType.PROMOTIONAL: self.outputs["PromotionalQueueUrl"],
        }

    def queue_attributes(self, output: str) -> Mapping[Any, str]:
        """Return the attributes of the queue whose URL this output has."""
        url = self.outputs[output]
        return self.session.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    def queue_depth(self, output: str) -> QueueDepth:
        """Count the messages of the queue whose URL this output has."""
        return QueueDepth.from_attributes(self.queue_attributes(output))


def _quoted_region(name: str) -> str:
    """Quote a name only if it can be a region's."""
    return name if _REGION.fullmatch(name) else "this region"


def split_prefixes(listed: str) -> tuple[str, ...]:
    """Split a list of number prefixes at its commas."""
    return tuple(filter(None, (prefix.strip() for prefix in listed.split(","))))
