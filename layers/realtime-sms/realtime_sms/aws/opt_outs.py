"""The opt-out list: numbers that must not be sent to, one item each.

The sender reads it for every number before it calls. Reads are consistent: a number that is on the list when its
message is claimed is not sent to.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from realtime_sms.aws.table import OPT_OUTS, Item, StoreUnavailableError, Table, as_key, seconds
from realtime_sms.outcomes.opt_out import OptOut
from realtime_sms.outcomes.submission import iso
from realtime_sms.vocabulary import OptOutScope

_TRIES = 3  # of a change of an entry that somebody else changes too


class OptOuts:
    """The list.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(
        self,
        number: str,
        *,
        source: str,
        now: float,
        scope: OptOutScope = OptOutScope.ALL,
        narrow: bool = False,
    ) -> OptOut:
        """Put a number on the list and return its entry.

        One that is there stays, but for its scope: that can become `all`, and `promotional` only with `narrow`.
        """
        new = {**as_key((OPT_OUTS, number)), "source": {"S": source}, "createdAt": {"S": iso(now)}}
        for _ in range(_TRIES):
            there = self._table.create(_with_scope(new, scope))
            if there is None:
                return OptOut(number, source, now, scope)
            entry = read_entry(there)
            if entry.scope is scope or (scope is OptOutScope.PROMOTIONAL and not narrow):
                return entry
            changed = _with_scope(there, scope)
            if self._table.put(changed, "createdAt = :createdAt", {":createdAt": there["createdAt"]}):
                return read_entry(changed)
        raise StoreUnavailableError("others change the entry")

    def remove(self, number: str) -> OptOut | None:
        """Take a number off the list and return the entry that it had."""
        item = self._table.pop((OPT_OUTS, number))
        return read_entry(item) if item else None

    def get(self, number: str) -> OptOut | None:
        """Return a number's entry, if it has one."""
        item = self._table.get((OPT_OUTS, number))
        return read_entry(item) if item else None

    def find(self, numbers: Iterable[str], hashed: Callable[[str], str] | None = None) -> dict[str, OptOutScope]:
        """Return the scopes of those numbers that are on the list; with `hashed` also of those there as a hash."""
        listed = {number: number for number in numbers}
        if hashed is not None:
            listed |= {hashed(number): number for number in listed}
        items = self._table.get_many((OPT_OUTS, name) for name in listed)
        found: dict[str, OptOutScope] = {}
        for item in items:
            number, scope = listed[str(item["recipient"]["S"])], _scope(item)
            if found.get(number) is not OptOutScope.ALL:  # a number can be there as itself and as a hash
                found[number] = scope
        return found

    def page(self, after: str, most: int) -> list[OptOut]:
        """Return up to `most` entries whose numbers follow `after`, in the order of the numbers."""
        return [read_entry(item) for item in self._table.query(OPT_OUTS, after or "+", most)]


def read_entry(item: Mapping[str, Any]) -> OptOut:
    """Read an entry from its item."""
    return OptOut(item["recipient"]["S"], item["source"]["S"], seconds(item["createdAt"]["S"]), _scope(item))


def _scope(item: Item) -> OptOutScope:
    """Read an entry's scope; one without, or with one that this version does not know, stops all messages."""
    promotional = item.get("scope") == {"S": OptOutScope.PROMOTIONAL}
    return OptOutScope.PROMOTIONAL if promotional else OptOutScope.ALL


def _with_scope(item: Item, scope: OptOutScope) -> Item:
    kept = {name: value for name, value in item.items() if name != "scope"}
    return kept if scope is OptOutScope.ALL else kept | {"scope": {"S": str(scope)}}
