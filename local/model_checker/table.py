"""DynamoDB, as far as submissions and breakers use it: items as values, and conditional statements.

Source: DynamoDB Developer Guide, *PartiQL* (conditional INSERT and UPDATE in BatchExecuteStatement).
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from realtime_sms.aws.table import BREAKERS
from realtime_sms.aws.table import seconds as read_seconds
from realtime_sms.outcomes.submission import iso

type Value = tuple[str, str | bool | Item]
type Item = tuple[tuple[str, Value], ...]
type Key = tuple[str, str]
type Items = dict[Key, Item]

DUPLICATE = "DuplicateItem"
CONDITION = "ConditionalCheckFailed"
_TIMES = frozenset({"leaseUntil", "dueAt", "expiresAt"})
_AGES = frozenset({"createdAt", "updatedAt", "submittedAt", "openUntil", "ttl"})  # no step of a delivery looks at them
_REFUSED = ("ConditionalCheckFailedException",)
_FAR = 7 * 86400.0  # seconds; nothing in a simulation lasts so long


class Statement(NamedTuple):
    """One PartiQL statement with its parameters."""

    text: str
    parameters: tuple[Value, ...]


class Written(NamedTuple):
    """What one statement did: to which item, from what to what, or with which error code instead."""

    key: Key
    before: Item | None
    after: Item | None
    code: str = ""


def frozen(attributes: Mapping[str, Any]) -> Item:
    """Return boto3's attributes as an item."""
    return tuple(sorted((name, value_of(value)) for name, value in attributes.items()))


def thawed(item: Item) -> dict[str, Any]:
    """Return an item as boto3's attributes."""
    return {name: {kind: thawed(value) if isinstance(value, tuple) else value} for name, (kind, value) in item}


def value_of(attribute: Mapping[str, Any]) -> Value:
    """Return boto3's attribute as a value; a map is an item in an item."""
    [(kind, value)] = attribute.items()
    return kind, frozen(value) if kind == "M" else value


@cache
def fields(item: Item) -> dict[str, Any]:
    """Return the plain values of an item by name; do not change them."""
    return {name: value for name, (_, value) in item}


def item_of(partition: str, sort: str, **more: Value) -> Item:
    """Return an item by its key and its other attributes."""
    return tuple(sorted({"requestId": ("S", partition), "recipient": ("S", sort), **more}.items()))


def breaker(name: str, reason: str, since: str) -> Item:
    """Return an open breaker."""
    return item_of(BREAKERS, name, reason=("S", reason), since=("N", since), times=("N", "1"))


def trip(items: Items, given: tuple[str, str, str]) -> tuple[Items, tuple[str, ...]]:
    """Open a breaker unless it is open; return the items after it, and the error code if there is one."""
    item = breaker(*given)
    key = key_of(item)
    return (items, _REFUSED) if key in items else ({**items, key: item}, ())


def probe(items: Items, given: tuple[str, str, str]) -> tuple[Items, tuple[str, ...]]:
    """Note a probe of an open breaker unless it was probed meanwhile; return as `trip` does."""
    name, times, at = given
    key = (BREAKERS, name)
    held = dict(items.get(key, ()))
    if held.get("times") != ("N", times):
        return items, _REFUSED
    held |= {"times": ("N", str(int(times) + 1)), "probedAt": ("N", at)}
    return {**items, key: tuple(sorted(held.items()))}, ()


def close(items: Items, name: str) -> tuple[Items, tuple[str, ...]]:
    """Close an open breaker; return as `trip` does."""
    key = (BREAKERS, name)
    return ({one: item for one, item in items.items() if one != key}, ()) if key in items else (items, _REFUSED)


def key_of(item: Item) -> Key:
    """Return an item's key."""
    named = fields(item)
    return named["requestId"], named["recipient"]


def perform(items: Mapping[Key, Item], statement: Statement) -> Written:
    """Return what a statement does to a table."""
    sets, removes, conditions = _parsed(statement.text)
    wanted = dict(zip(conditions, statement.parameters[len(sets) :], strict=True))
    after = dict(zip(sets, statement.parameters, strict=False))
    named = wanted or after
    key = (str(named["requestId"][1]), str(named["recipient"][1]))
    before = items.get(key)
    held = dict(before or ())
    if before is not None and not conditions:
        return Written(key, before, None, DUPLICATE)
    if any(held.get(name) != value for name, value in wanted.items()):
        return Written(key, before, None, CONDITION)
    return Written(key, before, tuple(sorted(pair for pair in (held | after).items() if pair[0] not in removes)))


@cache
def _parsed(text: str) -> tuple[list[str], list[str], list[str]]:
    """Return the attributes that a statement sets, removes, and compares; one that inserts compares none."""
    head, _, where = text.partition(" WHERE ")
    sets = re.findall(r"'(\w+)': \?" if head.startswith("INSERT") else r'SET "(\w+)"=\?', head)
    return sets, re.findall(r'REMOVE "(\w+)"', head), re.findall(r'"(\w+)"=\?', where)


seconds = cache(read_seconds)  # the same few times are read millions of times


@cache
def essence(item: Item) -> Item:
    """Return an item without what no step of a delivery looks at."""
    return tuple(pair for pair in item if pair[0] not in _AGES)


@cache
def at_rest(item: Item, now: float, start: float) -> Item:
    """Return an item with its times moved from `now` to `start`, without its age and the name of its last owner.

    While nobody is at work no code can tell the difference, and there are fewer states. What is past counts as just
    past.
    """
    return tuple((name, _renamed(name, value, now, start)) for name, value in item)


def _renamed(name: str, value: Value, now: float, start: float) -> Value:
    if name in _TIMES or name == "openUntil":
        moved = min(max(seconds(str(value[1])) - now, 0), _FAR) + start
        return "S", iso(moved)
    if name == "ttl":
        return "N", "9999999999"
    if name in {"since", "probedAt"}:
        return "N", "1"
    if name in _AGES:
        return "S", "2001-09-09T01:46:40.000Z"
    return ("S", "past") if name == "owner" else value


def times(items: Iterable[Item]) -> set[float]:
    """Return the times at which something changes for some item."""
    return {seconds(str(value[1])) for item in items for name, value in item if name in _TIMES}
