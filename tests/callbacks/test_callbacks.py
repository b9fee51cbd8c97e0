"""Callbacks: the state is right in every order, and the reply is 200 exactly when it is stored."""

import base64
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_sms.aws.forgotten import MARKER
from realtime_sms.aws.submissions import from_item
from realtime_sms.aws.table import as_key
from realtime_sms.aws.telemetry import Metric, counters
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Delivery
from tests.callbacks.callbacks import KEY, OLD_KEY, Callbacks
from tests.conftest import Store
from tests.fakes import emf
from tests.fakes.submissions import IN_STATE, NOW, NUMBER, SUBMITTED, item_of

ID = "4193366853543393"
TAKEN = replace(SUBMITTED, submission_id=ID, ask_at=NOW + 600)
_QUICK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def plant(store: Store, *submissions: Submission) -> None:
    """Put submissions into the table."""
    for one in submissions:
        store.client.put_item(TableName=store.table, Item=item_of(one))


def only(store: Store) -> dict[str, Any]:
    """Return the one item of the table."""
    (item,) = store.items()
    return item


def test_a_report_raises_the_state_of_its_submission(store: Store, callbacks: Callbacks) -> None:
    """And RealTime is asked no more; all else stays as it was."""
    plant(store, TAKEN)
    assert callbacks.report(ID, NUMBER, 1) == 200
    item = only(store)
    assert from_item(item) == replace(TAKEN, delivery=Delivery.DELIVERED, delivery_at=NOW, ask_at=None)
    assert not {"openShard", "openUntil"} & item.keys()


def test_a_report_that_is_not_the_last_leaves_the_asking(store: Store, callbacks: Callbacks) -> None:
    """What is pending may stay so, if no other report comes."""
    plant(store, TAKEN)
    assert callbacks.report(ID, NUMBER, 4) == 200
    assert from_item(only(store)) == replace(TAKEN, delivery=Delivery.PENDING, delivery_at=NOW)


@given(st.data())
@_QUICK
def test_reports_in_any_order_give_the_same_state(running_store: Store, data: st.DataObject) -> None:
    """Doubled, too; on an outcome as on a report whose outcome is not known yet. Each is answered with 200."""
    statuses = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=5))
    order = data.draw(st.permutations([*statuses, *statuses[:2]]))
    known = data.draw(st.booleans())
    states = []
    for some in (statuses, order):
        running_store.clear()
        if known:
            plant(running_store, TAKEN)
        callbacks = Callbacks(running_store)
        assert {callbacks.report(ID, NUMBER, status) for status in some} == {200}
        item = only(running_store)
        states.append((item["delivery"], item.get("deliveryReason")))
    assert states[0] == states[1]


def test_a_report_of_an_unknown_id_is_kept(store: Store, callbacks: Callbacks) -> None:
    """It may have come before our own write; it goes by itself, and the index of what is due has it."""
    assert callbacks.report(ID, NUMBER, 1) == 200
    item = only(store)
    assert (item["requestId"]["S"], item["recipient"]["S"], item["phone"]["S"]) == ("#report", ID, NUMBER)
    assert (item["delivery"]["S"], int(item["ttl"]["N"])) == ("delivered", NOW + 7 * 86400)
    assert item["openShard"]["S"].startswith("stray-")


def test_a_report_that_names_another_number_changes_no_outcome(store: Store, callbacks: Callbacks) -> None:
    """Results of one call are matched by position: a mismatch would show here, and must not be believed either way."""
    plant(store, TAKEN)
    assert callbacks.report(ID, "+56999999999", 1) == 200
    assert from_item(next(one for one in store.items() if one["requestId"]["S"] == "r-1")) == TAKEN


@pytest.mark.parametrize("status", [one for one in IN_STATE if one != "submitted"])
def test_a_report_to_the_number_of_what_is_not_submitted_changes_nothing_at_once(
    store: Store, callbacks: Callbacks, status: str
) -> None:
    """Sending may yet be recorded, failed was proven by RealTime's own reply, unknown waits for certainty."""
    before = next(one for name, one in IN_STATE.items() if name == status)
    plant(store, before)
    assert callbacks.report(ID, NUMBER, 1) == 200
    assert from_item(next(one for one in store.items() if one["requestId"]["S"] == "r-1")) == before


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_HOSTILE = (
    st.fixed_dictionaries(
        {
            "id": _JSON | st.just(ID),
            "phone": _JSON | st.just(NUMBER[1:]),
            "status": _JSON | st.integers(0, 9),
        }
    ).map(json.dumps)
    | _JSON.map(json.dumps)
    | st.text(max_size=40)
    | st.sampled_from(["[" * 5000, "x" * 20_000, "\ud800", "{" * 3, '{"id":1e999}'])
)


@given(_HOSTILE)
@_QUICK
def test_the_reply_is_200_exactly_when_it_is_stored(running_store: Store, body: str) -> None:
    """Whatever is posted: a kept report and 200, or neither."""
    running_store.clear()
    status = Callbacks(running_store).post("reports", body)
    assert (status == 200) is (len(running_store.items()) == 1)
    assert status in {200, 400, 413}


def test_what_cannot_be_stored_is_asked_for_again(store: Store, callbacks: Callbacks) -> None:
    """RealTime repeats what is not answered with 200; both kinds."""
    callbacks.table = "no-such-table"
    assert callbacks.report(ID, NUMBER, 1) == 503
    assert callbacks.post("inbound", {"phone": NUMBER[1:], "message": "STOP"}) == 503
    callbacks.table = ""
    assert callbacks.report(ID, NUMBER, 1) == 200
    assert len(store.items()) == 1


@pytest.mark.parametrize("key", ["", "x", KEY[:-1], KEY + "k", KEY.upper(), "\ud800", "é" * 43, OLD_KEY])
@pytest.mark.parametrize("kind", ["reports", "inbound", "other"])
def test_a_wrong_key_finds_nothing(store: Store, callbacks: Callbacks, key: str, kind: str) -> None:
    """And nothing is stored; a right key at another address finds nothing either."""
    body = {"id": ID, "phone": NUMBER[1:], "status": 1, "message": "STOP"}
    assert callbacks.post(kind, body, key) == 404
    assert callbacks.post("other", body) == callbacks.post("", body) == 404
    assert store.items() == []


def test_two_keys_are_valid_while_the_key_is_changed(callbacks: Callbacks) -> None:
    """A new one at once, but for seconds; the one before until the next change."""
    body = {"phone": NUMBER[1:], "message": "hello"}
    assert callbacks.post("inbound", body) == 200
    callbacks.secrets.versions = {"AWSCURRENT": "n" * 43, "AWSPREVIOUS": KEY}
    callbacks.ticks = 11
    assert [callbacks.post("inbound", body, key) for key in ("n" * 43, KEY, OLD_KEY)] == [200, 200, 404]
    callbacks.secrets.versions = {"AWSCURRENT": "m" * 43, "AWSPREVIOUS": "n" * 43}
    callbacks.ticks = 400
    assert [callbacks.post("inbound", body, key) for key in ("m" * 43, "n" * 43, KEY)] == [200, 200, 404]


def test_guessing_does_not_read_the_secret_each_time(callbacks: Callbacks) -> None:
    """Reads cost money, and have a limit."""
    for _ in range(100):
        assert callbacks.post("reports", {}, OLD_KEY) == 404
    assert callbacks.secrets.reads == 2


@pytest.mark.parametrize("value", ["", "short", "k" * 31, "k" * 129, "with spaces in it " * 3])
def test_a_secret_that_could_be_guessed_is_no_key(callbacks: Callbacks, value: str) -> None:
    """503, for RealTime to repeat until there is one."""
    callbacks.secrets.versions = {"AWSCURRENT": value}
    assert callbacks.post("inbound", {"phone": NUMBER[1:], "message": "hello"}, value) == 503


def test_a_secret_that_cannot_be_read_is_no_reason_to_forget_the_key(callbacks: Callbacks) -> None:
    """Before it was ever read, it is 503."""
    body = {"phone": NUMBER[1:], "message": "hello"}
    callbacks.secrets.failing = True
    assert callbacks.post("inbound", body) == 503
    callbacks.secrets.failing = False
    assert callbacks.post("inbound", body) == 200
    callbacks.secrets.failing, callbacks.ticks = True, 4000
    assert callbacks.post("inbound", body) == 200


def test_an_outage_of_the_secret_costs_one_read_each_ten_seconds(callbacks: Callbacks) -> None:
    """Whether who calls has the key or guesses."""
    body = {"phone": NUMBER[1:], "message": "hello"}
    assert callbacks.post("inbound", body) == 200
    callbacks.secrets.failing, callbacks.ticks = True, 4000
    before = callbacks.secrets.reads
    assert [callbacks.post("inbound", body, key) for key in (KEY, "guess" * 9) * 5] == [200, 404] * 5
    assert callbacks.secrets.reads == before + 1
    callbacks.ticks += 11
    assert [callbacks.post("inbound", body, key) for key in (KEY, "guess" * 9) * 5] == [200, 404] * 5
    assert callbacks.secrets.reads == before + 2


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_an_address_takes_post_only(callbacks: Callbacks, method: str) -> None:
    """405, to those who have the key."""
    assert callbacks.post("reports", {}, httpMethod=method) == 405
    assert callbacks.post("reports", {}, OLD_KEY, httpMethod=method) == 404


def test_a_body_may_come_in_base64(store: Store, callbacks: Callbacks) -> None:
    """As API Gateway does with types that it takes for binary; what is none is refused."""
    content = base64.b64encode(json.dumps({"id": ID, "phone": NUMBER[1:], "status": 1}).encode()).decode()
    assert callbacks.post("reports", content, isBase64Encoded=True) == 200
    assert callbacks.post("reports", "*", isBase64Encoded=True) == 400
    assert len(store.items()) == 1


def test_a_body_that_is_too_large_is_refused(callbacks: Callbacks) -> None:
    """413."""
    assert callbacks.post("inbound", {"phone": NUMBER[1:], "message": "x" * 20_000}) == 413


@pytest.mark.parametrize(
    ("callback", "counted"),
    [
        (("inbound", {"phone": "8300", "message": "STOP"}), 1),
        (("inbound", {"phone": NUMBER[1:], "message": "x" * 20_000}), 1),
        (("reports", {}), 1),
        (("reports", "{"), 1),
        (("inbound", {"phone": NUMBER[1:], "message": "hello"}), 0),
        (("reports", {}, OLD_KEY), 0),
    ],
    ids=["no number", "too large", "no report", "no JSON", "readable", "wrong key"],
)
def test_what_cannot_be_read_is_counted(
    callbacks: Callbacks, capsys: pytest.CaptureFixture[str], callback: tuple[Any, ...], counted: int
) -> None:
    """If it came with the key: anybody may post without."""
    counters.write()
    capsys.readouterr()
    callbacks.post(*callback)
    counters.write()
    assert emf.totals(capsys.readouterr().out.splitlines()).get(Metric.CALLBACKS_UNREADABLE, 0) == counted


@pytest.mark.parametrize(("text", "listed"), [("STOP", 1), ("¡baja!", 1), ("stop it", 0), ("", 0), ("gracias", 0)])
def test_a_word_puts_a_number_on_the_list_and_nothing_else_is_kept(
    store: Store, callbacks: Callbacks, log: io.StringIO, text: str, listed: int
) -> None:
    """Each is answered with 200, since nothing of it is left to be stored; no text and no number is logged."""
    assert callbacks.post("inbound", {"phone": NUMBER[1:], "originator": "8300", "message": text}) == 200
    assert [item["recipient"]["S"] for item in store.items()] == [NUMBER] * listed
    said = log.getvalue()
    assert "inbound message" in said
    assert NUMBER[1:] not in said
    assert text in {"", "STOP"} or text not in said


def test_a_message_with_its_numbers_the_wrong_way_round_puts_the_person_on_the_list(
    store: Store, callbacks: Callbacks
) -> None:
    """The short number is ours."""
    body = {"phone": "8300", "originator": NUMBER[1:], "message": "Stop. Thank you"}
    assert callbacks.post("inbound", body) == 200
    assert [item["recipient"]["S"] for item in store.items()] == [NUMBER]


def test_a_number_is_listed_as_its_plan_has_it_today(store: Store, callbacks: Callbacks) -> None:
    """Networks still tell Mexico's numbers with the 1 of before 2019, and the sender would not find that one."""
    for text, listed in (("STOP", ["+525512345678"]), ("ALTA", [])):
        assert callbacks.post("inbound", {"phone": "5215512345678", "message": text}) == 200
        assert [item["recipient"]["S"] for item in store.items()] == listed


def test_a_word_takes_it_off_again_where_the_deployment_has_one(store: Store, callbacks: Callbacks) -> None:
    """Doubled, too."""
    for text in ("STOP", "STOP", "ALTA", "ALTA"):
        assert callbacks.post("inbound", {"phone": NUMBER[1:], "message": text}) == 200
    assert store.items() == []


def test_a_forgotten_person_can_opt_in_again_and_out(store: Store, callbacks: Callbacks) -> None:
    """Of an entry that is a hash, a word for the opposite takes it off; one for the same leaves it as it is."""
    hashed = callbacks.hashes.of(NUMBER)
    entry = {"requestId": "#optout", "recipient": hashed, "source": "inbound", "createdAt": "2027-01-15T08:00:00.000Z"}
    for item in (as_key(MARKER), {name: {"S": value} for name, value in entry.items()}):
        store.client.put_item(TableName=store.table, Item=item)
    for text, listed in (("STOP", {hashed}), ("ALTA", set()), ("ALTA", set()), ("STOP", {NUMBER})):
        assert callbacks.post("inbound", {"phone": NUMBER[1:], "message": text}) == 200
        assert {item["recipient"]["S"] for item in store.items()} - {MARKER[1]} == listed


def test_an_opt_in_whose_hash_cannot_be_made_is_posted_again(store: Store, callbacks: Callbacks) -> None:
    """The person would stay blocked otherwise."""
    callbacks.keys.accept(KEY)  # reads its own secret first
    store.client.put_item(TableName=store.table, Item=as_key(MARKER))
    callbacks.secrets.failing = True
    assert callbacks.post("inbound", {"phone": NUMBER[1:], "message": "ALTA"}) == 503


def test_a_late_report_of_a_forgotten_number_brings_it_not_back(store: Store, callbacks: Callbacks) -> None:
    """It finds its outcome, which has a hash in the place of the number."""
    plant(store, replace(TAKEN, recipient=callbacks.hashes.of(NUMBER)))
    assert callbacks.report(ID, NUMBER, 1) == 200
    assert only(store)["delivery"]["S"] == "delivered"
