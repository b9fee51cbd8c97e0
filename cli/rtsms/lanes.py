"""`rtsms pause` and `rtsms resume`: stop sending in a lane, or in both, and go on."""

from collections.abc import Mapping, Sequence
from typing import Final

import click

from realtime_sms.aws.lanes import PAUSED, Lane, Lanes
from realtime_sms.outcomes.submission import iso
from realtime_sms.vocabulary import MessageType
from rtsms.options import combine, json_option, stack_options
from rtsms.output import Output
from rtsms.stack import Stack

QUEUES: Final[Mapping[MessageType, str]] = {
    MessageType.TRANSACTIONAL: "SendQueue",
    MessageType.PROMOTIONAL: "PromotionalQueue",
}  # with Url or Arn behind it, the output of its queue
_lane_options = combine(
    click.option(
        "--lane", type=click.Choice([one.value for one in MessageType]), help="One type of messages. Default: both."
    ),
    json_option,
    stack_options,
)


@click.command("pause")
@_lane_options
def pause(*, stack: Stack, out: Output, lane: str | None) -> None:
    """Stop sending transactional or promotional messages, or both.

    No call begins after five seconds, and within about two minutes the queue is not read any more. Messages wait in it
    until `rtsms resume`, up to 14 days, or until they expire.
    """
    lanes = Lanes(stack.store())
    for one in _chosen(lane):
        new = lanes.pause(one)
        _print(stack, out, _found(lanes, one), "paused" if new else "was paused before")
    out.text("Calls that have begun end as usual. The queue is not read any more within about two minutes.")


@click.command("resume")
@_lane_options
def resume(*, stack: Stack, out: Output, lane: str | None) -> None:
    """Send transactional or promotional messages again, or both.

    Within about two minutes the queue is read again, unless something else keeps the lane closed: `rtsms doctor` says
    what.
    """
    lanes = Lanes(stack.store())
    for one in _chosen(lane):
        new = lanes.resume(one)
        _print(stack, out, _found(lanes, one), "resumed" if new else "was not paused")
    out.text("The queue is read again within about two minutes, unless something else keeps the lane closed.")


def lane_document(lane: Lane) -> dict[str, object]:
    """Return a lane as JSON; `why` is empty while maintenance keeps it open."""
    document: dict[str, object] = {"lane": lane.lane.value, "paused": lane.paused_since is not None}
    if lane.paused_since is not None:
        document["pausedSince"] = iso(lane.paused_since)
    document["why"] = list(lane.why)
    return document | ({"closedSince": iso(lane.closed_since)} if lane.closed_since is not None else {})


def lane_text(lane: Lane) -> str:
    """Return a lane as text: open, or why it is closed and since when."""
    if lane.closed_since is None:
        soon = (
            "" if lane.paused_since is None else f", paused since {iso(lane.paused_since)}: closes in a minute or two"
        )
        return f"{lane.lane} open{soon}"
    resumed = PAUSED in lane.why and lane.paused_since is None
    later = ", resumed: opens in a minute or two" if resumed else ""
    return f"{lane.lane} closed since {iso(lane.closed_since)} ({', '.join(lane.why)}){later}"


def _chosen(lane: str | None) -> Sequence[MessageType]:
    return tuple(MessageType) if lane is None else (MessageType(lane),)


def _found(lanes: Lanes, wanted: MessageType) -> Lane:
    return next(one for one in lanes.read() if one.lane is wanted)


def _print(stack: Stack, out: Output, lane: Lane, done: str) -> None:
    depth = stack.queue_depth(f"{QUEUES[lane.lane]}Url")
    document = lane_document(lane) | {"queue": {"visible": depth.visible, "inFlight": depth.in_flight}}
    out.result(document, f"{lane.lane}  {done}: {depth}")
