"""The opt-out list: numbers that must not be sent to, one item each.

The sender reads it for every number before it calls. Reads are consistent: a number that is on the list when its
message is claimed is not sent to.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from realtime_sms.aws.table import OPT_OUTS, Table, as_key, seconds
from realtime_sms.outcomes.opt_out import OptOut
from realtime_sms.outcomes.submission import iso


class OptOuts:
    """The list.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, number: str, *, source: str, now: float) -> OptOut:
        """Put a number on the list and return its entry; one that is there stays as it is."""
        there = self._table.create(
            {**as_key((OPT_OUTS, number)), "source": {"S": source}, "createdAt": {"S": iso(now)}}
        )
        return read_entry(there) if there else OptOut(number, source, now)

    def remove(self, number: str) -> OptOut | None:
        """Take a number off the list and return the entry that it had."""
        item = self._table.pop((OPT_OUTS, number))
        return read_entry(item) if item else None

    def get(self, number: str) -> OptOut | None:
        """Return a number's entry, if it has one."""
        item = self._table.get((OPT_OUTS, number))
        return read_entry(item) if item else None

    def find(self, numbers: Iterable[str], hashed: Callable[[str], str] | None = None) -> frozenset[str]:
        """Return those of the numbers that are on the list; with `hashed` also those that are there as a hash."""
        listed = {number: number for number in numbers}
        if hashed is not None:
            listed |= {hashed(number): number for number in listed}
        items = self._table.get_many((OPT_OUTS, name) for name in listed)
        return frozenset(listed[str(item["recipient"]["S"])] for item in items)

    def page(self, after: str, most: int) -> list[OptOut]:
        """Return up to `most` entries whose numbers follow `after`, in the order of the numbers."""
        return [read_entry(item) for item in self._table.query(OPT_OUTS, after or "+", most)]


def read_entry(item: Mapping[str, Any]) -> OptOut:
    """Read an entry from its item."""
    return OptOut(item["recipient"]["S"], item["source"]["S"], seconds(item["createdAt"]["S"]))
