"""Delivery states of submissions: moved forward by conditional writes, so reports may come twice and in any order.

These writes touch no attribute that `Submissions.apply` compares, so the two do not disturb each other.
"""

from itertools import islice
from typing import Any

from realtime_sms.aws.submissions import ASK_SHARDS, COST_SHARDS
from realtime_sms.aws.table import SUBMISSION_INDEX, UNTRACED_INDEX, Key, Table, Update, shard, to_attribute
from realtime_sms.outcomes.submission import iso
from realtime_sms.provider.reports import DeliveryUpdate, Info
from realtime_sms.vocabulary import Delivery

_ASKING = ("askAt", "openShard", "openUntil")  # attributes of what RealTime is still to be asked about
_REPORT_FIRST = 60  # seconds after its final delivery before RealTime is asked for the cost of a message


class Deliveries:
    """The table as a store of what became of messages that RealTime took.

    With `ask_cost`, what comes to its final delivery is put on the list of what RealTime is to be asked for its cost.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, table: Table, *, ask_cost: bool = False) -> None:
        self._table = table
        self._ask_cost = ask_cost

    def find(self, submission_id: str) -> list[Key]:
        """Return the key of the submission with this id of RealTime; the index has it a moment after it is written."""
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
        sets, removes, values = advanced.sets, advanced.removes, {**advanced.values, ":id": {"S": submission_id}}
        if update.delivery.settled and self._ask_cost:
            sets, removes = (*sets, "openShard = :shard", "openUntil = :look"), (*removes, "askAt")
            values |= {":shard": {"S": shard(key[1], COST_SHARDS)}, ":look": {"S": iso(now + _REPORT_FIRST)}}
        elif update.delivery.settled:
            removes = (*removes, *_ASKING)
        return self._table.update(key, Update(sets, removes, f"submissionId = :id AND {advanced.condition}", values))

    def to_price(self, now: float, most: int) -> list[Key]:
        """Return keys of submissions of which RealTime is to be asked the cost now."""
        return self._table.some_due(COST_SHARDS, now, most)

    def record_cost(self, key: Key, info: Info) -> bool:
        """Keep what RealTime told of cost and times, and ask no more; return False if that was done already."""
        told = _told(info)
        update = Update(
            tuple(f"#{name} = :{name}" for name in told),
            ("openShard", "openUntil"),
            "openShard = :shard",
            {f":{name}": to_attribute(value) for name, value in told.items()}
            | {":shard": {"S": shard(key[1], COST_SHARDS)}},
            {f"#{name}": name for name in told},
        )
        return self._table.update(key, update)

    def record_answer(self, key: Key, info: Info, *, asked_at: float, asks: int, ask_at: float | None) -> bool:
        """Keep what RealTime told when asked, and when to ask again (None: never); return False if asked since."""
        told = _told(info) | {"asks": asks}
        told |= {"askAt": iso(ask_at), "openUntil": iso(ask_at)} if ask_at is not None else {}
        update = Update(
            tuple(f"#{name} = :{name}" for name in told),
            _ASKING if ask_at is None else (),
            "askAt = :asked",
            {f":{name}": to_attribute(value) for name, value in told.items()} | {":asked": {"S": iso(asked_at)}},
            {f"#{name}": name for name in told},
        )
        return self._table.update(key, update)


def _told(info: Info) -> dict[str, Any]:
    """Return the attributes of an item that an answer of RealTime gives."""
    told: dict[str, Any] = {}
    told |= {"cost": info.cost} if info.cost else {}
    told |= {"operator": dict(info.operator)} if info.operator else {}
    told |= {"handedOverAt": iso(info.sent)} if info.sent else {}
    told |= {"doneAt": iso(info.done)} if info.done else {}
    delivered = info.update is not None and info.update.delivery is Delivery.DELIVERED
    if delivered and info.done and info.registered:
        told["handsetSeconds"] = max(0, round(info.done - info.registered))
    return told


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
