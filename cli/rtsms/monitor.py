"""One look at a deployment while it sends: the queues, the breakers, what is not over, what ended, and one request."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from realtime_sms.aws.breakers import Breakers, OpenBreaker
from realtime_sms.aws.item import SHARD_NAMES, iso
from realtime_sms.aws.metrics import NAMESPACE, of_status
from realtime_sms.aws.submissions import OPEN_INDEX
from realtime_sms.vocabulary import FINAL, Status
from rtsms.backlog import Backlog, backlog
from rtsms.stack import Stack
from rtsms.status import Requests, outcomes

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricTypeDef

LATELY = timedelta(minutes=15)
_PERIOD = 60  # seconds


@dataclass(frozen=True)
class Look:
    """What was seen at one moment; `unfinished` counts submissions without an end, `ended` those of late by status."""

    at: float
    queue: Backlog
    dead_letters: int
    breakers: list[OpenBreaker]
    unfinished: int
    ended: Mapping[str, int]
    states: Mapping[str, int] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, object]:
        """Give it for machines."""
        told: dict[str, object] = {
            "at": iso(self.at),
            "queue": {"visible": self.queue.visible, "inFlight": self.queue.in_flight},
            "deadLetters": self.dead_letters,
            "breakers": [
                {"breaker": one.breaker.value, "reason": one.reason.value, "since": iso(one.since)}
                for one in self.breakers
            ],
            "unfinished": self.unfinished,
            "ended": dict(self.ended),
        }
        return told | ({"states": dict(self.states)} if self.states else {})


def measure_current(stack: Stack, request_id: str | None, now: float) -> Look:
    """Look once.

    Raises:
        ClientError, BotoCoreError, StoreUnavailableError: something did not answer.

    """
    dead = backlog(stack, "DeadLetterQueueUrl")
    return Look(
        at=now,
        queue=backlog(stack, "SendQueueUrl"),
        dead_letters=dead.visible + dead.in_flight,
        breakers=Breakers(stack.session.client("dynamodb"), stack.table).read(),
        unfinished=_unfinished(stack),
        ended=_ended(stack, now),
        states=_states(stack.register(), request_id) if request_id else {},
    )


def _unfinished(stack: Stack) -> int:
    """Count by the sparse index of what is not over, never by a scan."""
    query = stack.session.client("dynamodb").get_paginator("query")
    return sum(
        page["Count"]
        for name in SHARD_NAMES
        for page in query.paginate(
            TableName=stack.table,
            IndexName=OPEN_INDEX,
            Select="COUNT",
            KeyConditionExpression="openShard = :shard",
            ExpressionAttributeValues={":shard": {"S": name}},
        )
    )


def _ended(stack: Stack, now: float) -> dict[str, int]:
    """Sum the metrics of what ended of late; a status without any is left out."""
    until = datetime.fromtimestamp(now, UTC)
    reply = stack.session.client("cloudwatch").get_metric_data(
        MetricDataQueries=[_query(stack, status) for status in sorted(FINAL)],
        StartTime=until - LATELY,
        EndTime=until,
    )
    sums = {Status(result["Id"]).value: int(sum(result["Values"])) for result in reply["MetricDataResults"]}
    return {status: count for status, count in sums.items() if count}


def _query(stack: Stack, status: Status) -> "MetricDataQueryTypeDef":
    metric: MetricTypeDef = {
        "Namespace": NAMESPACE,
        "MetricName": of_status(status),
        "Dimensions": [{"Name": "service", "Value": stack.name}],
    }
    return {"Id": status.value, "MetricStat": {"Metric": metric, "Period": _PERIOD, "Stat": "Sum"}}


def _states(requests: Requests, request_id: str) -> dict[str, int]:
    return dict(Counter(one.status.value for one in outcomes(requests, request_id)))
