"""Close and open the lanes: the queue of a lane that may not send is not read.

A lane is closed while an operator paused it, outside its hours, while its day's cap is used up, and while a breaker is
open. To close it, its event source mapping is disabled; nothing else enables or disables the mappings. Only a message
can probe the breaker `endpoint`. So a lane that is closed for this breaker alone is opened when a probe is due, and
stays open until a run finds that the probe was sent.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.breakers import Breaker, Breakers, OpenBreaker
from realtime_sms.aws.caps import DailyCap
from realtime_sms.aws.lanes import PAUSED, Lane, Lanes
from realtime_sms.aws.telemetry import Metric, counters, logger
from realtime_sms.requests.hours import Hours
from realtime_sms.vocabulary import MessageType, Reason

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_SETTLED: Final = {True: "Enabled", False: "Disabled"}  # states of a mapping that is not being changed

_CLOSED: Final = {
    MessageType.TRANSACTIONAL: Metric.TRANSACTIONAL_LANE_CLOSED,
    MessageType.PROMOTIONAL: Metric.PROMOTIONAL_LANE_CLOSED,
}


def set_gates(  # noqa: PLR0913 (the ports)
    lanes: Lanes,
    breakers: Breakers,
    hours: Hours | None,
    mappings: Mapping[MessageType, str],
    client: "LambdaClient",
    *,
    now: float,
    cap: DailyCap | None = None,
) -> dict[str, tuple[str, ...]]:
    """Close and open the lanes by their event source mappings, given by id; return for each lane why it is closed.

    Raises:
        StoreUnavailableError: the table did not answer; every gate stays as it is.

    """
    opened = breakers.read()
    full = cap is not None and cap.is_full(now)
    found = {lane: _reasons(lane, opened, hours, now, full=full) for lane in lanes.read()}
    stuck = sum(_set(lane, why, mappings[lane.lane], client) for lane, why in found.items())
    counters.count(Metric.LANE_STUCK, stuck)
    for lane, why in found.items():
        lanes.note(lane, why, now)
        counters.count(_CLOSED[lane.lane], int(bool(why)))
    return {lane.lane.value: why for lane, why in found.items()}


def _reasons(
    lane: Lane, opened: Sequence[OpenBreaker], hours: Hours | None, now: float, *, full: bool
) -> tuple[str, ...]:
    """Return why a lane should be closed; empty if it should be open.

    A daily cap that is used up does not close the transactional lane: a code must get its outcome before it expires.
    """
    why = [PAUSED] if lane.paused_since is not None else []
    if hours is not None and lane.lane is MessageType.PROMOTIONAL and not hours.is_open(now):
        why.append(Reason.OUTSIDE_HOURS.value)
    if full and lane.lane is MessageType.PROMOTIONAL:
        why.append(Reason.DAILY_CAP.value)
    if not _is_probe_due(opened, now):
        why += [one.breaker.value for one in opened]
    return tuple(why)


def _is_probe_due(opened: Sequence[OpenBreaker], now: float) -> bool:
    return [one.breaker for one in opened] == [Breaker.ENDPOINT] and now >= opened[0].held_until


def _set(lane: Lane, why: Sequence[str], mapping: str, client: "LambdaClient") -> bool:
    """Enable or disable a mapping; return True if the previous run already wanted the state that it is not in."""
    wanted = not why
    try:
        state = client.get_event_source_mapping(UUID=mapping)["State"]
        if state == _SETTLED[wanted]:
            return False
        if state == _SETTLED[not wanted]:  # else it is being changed, and a later run looks again
            client.update_event_source_mapping(UUID=mapping, Enabled=wanted)
            logger.info("lane opened" if wanted else "lane closed", extra={"lane": lane.lane, "reasons": why})
    except (ClientError, BotoCoreError) as error:
        logger.error("gate not set", extra={"lane": lane.lane, "error": type(error).__name__})
    return wanted == (not lane.why)
