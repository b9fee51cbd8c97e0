"""`rtsms watch`: queues, breakers, lanes and outcomes of a deployment, as they change."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
from rich.live import Live
from rich.table import Table

from realtime_sms.aws.breakers import Breakers, OpenBreaker
from realtime_sms.aws.lanes import Lane, Lanes
from realtime_sms.aws.requests import read_outcomes
from realtime_sms.aws.submissions import OPEN_SHARDS
from realtime_sms.aws.table import OPEN_INDEX
from realtime_sms.aws.telemetry import NAMESPACE, of_status
from realtime_sms.outcomes.submission import iso
from realtime_sms.vocabulary import FINAL, Status
from rtsms.lanes import lane_document, lane_text
from rtsms.options import json_option, stack_options
from rtsms.output import Output, plural
from rtsms.stack import QueueDepth, Stack

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

_RECENT = timedelta(minutes=15)
_PERIOD = 60  # seconds


@click.command("watch")
@click.argument("request_id", required=False)
@click.option("--every", type=click.FloatRange(0.5), default=2.0, show_default=True, help="Seconds between updates.")
@click.option("--once", is_flag=True, help="Print once, and exit.")
@json_option
@stack_options
def command(*, stack: Stack, out: Output, request_id: str | None, every: float, once: bool) -> None:
    """Watch queues, breakers, lanes and outcomes until Ctrl-C.

    With a REQUEST_ID, also count the outcomes of that request.
    """
    snapshots = _snapshots(stack, request_id, 0 if once else every)
    with suppress(KeyboardInterrupt):  # Ctrl-C is the way to stop watching, not an error
        if once or out.as_json or not out.console.is_terminal:  # without a terminal, `Live` prints only at its end
            for snapshot in snapshots:
                out.result(snapshot.document, _table(stack, request_id, snapshot))
            return
        with Live(console=out.console, auto_refresh=False) as live:
            for snapshot in snapshots:
                live.update(_table(stack, request_id, snapshot), refresh=True)


@dataclass(frozen=True)
class Snapshot:
    """A deployment at one moment; `ended` counts the recently ended submissions by status."""

    at: float  # epoch seconds
    queue: QueueDepth
    promotional_queue: QueueDepth
    dead_letters: int
    breakers: list[OpenBreaker]
    lanes: list[Lane]
    unfinished: int
    ended: Mapping[str, int]
    states: Mapping[str, int] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, object]:
        """Return the snapshot as JSON."""
        document: dict[str, object] = {
            "at": iso(self.at),
            "queue": {"visible": self.queue.visible, "inFlight": self.queue.in_flight},
            "promotionalQueue": {
                "visible": self.promotional_queue.visible,
                "inFlight": self.promotional_queue.in_flight,
            },
            "deadLetters": self.dead_letters,
            "breakers": [
                {"breaker": one.breaker.value, "reason": one.reason.value, "since": iso(one.since)}
                for one in self.breakers
            ],
            "lanes": [lane_document(one) for one in self.lanes],
            "unfinished": self.unfinished,
            "ended": dict(self.ended),
        }
        return document | ({"states": dict(self.states)} if self.states else {})


def _snapshots(stack: Stack, request_id: str | None, every: float) -> Iterator[Snapshot]:
    """Take a snapshot now and then every so many seconds; 0 means once."""
    yield _take_snapshot(stack, request_id, time.time())
    while every:
        time.sleep(every)
        yield _take_snapshot(stack, request_id, time.time())


def _take_snapshot(stack: Stack, request_id: str | None, now: float) -> Snapshot:
    states = Counter(one.status.value for one in read_outcomes(stack.requests(), request_id)) if request_id else {}
    return Snapshot(
        at=now,
        queue=stack.queue_depth("SendQueueUrl"),
        promotional_queue=stack.queue_depth("PromotionalQueueUrl"),
        dead_letters=stack.queue_depth("DeadLetterQueueUrl").total,
        breakers=Breakers(stack.store()).read(),
        lanes=Lanes(stack.store()).read(),
        unfinished=_count_unfinished(stack),
        ended=_count_ended(stack, now),
        states=states,
    )


def _count_unfinished(stack: Stack) -> int:
    """Count with the sparse index of unfinished submissions, never with a scan."""
    query = stack.session.client("dynamodb").get_paginator("query")
    return sum(
        page["Count"]
        for name in OPEN_SHARDS
        for page in query.paginate(
            TableName=stack.table,
            IndexName=OPEN_INDEX,
            Select="COUNT",
            KeyConditionExpression="openShard = :shard",
            ExpressionAttributeValues={":shard": {"S": name}},
        )
    )


def _count_ended(stack: Stack, now: float) -> dict[str, int]:
    """Sum the recent metrics of each final status; a status without any is left out."""
    until = datetime.fromtimestamp(now, UTC)
    reply = stack.session.client("cloudwatch").get_metric_data(
        MetricDataQueries=[_metric_query(stack, status) for status in sorted(FINAL)],
        StartTime=until - _RECENT,
        EndTime=until,
    )
    sums = {Status(result["Id"]).value: int(sum(result["Values"])) for result in reply["MetricDataResults"]}
    return {status: count for status, count in sums.items() if count}


def _metric_query(stack: Stack, status: Status) -> "MetricDataQueryTypeDef":
    return {
        "Id": status.value,
        "MetricStat": {
            "Metric": {
                "Namespace": NAMESPACE,
                "MetricName": of_status(status),
                "Dimensions": [{"Name": "service", "Value": stack.name}],
            },
            "Period": _PERIOD,
            "Stat": "Sum",
        },
    }


def _table(stack: Stack, request_id: str | None, snapshot: Snapshot) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row("stack", f"{stack.name}, {iso(snapshot.at)}")
    table.add_row("send queue", str(snapshot.queue))
    table.add_row("promotional queue", str(snapshot.promotional_queue))
    table.add_row("unfinished", plural(snapshot.unfinished, "submission"))
    table.add_row("dead letters", str(snapshot.dead_letters))
    opened = [f"{one.breaker} open since {iso(one.since)} ({one.reason})" for one in snapshot.breakers]
    table.add_row("breakers", "; ".join(opened) or "closed")
    table.add_row("lanes", "; ".join(map(lane_text, snapshot.lanes)))
    table.add_row(f"last {_RECENT.seconds // 60} min", _counts(snapshot.ended) or "no metrics yet")
    if request_id:
        table.add_row(request_id, _counts(snapshot.states) or "no outcomes yet")
    return table


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
