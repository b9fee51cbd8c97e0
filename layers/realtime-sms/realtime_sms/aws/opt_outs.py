"""The opt-out list: numbers that must not be sent to, one item each.

The sender reads it for every number before it calls. Reads are consistent: a number that is on the list when its
message is claimed is not sent to.

`rtsms forget` keeps an entry under a keyed hash of its number. Whoever names the number still finds it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from realtime_sms.aws.forgotten import FORGOTTEN_MARK, MARKER, Hashes
from realtime_sms.aws.table import OPT_OUTS, Item, StoreUnavailableError, Table, as_key, key_of, seconds
from realtime_sms.outcomes.opt_out import OptOut
from realtime_sms.outcomes.submission import iso
from realtime_sms.vocabulary import OptOutScope

_TRIES = 3  # of a change of an entry that somebody else changes too


class OptOuts:
    """The list.

    With `hashes`, entries of forgotten numbers are found too. Each call then reads first whether a number was ever
    forgotten in this deployment.

    Raises, from every method:
        StoreUnavailableError: the table did not answer, or the key of the hashes cannot be read.
    """

    def __init__(self, table: Table, hashes: Hashes | None = None) -> None:
        self._table = table
        self._hashes = hashes
        self._forgetting = False

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

        One that is there stays, as a hash too, but for its scope: that can become `all`, and `promotional` only with
        `narrow`.
        """
        name = key_of(hidden)[1] if (hidden := self._hidden(number)) else number
        new = {**as_key((OPT_OUTS, name)), "source": {"S": source}, "createdAt": {"S": iso(now)}}
        for _ in range(_TRIES):
            there = self._table.create(_with_scope(new, scope))
            if there is None:
                return OptOut(number, source, now, scope)
            entry = _entry_of(number, there)
            if entry.scope is scope or (scope is OptOutScope.PROMOTIONAL and not narrow):
                return entry
            changed = _with_scope(there, scope)
            if self._table.put(changed, "createdAt = :createdAt", {":createdAt": there["createdAt"]}):
                return _entry_of(number, changed)
        raise StoreUnavailableError("others change the entry")

    def remove(self, number: str) -> OptOut | None:
        """Remove a number and its hash from the list; return the entry that was removed."""
        item = self._table.pop((OPT_OUTS, number))
        if item and FORGOTTEN_MARK in item:  # of a killed `rtsms forget`; no event reports its end
            self._table.create({name: value for name, value in item.items() if name != FORGOTTEN_MARK})
            item = self._table.pop((OPT_OUTS, number))
        if hidden := self._hidden(number):  # read last: `rtsms forget` may hide an entry meanwhile
            shown = hidden | as_key((OPT_OUTS, number))  # first, so that the event of its end has the number
            if not self._table.rewrite(hidden, shown):
                raise StoreUnavailableError("others change the entry")
            item = self._table.pop((OPT_OUTS, number))
        return _entry_of(number, item) if item else None

    def get(self, number: str) -> OptOut | None:
        """Return a number's entry, if it has one, as a hash too."""
        item = self._table.get((OPT_OUTS, number)) or self._hidden(number)
        return _entry_of(number, item) if item else None

    def find(self, numbers: Iterable[str], hashed: Callable[[str], str] | None = None) -> dict[str, OptOutScope]:
        """Return the scopes of those numbers that are on the list, as a hash too.

        A caller who knows whether a number was ever forgotten passes `hashed`; it may be the only one to know hashes.
        """
        listed = {number: number for number in numbers}
        if hashed is None and self._hashes is not None:
            hashed = self._hashed()
        if hashed is not None:
            listed |= {hashed(number): number for number in listed}
        items = self._table.get_many((OPT_OUTS, name) for name in listed)
        found: dict[str, OptOutScope] = {}
        for item in items:
            number, scope = listed[str(item["recipient"]["S"])], _scope(item)
            if found.get(number) is not OptOutScope.ALL:  # a number can be there as itself and as a hash
                found[number] = scope
        return found

    def _hidden(self, number: str) -> dict[str, Any] | None:
        """Return the entry that a number has as a hash."""
        hashed = self._hashed()
        return self._table.get((OPT_OUTS, hashed(number))) if hashed else None

    def _hashed(self) -> Callable[[str], str] | None:
        """Return the hash function if a number was ever forgotten in this deployment."""
        if self._hashes is None:
            return None
        self._forgetting = self._forgetting or self._table.get(MARKER) is not None  # once it is there, it stays
        return self._hashes.of if self._forgetting else None

    def page(self, after: str, most: int) -> list[OptOut]:
        """Return up to `most` entries whose numbers follow `after`, in the order of the numbers."""
        return [read_entry(item) for item in self._table.query(OPT_OUTS, after or "+", most)]


def read_entry(item: Mapping[str, Any]) -> OptOut:
    """Read an entry from its item."""
    return OptOut(item["recipient"]["S"], item["source"]["S"], seconds(item["createdAt"]["S"]), _scope(item))


def _entry_of(number: str, item: Item) -> OptOut:
    return replace(read_entry(item), number=number)


def _scope(item: Item) -> OptOutScope:
    """Read an entry's scope; one without, or with one that this version does not know, stops all messages."""
    promotional = item.get("scope") == {"S": OptOutScope.PROMOTIONAL}
    return OptOutScope.PROMOTIONAL if promotional else OptOutScope.ALL


def _with_scope(item: Item, scope: OptOutScope) -> Item:
    kept = {name: value for name, value in item.items() if name != "scope"}
    return kept if scope is OptOutScope.ALL else kept | {"scope": {"S": str(scope)}}
