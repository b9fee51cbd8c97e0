"""The announce function: records of the table's stream in, events on the bus, a partial batch response out."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, Self

from realtime_sms.aws import clients
from realtime_sms.aws.event_bus import EventBus, TimedEvent
from realtime_sms.aws.forgotten import PREFIX
from realtime_sms.aws.settings import AnnounceSettings, read
from realtime_sms.aws.submissions import UnreadableItemError, from_item
from realtime_sms.aws.table import key_of
from realtime_sms.aws.telemetry import Metric, counters, instrumented, logger
from realtime_sms.outcomes.event import Event, event_of

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@instrumented
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Announce changed outcomes, and name the record from which the stream must go on."""
    failed = Announcer.from_environment().announce(event["Records"])
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}


class Bus(Protocol):
    """Where events go."""

    def put(self, events: Sequence[TimedEvent]) -> list[TimedEvent]:
        """Put them; return those that were not taken."""


class Announcer:
    """Tells the bus of changes of outcomes."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    @classmethod
    @cache
    def from_environment(cls) -> Self:
        """Return the environment's announcer."""
        return cls(EventBus(clients.events(), read(AnnounceSettings).event_bus_name))

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
                event = _event(record["dynamodb"], number)
            except UnreadableItemError as error:
                logger.error("record not understood", extra={"sequence": number, "fields": str(error)})
                unread = number
                break
            if event is not None:
                events[number] = TimedEvent(event, float(record["dynamodb"]["ApproximateCreationDateTime"]))
        refused = self._bus.put(list(events.values()))
        counters.count(Metric.EVENTS, len(events) - len(refused))
        return next((number for number, one in events.items() if one in refused), unread)


def _event(change: Mapping[str, Any], number: str) -> Event | None:
    """Return the event that a change of an item calls for: none if it is no submission, or its number was forgotten."""
    before, after = change.get("OldImage"), change.get("NewImage")
    if after is None or any(part.startswith(("#", PREFIX)) for part in key_of(after)):
        return None
    return event_of(None if before is None else from_item(before), from_item(after), number)
