"""Find all items that hold one number, show them to the person, and replace the number by a hash.

An item holds a number if its digits, with no other digit beside them, are anywhere in it: in a key, in an attribute, or
inside one, such as a value of `metadata`.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from realtime_sms.aws.caps import recipient_key
from realtime_sms.aws.forgotten import FORGOTTEN_MARK, PREFIX, Hashes, is_of_bulk, pattern
from realtime_sms.aws.requests import Requests
from realtime_sms.aws.submissions import read_item
from realtime_sms.aws.table import (
    CAPS,
    FORGOTTEN,
    OPT_OUTS,
    UNMATCHED_REPORTS,
    Key,
    Table,
    Update,
    from_attribute,
    key_of,
    shard,
    shards,
)
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Status
from rtsms.bulk.mail_merge import request_id as id_of_row
from rtsms.table_scan import Item

ENTRY = "entry of the API"
OUTCOME = "outcome"
_OF_REQUESTS = {ENTRY, OUTCOME}
_KINDS = {OPT_OUTS: "opt-out", UNMATCHED_REPORTS: "unmatched report"}
_TECHNICAL = {"openShard", "openUntil", "untracedRecipient", "owner", "contentHash", "ttl"}  # no data of a person
_CONTENT = "contentHash"
_NOTES = "#"  # what the sort key of an entry begins with; those of outcomes follow
_MOST = 10_000  # items of a request: more than it has recipients
_LONGEST_CAMPAIGN = 64  # characters of a campaign's id
_UNFINISHED = {Status.SENDING, Status.WAITING}

type Find = Callable[[Collection[Key]], set[Key]]


def find_items(items: Iterable[Item], number: str) -> list[Item]:
    """Return the items that hold a number."""
    holds = pattern(number).search
    return [item for item in items if holds(_written(item))]


def find_to_forget(items: Iterable[Item], number: str, hashes: Hashes) -> list[Item]:
    """Return the items that hold a number, and what an earlier version left unfinished under its hash."""
    holds, hashed = pattern(number).search, hashes.of(number)
    found = ((item, _written(item)) for item in items)
    return [item for item, said in found if holds(said) or (hashed in said and not _is_forgotten(item, number, hashes))]


def _is_forgotten(item: Item, number: str, hashes: Hashes) -> bool:
    """Return True if forgetting the number leaves an item as it is."""
    current = item | _content(item, hashes)
    return not key_of(item)[0].startswith(CAPS) and _without(number, current, hashes) == item


def _written(item: Item) -> str:
    """Return an item as JSON without escapes: an escape can end with a digit, which would hide a number after it."""
    return json.dumps(item, ensure_ascii=False)


def requests_of(table: Table, items: Iterable[Item]) -> dict[str, list[Item]]:
    """Return all items of the requests to which these items belong, by request id."""
    ids = {key_of(item)[0] for item in items if kind_of(item) in _OF_REQUESTS}
    return {request_id: table.query(request_id, _NOTES, _MOST) for request_id in sorted(ids)}


def unfinished(held: Mapping[str, Iterable[Item]], requests: Requests, forgotten: Find | None) -> list[str]:
    """Return the ids of requests that may still send, to the number or to others.

    `forgotten` finds outcomes of which only a hash is left; it is None if no number was ever forgotten.
    """
    found = {request_id: _unfinished(request_id, items, requests) for request_id, items in held.items()}
    keys = {(request_id, one) for request_id, some in found.items() for one in some}
    keys -= forgotten(keys) if forgotten and keys else set()
    return sorted({request_id for request_id, _ in keys})


def _unfinished(request_id: str, items: Iterable[Item], requests: Requests) -> set[str]:
    """Return the recipients of a request that may still be sent to."""
    outcomes = [read_item(item) for item in items if kind_of(item) == OUTCOME]
    ended = {one.recipient for one in outcomes if isinstance(one, Submission) and one.status not in _UNFINISHED}
    named = {key_of(item)[1] for item in items if kind_of(item) == OUTCOME}
    # An entry of the API has no outcomes until its message is taken up, or if it is superseded.
    summary = requests.summary(request_id)
    if summary.entry is not None and not summary.superseded:
        accepted = {one for group in summary.entry.groups for one in group.recipients}
        named |= {one for one in accepted if not one.startswith(PREFIX)}  # who was forgotten had ended
    return named - ended


def exported(item: Item, number: str) -> Mapping[str, object]:
    """Return an item as plain JSON for the person, without technical attributes and without other people's numbers.

    The item may be another recipient's: then the number is in its metadata or in its request id.
    """
    values = {name: from_attribute(value) for name, value in item.items() if name not in _TECHNICAL}
    if kind_of(item) == OUTCOME and values["recipient"] != number:
        values["recipient"] = "somebody else"
    if "groups" in values:
        values["groups"] = [
            {**group, "recipients": [number]} for group in values["groups"] if number in group["recipients"]
        ]
    kept: Mapping[str, object] = json.loads(json.dumps(values, default=str))
    return kept


def forget(table: Table, items: Iterable[Item], held: Mapping[str, Iterable[Item]], number: str, hashes: Hashes) -> int:
    """Replace the number in every item; return how many items changed meanwhile and still hold it.

    `held` has all items of the requests. Their content hashes are replaced first, also those of other recipients: each
    hash covers all numbers of its request. Entries of the API are next. If their outcomes came first and the run ended
    in between, the next run would take the requests for unfinished.
    """
    for item in (one for of_request in held.values() for one in of_request):
        _hide_content(table, item, hashes)
    return sum(not _replace(table, one, number, hashes) for one in sorted(items, key=lambda one: kind_of(one) != ENTRY))


def _replace(table: Table, item: Item, number: str, hashes: Hashes) -> bool:
    """Replace the number in an item; return False if it was changed meanwhile.

    A count of messages is deleted: it is not looked up under the hash, and could tell request ids with the number.
    """
    current = item | _content(item, hashes)
    after = _without(number, current, hashes)
    partition = key_of(item)[0]
    if partition.startswith(CAPS):
        table.pop(key_of(item))
        return True
    if partition == OPT_OUTS:  # marked first, so that no event reports a removal
        marked = current | {FORGOTTEN_MARK: {"BOOL": True}}
        if not (_keep_scope(table, item, key_of(after)) and table.rewrite(current, marked)):
            return False
        current = marked
    if kind_of(item) == OUTCOME and key_of(after)[0] != partition:
        table.pop(recipient_key(key_of(item)[1]))  # its recipient's count, which has a hash of this id
    return table.rewrite(current, after)


def _keep_scope(table: Table, item: Item, key: Key) -> bool:
    """Widen the opt-out that the hash has already, if there is one and this one stops all messages."""
    stays = table.get(key)
    if stays is None or "scope" not in stays or "scope" in item:
        return True
    wider = {name: value for name, value in stays.items() if name != "scope"}
    return table.put(wider, "createdAt = :createdAt", {":createdAt": stays["createdAt"]})


def _without(number: str, item: Item, hashes: Hashes) -> Item:
    """Return an item with a hash in the place of the number, also in the keys of the table and of the indexes."""
    after: Item = json.loads(pattern(number).sub(hashes.of(number), _written(item)))
    for name in ("untracedRecipient", FORGOTTEN_MARK):
        after.pop(name, None)
    if kind_of(item) in _OF_REQUESTS and _tells(item, number):
        after["requestId"] = {"S": hashes.of(key_of(item)[0])}
    if kind_of(item) == OUTCOME and "openShard" in item:  # chosen by the recipient
        names = shards(item["openShard"]["S"].rpartition("-")[0])
        after["openShard"] = {"S": shard(key_of(after)[1], names)}
    return after


def _tells(item: Item, number: str) -> bool:
    """Return True if a request id holds the number, or if `rtsms bulk` made it of the number or of a key."""
    request_id = key_of(item)[0]
    if pattern(number).search(request_id):
        return True
    campaign = request_id.rpartition(":")[0]
    if not is_of_bulk(request_id) or len(campaign) > _LONGEST_CAMPAIGN:
        return False
    return item.get("campaign") == {"S": campaign} or request_id == id_of_row(campaign, number)


def _hide_content(table: Table, item: Item, hashes: Hashes) -> None:
    """Replace a content hash by a keyed hash of it, so that nobody can test guesses of text and numbers against it."""
    if hidden := _content(item, hashes):
        values = {":plain": item[_CONTENT], ":hidden": hidden[_CONTENT]}
        table.update(key_of(item), Update((f"{_CONTENT} = :hidden",), (), f"{_CONTENT} = :plain", values))


def _content(item: Item, hashes: Hashes) -> Item:
    """Return the attribute that replaces the content hash of an item; empty if there is none, or it was replaced."""
    written = item.get(_CONTENT, {}).get("S", PREFIX)
    return {} if written.startswith(PREFIX) else {_CONTENT: {"S": hashes.of(written)}}


def record(table: Table, now: str, kinds: Mapping[str, int], *, owner: str) -> None:
    """Leave a dated record of what was forgotten, without the number."""
    counts: Any = {kind: {"N": str(count)} for kind, count in kinds.items()}
    key = {"requestId": {"S": FORGOTTEN}, "recipient": {"S": f"{now}.{owner}"}}
    table.put({**key, "createdAt": {"S": now}, "items": {"M": counts}})


def kind_of(item: Item) -> str:
    """Return the kind of an item, in the words that an operator reads."""
    partition, sort = key_of(item)
    if partition.startswith("#"):
        return _KINDS.get(partition, "counter")
    return ENTRY if sort.startswith("#") else OUTCOME
