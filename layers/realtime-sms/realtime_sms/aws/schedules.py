"""Keep messages in EventBridge Scheduler until they are due.

Each request has one schedule, whose name is a hash of the request id. It puts the message back on its queue once, and
is then deleted.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.clients import error_code

LARGEST: Final = 256 * 1024  # octets of a message (EventBridge Scheduler User Guide, *Encryption at rest*: payload)
_AT: Final = "at(%Y-%m-%dT%H:%M:%S)"  # the form of a one-time schedule
# How long Scheduler tries to put the message on its queue; after that it puts it on the dead-letter queue.
_RETRIES: Final = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


class SchedulerUnavailableError(RuntimeError):
    """Scheduler did not confirm the call, so the schedule may or may not exist. The text is AWS's error code."""


class ScheduleRefusedError(ValueError):
    """Scheduler will never accept this schedule. The text says why, and does not quote the message."""


class SchedulerClient(Protocol):
    """The part of boto3's client that is used here."""

    def create_schedule(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 (as boto3 takes it)
        """Create a schedule."""

    def get_schedule(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401
        """Return a schedule."""

    def delete_schedule(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401
        """Delete a schedule."""


@dataclass(frozen=True, slots=True)
class Route:
    """The ARNs by which messages come back: the role that puts them on their queue, and their dead-letter queue."""

    role_arn: str
    dead_letter_queue_arn: str
    key_arn: str = ""  # of the KMS key that encrypts schedules; empty: Scheduler's own


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of a request: when it puts the message back (epoch seconds), and the hash of the content."""

    at: float
    content_hash: str


class Schedules:
    """The schedules of one group; safe to use from many threads."""

    def __init__(self, client: SchedulerClient, group: str) -> None:
        self._client = client
        self._group = group

    def create(self, request_id: str, wanted: Schedule, body: str, queue_arn: str, route: Route) -> Schedule:
        """Create the schedule of a request unless it has one; return the schedule that it has.

        Scheduler invokes a target within the minute that begins at the given second, never before.

        Raises:
            ScheduleRefusedError: it can never be scheduled.
            SchedulerUnavailableError: it may or may not be scheduled; it may be tried again.

        """
        body = body.replace("<aws.scheduler.", "\\u003caws.scheduler.")  # Scheduler would replace these words by values
        if len(body.encode()) > LARGEST:
            raise ScheduleRefusedError(f"the request is larger than {LARGEST} octets, too large to be scheduled")
        made = Schedule(math.ceil(wanted.at), wanted.content_hash)
        target = {
            "Arn": queue_arn,
            "RoleArn": route.role_arn,
            "Input": body,
            "DeadLetterConfig": {"Arn": route.dead_letter_queue_arn},
            "RetryPolicy": _RETRIES,
        }
        try:
            self._client.create_schedule(
                GroupName=self._group,
                Name=name_of(request_id),
                Description=made.content_hash,
                ScheduleExpression=write_at(made.at),
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target=target,
                **({"KmsKeyArn": route.key_arn} if route.key_arn else {}),
            )
        except (ClientError, BotoCoreError) as error:
            if error_code(error) == "ConflictException":
                return self._find(request_id)
            raise _failure(error) from None
        return made

    def delete(self, request_id: str) -> None:
        """Delete a request's schedule, if it has one.

        Raises:
            SchedulerUnavailableError: it may still be there.

        """
        try:
            self._client.delete_schedule(GroupName=self._group, Name=name_of(request_id))
        except (ClientError, BotoCoreError) as error:
            if error_code(error) != "ResourceNotFoundException":
                raise SchedulerUnavailableError(error_code(error)) from None

    def _find(self, request_id: str) -> Schedule:
        try:
            found = self._client.get_schedule(GroupName=self._group, Name=name_of(request_id))
        except (ClientError, BotoCoreError) as error:  # also where it was deleted just now
            raise SchedulerUnavailableError(error_code(error)) from None
        return Schedule(read_at(found["ScheduleExpression"]), found["Description"])


def name_of(request_id: str) -> str:
    """Return the name of a request's schedule: 64 characters, which is all that Scheduler allows."""
    return hashlib.sha256(request_id.encode()).hexdigest()


def write_at(epoch: float) -> str:
    """Write whole epoch seconds as the time of a one-time schedule, in UTC."""
    return datetime.fromtimestamp(epoch, UTC).strftime(_AT)


def read_at(written: str) -> float:
    """Return the epoch seconds of a one-time schedule in UTC."""
    return datetime.strptime(written, _AT).replace(tzinfo=UTC).timestamp()


def _failure(error: ClientError | BotoCoreError) -> Exception:
    """Return what a failed creation means. Scheduler's own words are not passed on: they may quote the message.

    That it cannot assume the role is a fault of the deployment, although Scheduler calls it a fault of the request.
    """
    if error_code(error) == "ValidationException" and "execution role" not in str(error):
        return ScheduleRefusedError("EventBridge Scheduler does not take this request (ValidationException)")
    return SchedulerUnavailableError(error_code(error))
