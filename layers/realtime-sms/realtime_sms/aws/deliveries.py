"""Delivery states on submissions: advanced by conditional writes, so that reports may come doubled and in any order.

They touch no attribute by which `Submissions.apply` compares, so the two need not know of each other.
"""

from itertools import islice
from typing import Any

from realtime_sms.aws.submissions import ASK_SHARDS
from realtime_sms.aws.table import SUBMISSION_INDEX, UNTRACED_INDEX, Key, Table, Update, to_attribute
from realtime_sms.outcomes.submission import iso
from realtime_sms.provider.reports import DeliveryUpdate, Info

_ASKING = ("askAt", "openShard", "openUntil")  # attributes of what RealTime is still to be asked about


class Deliveries:
    """The table as a store of what became of messages that RealTime took.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, submission_id: str) -> list[Key]:
        """Return the key of the submission that RealTime calls so; the index has it a moment after it is written."""
        return list(self._table.keys(SUBMISSION_INDEX, "submissionId = :id", {":id": {"S": submission_id}}))

    def untraced(self, recipient: str, most: int) -> list[Key]:
        """Return keys of submissions to a number of which RealTime may have accepted one under an unknown id."""
        found = self._table.keys(UNTRACED_INDEX, "untracedRecipient = :number", {":number": {"S": recipient}})
        return list(islice(found, most))

    def count_untraced(self, most: int) -> int:
        """Count such submissions to all numbers, up to `most`."""
        return self._table.count(UNTRACED_INDEX, most)

    def to_ask(self, now: float, most: int) -> list[Key]:
        """Return keys of submissions about which RealTime is to be asked now."""
        return self._table.some_due(ASK_SHARDS, now, most)

    def record(self, key: Key, submission_id: str, update: DeliveryUpdate, now: float) -> bool:
        """Advance a submission's delivery by what was told under this id; return False if that is no news."""
        advanced = advance(update, now)
        return self._table.update(
            key,
            Update(
                advanced.sets,
                (*advanced.removes, *(_ASKING if update.delivery.settled else ())),
                f"submissionId = :id AND {advanced.condition}",
                {**advanced.values, ":id": {"S": submission_id}},
            ),
        )

    def record_answer(self, key: Key, info: Info, *, asked_at: float, asks: int, ask_at: float | None) -> bool:
        """Keep what RealTime told when asked, and when to ask again (None: never); return False if asked since."""
        told: dict[str, Any] = {"asks": asks}
        told |= {"cost": info.cost} if info.cost else {}
        told |= {"operator": dict(info.operator)} if info.operator else {}
        told |= {"askAt": iso(ask_at), "openUntil": iso(ask_at)} if ask_at is not None else {}
        update = Update(
            tuple(f"#{name} = :{name}" for name in told),
            _ASKING if ask_at is None else (),
            "askAt = :asked",
            {f":{name}": to_attribute(value) for name, value in told.items()} | {":asked": {"S": iso(asked_at)}},
            {f"#{name}": name for name in told},
        )
        return self._table.update(key, update)


def advance(update: DeliveryUpdate, now: float) -> Update:
    """Return the update that advances an item's delivery state, where it supersedes what the item has.

    Such writes may be done twice and in any order: the highest state stays.
    """
    lower = {f":{one}": {"S": one} for one in update.delivery.superseded_states}
    ways = ["attribute_not_exists(delivery)"]
    if lower:
        ways.append(f"delivery IN ({', '.join(lower)})")
    values: dict[str, Any] = {":heard": {"S": update.delivery}, ":now": {"S": iso(now)}} | lower
    sets: tuple[str, ...] = ("delivery = :heard", "deliveryAt = :now")
    if update.reason is None:
        return Update(sets, ("deliveryReason",), f"({' OR '.join(ways)})", values)
    ways.append("(delivery = :heard AND attribute_not_exists(deliveryReason))")
    sets = (*sets, "deliveryReason = :why")
    return Update(sets, (), f"({' OR '.join(ways)})", values | {":why": {"S": update.reason}})
