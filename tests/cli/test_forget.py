"""`rtsms forget` and `rtsms export`, on the table of an embedded AWS."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from realtime_sms.aws.caps import RecipientCap, Window
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.forgotten import MARKER, Forgotten, Hashes
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.requests import Addressed, Entry, Requests
from realtime_sms.aws.submissions import Applied, Submissions
from realtime_sms.aws.table import FORGOTTEN, Key, Table, as_key, key_of, seconds
from realtime_sms.aws.unmatched_reports import UnmatchedReports
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.opt_out import OptOut
from realtime_sms.outcomes.submission import Submission
from realtime_sms.provider.reports import DeliveryUpdate, Info, Report
from realtime_sms.requests.envelope import open_envelope
from realtime_sms.requests.prepare import Defaults, prepare
from realtime_sms.vocabulary import Delivery, OptOutScope, Status
from rtsms import personal_data
from rtsms.bulk.mail_merge import request_id as id_of_row
from rtsms.output import Output
from rtsms.stack import Stack, StackValues
from rtsms.table_scan import scan_items
from tests.cli.fakes import OUTPUTS, PARAMETERS, FakeClient, FakeSession, Ran, run
from tests.conftest import Store
from tests.fakes.submissions import NOW, SUBMITTED, UNKNOWN

NUMBER, OTHER, LONGER = "+56912345678", "+56987654321", "+569123456789"
KEY = "k" * 43


@dataclass(frozen=True)
class EmbeddedStack(Stack):
    """A stack whose table is on the embedded AWS."""

    client: Any = None

    def store(self, parallel_calls: int = 1) -> Table:  # noqa: ARG002 (as the stack's)
        """Return the table."""
        return Table(self.client, self.table, ttl_days=45)


@pytest.fixture
def stack(store: Store) -> EmbeddedStack:
    """Return a stack whose table holds a number in every place in which one can stand, and two others."""
    secrets = FakeClient(get_secret_value={"SecretString": KEY})
    outputs = OUTPUTS | {"OutcomesTableName": store.table, "ForgetKeySecretArn": "arn:key"}
    session: Any = FakeSession({"secretsmanager": secrets})
    values = StackValues("sms", "output", outputs), StackValues("sms", "parameter", PARAMETERS)
    made = EmbeddedStack("sms", session, *values, client=store.client)
    table = made.store()
    metadata = {"phone": NUMBER.removeprefix("+"), "order": "4711", "note": f"café{NUMBER.removeprefix('+')}"}
    _hold(table, replace(SUBMITTED, recipient=NUMBER, metadata=metadata), replace(SUBMITTED, recipient=OTHER))
    _hold(table, replace(UNKNOWN, request_id="r-2", recipient=NUMBER), replace(SUBMITTED, recipient=LONGER))
    entry = Entry(request_id="r-1", content_hash="same", groups=(Addressed(0, 1, (NUMBER, OTHER)),), created_at=NOW)
    Requests(table).create(entry)
    OptOuts(table).add(NUMBER, source="inbound", now=NOW)
    UnmatchedReports(table).keep(Report("77", NUMBER, DeliveryUpdate(Delivery.DELIVERED, None)), NOW)
    return made


def _hold(table: Table, *submissions: Submission) -> None:
    results = Submissions(table).apply([Change(None, one) for one in submissions])
    assert all(isinstance(one, Applied) for one in results)


def _forget(stack: Stack, *more: str) -> Ran:
    return run("forget", NUMBER, "--yes", "--wait", "0", "--json", *more, stack=stack)


def _hashes() -> Hashes:
    client: Any = FakeClient(get_secret_value={"SecretString": KEY})
    return Hashes(client, "arn:key")


def _kept(store: Store) -> Mapping[tuple[str, str], dict[str, Any]]:
    """Return all items but those with the time of a run: the records of what was forgotten, and the marker."""
    return {key_of(item): item for item in store.items() if key_of(item)[0] != FORGOTTEN}


def test_no_trace_of_a_number_is_left(stack: EmbeddedStack, store: Store) -> None:
    """In no key and no attribute, with or without its plus sign; other numbers stay, also one that begins like it."""
    ran = _forget(stack)
    assert (ran.code, ran.answer["replaced"], ran.answer["left"]) == (0, 5, 0)
    written = json.dumps(store.items())
    assert NUMBER.removeprefix("+") not in written.replace(LONGER, "")
    assert OTHER in written
    assert LONGER in written
    assert store.client.get_item(
        TableName=store.table, Key={"requestId": {"S": MARKER[0]}, "recipient": {"S": MARKER[1]}}
    )


def test_what_is_left_is_still_found(stack: EmbeddedStack) -> None:
    """The sender finds that the request is finished and the number opted out; a late report finds its outcome."""
    _forget(stack)
    table, hashes = stack.store(), _hashes()
    keys = [("r-1", NUMBER), ("r-2", NUMBER), ("r-3", NUMBER), ("r-1", OTHER)]
    assert Forgotten(table, hashes).finished(keys) == set(keys[:2])
    assert OptOuts(table).find([NUMBER, OTHER], hashes.of).keys() == {NUMBER}
    assert not OptOuts(table).find([NUMBER])
    found = Requests(table).find(str(SUBMITTED.submission_id))
    assert found is not None
    assert found.status is Status.SUBMITTED


def test_an_operator_who_looks_a_number_up_learns_that_it_is_opted_out(stack: EmbeddedStack) -> None:
    """The list itself shows a hash; the number leads to the entry, which can be changed and removed."""
    _forget(stack)
    hashed = _hashes().of(NUMBER)
    for more in ((), ("--show-numbers",)):
        assert run("optout", "list", "--json", *more, stack=stack).answer["number"] == hashed
    shown = run("optout", "show", NUMBER, "--json", stack=stack)
    assert (shown.code, shown.answer["number"], shown.answer["source"]) == (0, NUMBER, "inbound")
    again = run("optout", "add", NUMBER, "--scope", "promotional", "--json", stack=stack).answer
    assert (again["createdAt"], again["scope"]) == (shown.answer["createdAt"], "promotional")
    assert run("optout", "remove", NUMBER, "--json", stack=stack).answer["number"] == NUMBER
    assert run("optout", "show", NUMBER, stack=stack).code == 3
    assert OptOuts(stack.store()).page("", 10) == []


def test_an_import_does_not_bring_a_forgotten_number_back(stack: EmbeddedStack, store: Store, tmp_path: Path) -> None:
    """It is on the list already."""
    _forget(stack)
    before, sheet = store.items(), tmp_path / "bajas.csv"
    sheet.write_text(f"numero\n{NUMBER}\n", encoding="utf-8")
    assert run("optout", "import", str(sheet), "--yes", "--json", stack=stack).answer["listed"] == 1
    assert store.items() == before


def test_a_request_whose_id_holds_the_number_is_still_found(stack: EmbeddedStack, store: Store) -> None:
    """Its id is replaced as a whole, for all its recipients; so the sender has to look under the id's own hash."""
    request_id = f"otp-{NUMBER.removeprefix('+')}"
    for number in (NUMBER, OTHER):
        _hold(stack.store(), replace(SUBMITTED, request_id=request_id, recipient=number))
    _forget(stack)
    keys = [(request_id, NUMBER), (request_id, OTHER)]
    assert Forgotten(stack.store(), _hashes()).finished([*keys, ("otp-56911111111", OTHER)]) == set(keys)
    assert NUMBER.removeprefix("+") not in json.dumps(store.items()).replace(LONGER, "")


def test_a_request_of_a_campaign_is_still_found_and_its_id_cannot_be_guessed(
    stack: EmbeddedStack, store: Store
) -> None:
    """It is a hash of number or key, whose key is the campaign's id: who tries all finds the one. Others' ids stay."""
    by_number, by_key, others = id_of_row("old", NUMBER), id_of_row("spring", "12.345.678-5"), id_of_row("order", "7")
    campaigns = {by_number: None, by_key: "spring", others: None, f"{'a' * 70}{others}": None}
    for of_row, campaign in campaigns.items():
        _hold(stack.store(), replace(SUBMITTED, request_id=of_row, recipient=NUMBER, campaign=campaign))
    _forget(stack)
    keys = {(of_row, NUMBER) for of_row in campaigns}
    assert Forgotten(stack.store(), _hashes()).finished(keys) == keys
    assert [one for one in campaigns if one in json.dumps(store.items())] == list(campaigns)[2:]


def test_what_was_posted_again_after_forgetting_can_be_forgotten_too(stack: EmbeddedStack, store: Store) -> None:
    """The API does not find the request, whose id was replaced, and keeps it anew; no outcome of it will come."""
    request_id = f"otp-{NUMBER.removeprefix('+')}"
    _hold(stack.store(), replace(SUBMITTED, request_id=request_id, recipient=NUMBER))
    _forget(stack)
    groups = (Addressed(0, 1, (NUMBER,)),)
    Requests(stack.store()).create(Entry(request_id=request_id, content_hash="h", groups=groups, created_at=NOW))
    ran = _forget(stack)
    assert (ran.code, ran.answer["items"]) == (0, {"entry of the API": 1})
    assert NUMBER.removeprefix("+") not in json.dumps(store.items()).replace(LONGER, "")


@pytest.mark.parametrize("recipient", [NUMBER, OTHER])
def test_no_count_is_left_of_messages_whose_ids_hold_the_number(
    stack: EmbeddedStack, store: Store, recipient: str
) -> None:
    """It has hashes of the ids, without a key: whoever tries all numbers finds the one."""
    request_id = f"otp-{NUMBER.removeprefix('+')}"
    counted = replace(SUBMITTED, request_id=request_id, recipient=recipient)
    _hold(stack.store(), counted)
    assert RecipientCap(stack.store(), [Window(5, 3_600)]).count([counted], NOW) == [None]
    mark = hashlib.sha256(request_id.encode()).hexdigest()[:16]
    assert mark in json.dumps(store.items())
    assert _forget(stack).answer["left"] == 0
    assert mark not in json.dumps(store.items())


def test_an_opt_out_from_all_messages_outlives_a_narrower_one_that_was_forgotten(stack: EmbeddedStack) -> None:
    """Both are there if a version that knew no hashes put the number on the list again."""
    assert run("optout", "add", NUMBER, "--scope", "promotional", "--json", stack=stack).code == 0
    _forget(stack)
    OptOuts(stack.store()).add(NUMBER, source="inbound", now=NOW)
    _forget(stack)
    assert OptOuts(stack.store()).find([NUMBER], _hashes().of) == {NUMBER: OptOutScope.ALL}


def test_no_content_hash_is_left_that_was_made_with_the_number(stack: EmbeddedStack, store: Store) -> None:
    """Not of other recipients of the same request either; who knows text, numbers and key still finds it the same."""
    _forget(stack)
    kept = {key_of(item): item["contentHash"]["S"] for item in store.items() if "contentHash" in item}
    hashed, entry, content = _hashes().of(NUMBER), _hashes().of("same"), _hashes().of(SUBMITTED.content_hash)
    of_request = dict.fromkeys([("r-1", one) for one in (hashed, OTHER, LONGER)], content)
    assert kept == of_request | {("r-1", "#request"): entry, ("r-2", hashed): content}
    assert _hashes().hides(content, SUBMITTED.content_hash)
    assert not _hashes().hides(content, "other")
    assert run("forget", OTHER, "--yes", "--wait", "0", "--json", stack=stack).code == 0
    again = {item["contentHash"]["S"] for item in store.items() if key_of(item)[0] == "r-1" and "contentHash" in item}
    assert {content, entry} <= again


def test_the_command_knows_a_request_again_whose_content_hash_was_replaced(stack: EmbeddedStack) -> None:
    """Sent or cancelled with its text, it is no other request."""
    body = {"requestId": "r", "recipients": [NUMBER], "sender": "96000", "message": {"text": "a"}}
    prepared = prepare(open_envelope(json.dumps(body), "m"), Defaults())
    stored = {prepared.content_hash: True, _hashes().of(prepared.content_hash): True, _hashes().of("2:other"): False}
    assert {one: stack.is_same_content(prepared, one) for one in stored} == stored


def test_the_first_run_waits_and_one_that_was_killed_meanwhile_waits_on(
    stack: EmbeddedStack, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until every send function looks for hashes; nothing is replaced before that."""
    slept: list[float] = []

    def killed(seconds: float) -> None:
        slept.append(seconds)
        assert NUMBER in json.dumps(store.items())
        if len(slept) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr("rtsms.forget.time", SimpleNamespace(time=time.time, sleep=killed))
    codes = [run("forget", NUMBER, "--yes", "--rate", "1000000", stack=stack).code for _ in range(3)]
    assert codes == [130, 0, 0]
    assert len(slept) == 2
    assert all(60 < one <= 75 for one in slept)


def test_a_mark_of_the_first_version_gets_its_time(stack: EmbeddedStack, store: Store) -> None:
    """It had none; so the command waits once more."""
    assert stack.store().create(as_key(MARKER)) is None
    assert _forget(stack).code == 0
    (marker,) = [item for item in store.items() if key_of(item) == MARKER]
    assert abs(seconds(marker["createdAt"]["S"]) - time.time()) < 60


def test_what_the_first_version_left_is_replaced_too(stack: EmbeddedStack, store: Store) -> None:
    """It kept the content hash, ids that bulk made of the number, and counts, under the hash of the number."""
    table, hashed = stack.store(), _hashes().of(NUMBER)
    _forget(stack)
    of_row, kept = id_of_row("spring", NUMBER), _kept(store)
    _hold(table, replace(SUBMITTED, request_id=of_row, recipient=hashed))
    assert RecipientCap(table, [Window(5, 3_600)]).count([replace(SUBMITTED, recipient=hashed)], NOW) == [None]
    assert _forget(stack).answer["items"] == {"outcome": 1, "counter": 1}
    assert Forgotten(table, _hashes()).finished([(of_row, NUMBER)])
    assert kept.items() <= _kept(store).items()
    assert [one for one in (of_row, SUBMITTED.content_hash, "#cap") if one in json.dumps(store.items())] == []
    assert _forget(stack).answer["replaced"] == 0


def test_what_a_forgotten_message_cost_is_still_asked_once(stack: EmbeddedStack) -> None:
    """The place in the queue of questions follows the hash."""
    deliveries = Deliveries(stack.store(), ask_cost=True)
    assert deliveries.record(("r-1", NUMBER), str(SUBMITTED.submission_id), DeliveryUpdate(Delivery.DELIVERED), NOW)
    _forget(stack)
    (key,) = deliveries.to_price(NOW + 61, 10)
    assert key == ("r-1", _hashes().of(NUMBER))
    assert deliveries.record_cost(key, Info(cost="0.35"))
    assert deliveries.to_price(NOW + 61, 10) == []


def test_killed_half_way_and_repeated_it_ends_the_same(
    stack: EmbeddedStack, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it is killed between two writes."""
    before = store.items()
    writes = Writes(monkeypatch)
    assert _forget(stack).code == 0
    whole, needed = _kept(store), writes.made
    assert needed == 11  # 5 content hashes, 5 items, and the mark of the opt-out
    for most in range(needed):
        store.clear()
        for item in before:
            store.client.put_item(TableName=store.table, Item=item)
        writes.left = most
        with pytest.raises(KeyboardInterrupt):
            _killed(stack)
        writes.left = needed
        assert _forget(stack).code == 0
        assert _kept(store) == whole


class Writes:
    """The writes to the table from now on: how many there were, and how many are left until one fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made, self.left = 0, 100
        for name in ("rewrite", "update"):
            monkeypatch.setattr(Table, name, self._counted(getattr(Table, name)))

    def _counted(self, write: Callable[..., bool]) -> Callable[..., bool]:
        def counted(*arguments: object) -> bool:
            if not self.left:
                raise KeyboardInterrupt
            self.made, self.left = self.made + 1, self.left - 1
            return write(*arguments)

        return counted


def _killed(stack: Stack) -> None:
    """Run it without the command's own handling of an interrupt."""
    table, items = stack.store(), personal_data.find_items(scan_items(stack, Output(as_json=True), 1_000_000), NUMBER)
    personal_data.forget(table, items, personal_data.requests_of(table, items), NUMBER, _hashes())


@pytest.mark.parametrize("status", [Status.WAITING, Status.SENDING])
def test_while_something_is_unfinished_nothing_is_forgotten(stack: EmbeddedStack, store: Store, status: Status) -> None:
    """It says which request, and what to do."""
    _hold(stack.store(), replace(SUBMITTED, request_id="r-9", recipient=NUMBER, status=status))
    before = store.items()
    ran = _forget(stack)
    assert (ran.code, "r-9" in ran.error["where"], "rtsms cancel" in ran.error["toDo"]) == (1, True, True)
    assert store.items() == before


def test_while_another_recipient_of_a_request_is_unfinished_nothing_is_forgotten(stack: EmbeddedStack) -> None:
    """Its message is still on its way, and holds the number."""
    _hold(stack.store(), replace(SUBMITTED, request_id="r-2", recipient=OTHER, status=Status.WAITING))
    assert "r-2" in _forget(stack).error["where"]


def test_a_request_that_is_still_on_the_queue_is_unfinished(stack: EmbeddedStack) -> None:
    """The API knows it, and nothing became of it yet."""
    groups = (Addressed(0, 1, (NUMBER,)),)
    Requests(stack.store()).create(Entry(request_id="r-8", content_hash="h", groups=groups, created_at=NOW))
    assert "r-8" in _forget(stack).error["where"]


def test_what_changes_meanwhile_is_left_to_the_next_run(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its transaction does not find the item as it was read."""
    rewrite = Table.rewrite
    monkeypatch.setattr(Table, "rewrite", lambda table, old, new: rewrite(table, {**old, "asks": {"N": "7"}}, new))
    ran = _forget(stack)
    assert (ran.code, ran.answer["left"]) == (1, 5)
    monkeypatch.setattr(Table, "rewrite", rewrite)
    assert _forget(stack).answer["left"] == 0


@pytest.mark.parametrize("other", [NUMBER, OTHER])
def test_two_operators_who_forget_at_once_end_the_same(
    stack: EmbeddedStack, store: Store, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """The same number, or two of one request: who is late repeats it, and is not told that a request is unfinished."""

    def meanwhile(*_: object) -> None:
        monkeypatch.undo()
        assert run("forget", other, "--yes", "--wait", "0", "--json", stack=stack).code == 0

    monkeypatch.setattr("rtsms.forget._let_senders_know", meanwhile)
    assert _forget(stack).code == 1
    assert _forget(stack).code == 0
    assert NUMBER.removeprefix("+") not in json.dumps(store.items()).replace(LONGER, "")
    assert Forgotten(stack.store(), _hashes()).finished([("r-1", NUMBER), ("r-1", other)])


def test_an_export_holds_everything_of_the_person_and_nobody_else(stack: EmbeddedStack) -> None:
    """Other recipients of the same request are no business of theirs, nor is who got an SMS about them."""
    _hold(stack.store(), replace(SUBMITTED, request_id="r-3", recipient=OTHER, metadata={"about": NUMBER}))
    ran = run("export", NUMBER, "--json", stack=stack)
    assert ran.code == 0
    assert len(ran.answer["items"]) == 6
    assert OTHER not in ran.out
    assert LONGER not in ran.out
    assert NUMBER.removeprefix("+") in [one.get("metadata", {}).get("phone") for one in ran.answer["items"]]


def test_of_a_number_that_is_nowhere_nothing_is_changed(stack: EmbeddedStack, store: Store) -> None:
    """No marker either, which would cost every later send a read."""
    before = store.items()
    ran = run("forget", "+56955555555", "--yes", "--wait", "0", "--json", stack=stack)
    assert (ran.code, ran.answer["replaced"]) == (0, 0)
    assert store.items() == before


def test_what_is_already_there_under_a_hash_stays(stack: EmbeddedStack, store: Store) -> None:
    """Such as the first outcome of a message that met the command, and was refused a second one."""
    _forget(stack)
    before = _kept(store)
    _hold(stack.store(), replace(SUBMITTED, recipient=NUMBER, status=Status.FAILED))
    assert _forget(stack).answer["replaced"] == 1
    assert _kept(store) == before


def test_who_opts_in_after_a_killed_run_is_announced(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry has the mark then, with which no event reports its end; so it ends a second time without it."""
    table, taken, ended = stack.store(), Table.pop, list[Any]()

    def pop(table: Table, key: Key) -> dict[str, Any] | None:
        ended.append(item := taken(table, key))
        return item

    monkeypatch.setattr(Table, "pop", pop)
    (item,) = table.query("#optout", "+", 2)
    assert table.rewrite(item, item | {"forgotten": {"BOOL": True}})
    assert OptOuts(table).remove(NUMBER) == OptOut(NUMBER, "inbound", NOW)
    assert ended[-1] == item
    assert OptOuts(table).remove(NUMBER) is None


def test_an_opt_out_is_marked_before_its_number_goes() -> None:
    """So that no event tells subscribers that the number is off the list."""
    written: list[tuple[dict[str, Any], dict[str, Any]]] = []

    class Rewriting(Table):
        def get(self, key: Key) -> None:
            assert key == ("#optout", _hashes().of(NUMBER))

        def rewrite(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
            written.append((dict(before), dict(after)))
            return True

    client: Any = None
    item = {"requestId": {"S": "#optout"}, "recipient": {"S": NUMBER}, "source": {"S": "api"}}
    assert personal_data.forget(Rewriting(client, "t"), [item], {}, NUMBER, _hashes()) == 0
    marked = item | {"forgotten": {"BOOL": True}}
    assert written == [(item, marked), (marked, item | {"recipient": {"S": _hashes().of(NUMBER)}})]
