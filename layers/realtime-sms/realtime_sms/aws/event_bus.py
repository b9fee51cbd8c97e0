"""The event bus: events are put in batches, and those that it did not take are put again."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.telemetry import logger
from realtime_sms.outcomes.event import DETAIL_TYPE, SOURCE, Event

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

_BATCH = 10  # entries that a PutEvents takes
_ROUNDS = 3
_PAUSE = 0.2  # seconds before the second round, doubled before the next


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """An event, when it happened (epoch seconds), and of what type it is."""

    event: Event = field(repr=False)
    at: float
    detail_type: str = DETAIL_TYPE


class BusUnavailableError(RuntimeError):
    """The bus did not take an event."""


class EventBus:
    """An EventBridge bus, on which events are put in up to `rounds` rounds."""

    def __init__(
        self,
        client: "EventBridgeClient",
        name: str,
        *,
        rounds: int = _ROUNDS,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._name = name
        self._rounds = rounds
        self._pause = pause

    def put(self, events: Sequence[TimedEvent]) -> list[TimedEvent]:
        """Put events on the bus, in their order; return those that it did not take after all rounds."""
        left = list(events)
        for done in range(self._rounds):
            if not left:
                break
            if done:
                self._pause(_PAUSE * 2 ** (done - 1))
            left = [one for some in batched(left, _BATCH, strict=False) for one in self._refused(some)]
        return left

    def _refused(self, events: Sequence[TimedEvent]) -> list[TimedEvent]:
        try:
            reply = self._client.put_events(Entries=[self._entry(one) for one in events])
        except (ClientError, BotoCoreError) as error:
            logger.warning("events not taken", extra={"error": type(error).__name__, "events": len(events)})
            return list(events)
        answers = list(zip(events, reply["Entries"], strict=True))
        refused = [one for one, answer in answers if "ErrorCode" in answer]
        if refused:
            codes = sorted({answer["ErrorCode"] for _, answer in answers if "ErrorCode" in answer})
            logger.warning("events not taken", extra={"error": ", ".join(codes), "events": len(refused)})
        return refused

    def _entry(self, event: TimedEvent) -> Any:  # noqa: ANN401 (as boto3 takes it)
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.detail_type,
            "Time": datetime.fromtimestamp(event.at, UTC),
            "Detail": json.dumps(event.event, ensure_ascii=False),
        }
