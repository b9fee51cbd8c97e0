"""The announce function: records of the table's stream in, events on the bus, a partial batch response out."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, Self

from realtime_sms.aws import clients
from realtime_sms.aws.event_bus import EventBus, TimedEvent
from realtime_sms.aws.forgotten import FORGOTTEN_MARK, PREFIX
from realtime_sms.aws.opt_outs import read_entry
from realtime_sms.aws.settings import EventBusSettings, read
from realtime_sms.aws.submissions import UnreadableItemError, from_item
from realtime_sms.aws.table import OPT_OUTS, key_of
from realtime_sms.aws.telemetry import Metric, counters, instrumented, logger
from realtime_sms.outcomes import event, opt_out

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@instrumented
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Announce changed outcomes, and name the record from which the stream must continue."""
    failed = Announcer.from_environment().announce(event["Records"])
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}


class Bus(Protocol):
    """The event bus, as far as it is used here."""

    def put(self, events: Sequence[TimedEvent]) -> list[TimedEvent]:
        """Put events; return those that the bus did not take."""


class Announcer:
    """Publishes changes of outcomes and of the opt-out list on the bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    @classmethod
    @cache
    def from_environment(cls) -> Self:
        """Return the environment's announcer."""
        return cls(EventBus(clients.events(), read(EventBusSettings).event_bus_name))

    def announce(self, records: Sequence[Mapping[str, Any]]) -> str | None:
        """Announce records in their order; return the sequence number from which the stream must go on, if it must.

        The stream hands over that record and all that follow it again. So nothing behind a record that cannot be read
        is announced now; what follows an event that the bus did not take may be announced twice, under the same ids.
        """
        events: dict[str, TimedEvent] = {}
        unread = None
        for record in records:
            number = record["dynamodb"]["SequenceNumber"]
            try:
                told = _event(record["dynamodb"], number)
            except UnreadableItemError as error:
                logger.error("record not understood", extra={"sequence": number, "fields": str(error)})
                unread = number
                break
            if told is not None:
                events[number] = told
        refused = self._bus.put(list(events.values()))
        counters.count(Metric.EVENTS, len(events) - len(refused))
        return next((number for number, one in events.items() if one in refused), unread)


def _event(change: Mapping[str, Any], number: str) -> TimedEvent | None:
    """Return the event that a change of an item calls for: none if its number was forgotten."""
    before, after = change.get("OldImage"), change.get("NewImage")
    partition, name = key_of(after or before or {})
    at = float(change["ApproximateCreationDateTime"])
    if name.startswith(PREFIX) or partition.startswith(PREFIX) or FORGOTTEN_MARK in (before or {}):
        return None
    if partition == OPT_OUTS:
        told = opt_out.event_of(_entry(before), _entry(after), number)
        return None if told is None else TimedEvent(told, at, opt_out.DETAIL_TYPE)
    if after is None or partition.startswith("#") or name.startswith("#"):
        return None
    told = event.event_of(None if before is None else from_item(before), from_item(after), number)
    return None if told is None else TimedEvent(told, at)


def _entry(image: Mapping[str, Any] | None) -> opt_out.OptOut | None:
    try:
        return None if image is None else read_entry(image)
    except (KeyError, ValueError) as error:
        raise UnreadableItemError("an entry of the opt-out list") from error
