"""Delivery states on outcomes: raised by conditional writes, so that reports may come doubled and in any order.

They touch no attribute by which the ledger compares and swaps, so neither has to know of the other.
"""

from itertools import islice
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeSerializer

from realtime_sms.aws.item import ASK_SHARDS, iso
from realtime_sms.aws.rows import Rows, Update, advance
from realtime_sms.aws.submissions import Key
from realtime_sms.provider.reports import DeliveryUpdate, Info

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SUBMISSION_INDEX = "submission"
UNTRACED_INDEX = "untraced"
_ASKING = ("askAt", "openShard", "openUntil")  # attributes of what RealTime is still to be asked about

_serialize = TypeSerializer().serialize


class Deliveries:
    """The outcomes table as a store of what became of messages that RealTime took.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._rows = Rows(client, table)

    def find(self, submission_id: str) -> list[Key]:
        """Give the key of the submission that RealTime calls so; the index has it a moment after it is written."""
        return list(self._rows.keys(SUBMISSION_INDEX, "submissionId = :id", {":id": {"S": submission_id}}))

    def untraced(self, recipient: str, most: int) -> list[Key]:
        """Give keys of submissions to a number of which RealTime may have accepted one under an unknown id."""
        values = {":number": {"S": recipient}}
        return list(islice(self._rows.keys(UNTRACED_INDEX, "untracedRecipient = :number", values), most))

    def all_untraced(self, most: int) -> int:
        """Count such submissions to all numbers, up to `most`."""
        return self._rows.count(UNTRACED_INDEX, most)

    def overdue(self, now: float, most: int) -> list[Key]:
        """Give keys of submissions about which RealTime is to be asked now."""
        return self._rows.due(ASK_SHARDS, now, most)

    def record(self, key: Key, submission_id: str, update: DeliveryUpdate, now: float) -> bool:
        """Raise a submission's state to what was heard of it under this id; False where that does not raise it."""
        higher = advance(update, now)
        return self._rows.update(
            key,
            Update(
                higher.sets,
                (*higher.removes, *(_ASKING if update.delivery.settled else ())),
                f"submissionId = :id AND {higher.condition}",
                higher.values | {":id": {"S": submission_id}},
            ),
        )

    def note(self, key: Key, info: Info, *, asked_at: float, asks: int, ask_at: float | None) -> bool:
        """Keep what RealTime told when asked, and when to ask again (None: never); False where that was done since."""
        told: dict[str, Any] = {"asks": asks}
        told |= {"cost": info.cost} if info.cost else {}
        told |= {"operator": dict(info.operator)} if info.operator else {}
        told |= {"askAt": iso(ask_at), "openUntil": iso(ask_at)} if ask_at is not None else {}
        update = Update(
            tuple(f"#{name} = :{name}" for name in told),
            _ASKING if ask_at is None else (),
            "askAt = :asked",
            {f":{name}": _serialize(value) for name, value in told.items()} | {":asked": {"S": iso(asked_at)}},
        )
        return self._rows.update(key, update, {f"#{name}": name for name in told})
