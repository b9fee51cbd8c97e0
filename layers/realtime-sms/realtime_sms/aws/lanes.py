"""The lanes, one for each type of message: whether an operator paused one, and why and since when it is closed.

Each is one item of the table. Operators write the pause; the maintenance function writes the rest. The send function
reads the pauses together with the breakers.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from realtime_sms.aws.table import LANES, Key, Table, Update, epoch
from realtime_sms.vocabulary import MessageType

PAUSED: Final = "paused"  # why a lane is closed, besides the names of breakers, `outside_hours` and `daily_cap`
LANE_KEYS: Final[Sequence[Key]] = tuple((LANES, lane.value) for lane in MessageType)


@dataclass(frozen=True, slots=True)
class Lane:
    """What the table holds of a lane; `paused_since` and `closed_since` in epoch seconds, None if it is not."""

    lane: MessageType
    paused_since: float | None = None
    closed_since: float | None = None
    why: tuple[str, ...] = ()


class Lanes:
    """The lanes of a deployment.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> list[Lane]:
        """Return every lane, also one of which the table holds nothing."""
        found = {lane.lane: lane for lane in lanes_in(self._table.get_many(LANE_KEYS))}
        return [found.get(lane) or Lane(lane) for lane in MessageType]

    def pause(self, lane: MessageType) -> bool:
        """Pause a lane; return False if it was paused before."""
        values = {":now": epoch(time.time())}
        return self._update(lane, Update(("pausedSince = :now",), (), "attribute_not_exists(pausedSince)", values))

    def resume(self, lane: MessageType) -> bool:
        """End the pause of a lane; return False if there was none."""
        values = {":none": epoch(0)}
        return self._update(lane, Update((), ("pausedSince",), "pausedSince > :none", values))

    def note(self, lane: Lane, why: Sequence[str], now: float) -> None:
        """Note why a lane is closed, and since when if that is new; no reason means that it is open.

        What another run noted meanwhile stays.
        """
        if tuple(why) == lane.why:
            return
        reasons: dict[str, Any] = {":why": {"L": [{"S": one} for one in why]}}
        if lane.closed_since is None:
            new, values = ("why = :why", "closedSince = :now"), reasons | {":now": epoch(now)}
            self._update(lane.lane, Update(new, (), "attribute_not_exists(closedSince)", values))
            return
        same, was = "closedSince = :was", {":was": epoch(lane.closed_since)}
        if why:
            self._update(lane.lane, Update(("why = :why",), (), same, reasons | was))
        else:
            self._update(lane.lane, Update((), ("why", "closedSince"), same, was))

    def _update(self, lane: MessageType, update: Update) -> bool:
        return self._table.update((LANES, lane.value), update)


def lanes_in(items: Iterable[Mapping[str, Any]]) -> list[Lane]:
    """Return the lanes among items of the table."""
    return [_read(item) for item in items if item["requestId"]["S"] == LANES]


def _read(item: Mapping[str, Any]) -> Lane:
    return Lane(
        MessageType(item["recipient"]["S"]),
        _number(item.get("pausedSince")),
        _number(item.get("closedSince")),
        tuple(one["S"] for one in item.get("why", {}).get("L", ())),
    )


def _number(attribute: Mapping[str, str] | None) -> float | None:
    return None if attribute is None else float(attribute["N"])
