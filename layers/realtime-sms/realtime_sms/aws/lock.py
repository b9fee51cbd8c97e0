"""A lock in the table, with a lease: one holder over all environments, and none for ever."""

from realtime_sms.aws.table import LOCKS, Table, as_key, epoch

_NAMES = {"#owner": "owner"}


class Lock:
    """The named lock; times in epoch seconds.

    Raises, from either method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, table: Table, name: str) -> None:
        self._table = table
        self._key = (LOCKS, name)

    def take(self, owner: str, *, now: float, lease: float) -> bool:
        """Take the lock for `lease` seconds; return False while another holds it."""
        return self._table.put(
            {**as_key(self._key), "owner": {"S": owner}, "heldUntil": epoch(now + lease)},
            "attribute_not_exists(requestId) OR heldUntil < :now OR #owner = :owner",
            {":now": epoch(now), ":owner": {"S": owner}},
            ExpressionAttributeNames=_NAMES,
        )

    def free(self, owner: str) -> None:
        """Give the lock back if it is still ours."""
        self._table.delete(self._key, "#owner = :owner", {":owner": {"S": owner}}, ExpressionAttributeNames=_NAMES)
