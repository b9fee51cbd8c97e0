"""From records of the table's stream to events on the bus, up to the first that cannot be told."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol, Self

from boto3.dynamodb.types import TypeDeserializer

from realtime_sms.aws import clients
from realtime_sms.aws.event_bus import OutcomeBus, Told
from realtime_sms.aws.logging import logger
from realtime_sms.aws.metrics import Metric, counters
from realtime_sms.aws.settings import AnnounceSettings, read
from realtime_sms.outcomes.event import NotAnOutcomeError, event_of

_deserialize = TypeDeserializer().deserialize


class Bus(Protocol):
    """Where events go."""

    def put(self, told: Sequence[Told]) -> list[Told]:
        """Put them; give those that were not taken."""


class Announcer:
    """Tells the bus of changes of outcomes."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    @classmethod
    @cache
    def from_environment(cls) -> Self:
        """Give the environment's announcer."""
        return cls(OutcomeBus(clients.events(), read(AnnounceSettings).event_bus_name))

    def announce(self, records: Sequence[Mapping[str, Any]]) -> str | None:
        """Tell of the records in their order; give the sequence number of the first that is to come again, if one is.

        The stream hands over that record and all that follow it again. So nothing behind a record that cannot be read
        is told now; what follows an event that the bus did not take may be told twice, under the same ids.
        """
        told: dict[str, Told] = {}
        unread = None
        for record in records:
            number = record["dynamodb"]["SequenceNumber"]
            try:
                event = event_of(_image(record, "OldImage"), _image(record, "NewImage"), number)
            except NotAnOutcomeError as error:
                logger.error("record not understood", extra={"sequence": number, "fields": str(error)})
                unread = number
                break
            if event is not None:
                told[number] = Told(event, float(record["dynamodb"]["ApproximateCreationDateTime"]))
        refused = self._bus.put(list(told.values()))
        counters.count(Metric.EVENTS, len(told) - len(refused))
        return next((number for number, one in told.items() if one in refused), unread)


def _image(record: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    image = record["dynamodb"].get(name)
    return None if image is None else {attribute: _deserialize(value) for attribute, value in image.items()}
