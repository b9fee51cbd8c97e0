"""Each inbound SMS is an event on the bus, and RealTime's 200 means that the bus has it."""

import io
import json
from typing import Any

import jsonschema_rs
import pytest

from realtime_sms.aws.opt_outs import read_entry
from realtime_sms.outcomes import received
from realtime_sms.vocabulary import OptOutScope
from tests.callbacks.callbacks import BUS, KEY, OLD_KEY, Callbacks
from tests.conftest import Store
from tests.fakes.aws.secretsmanager import SecretsClient
from tests.fakes.submissions import NOW

NUMBER = "+56911112222"
VALID = jsonschema_rs.Draft202012Validator(received.json_schema(), validate_formats=True)


def _post(callbacks: Callbacks, text: str = "hola", key: str = KEY, **more: Any) -> int:  # noqa: ANN401 (members of the body)
    return callbacks.post("inbound", {"phone": NUMBER[1:], "originator": "8300", "message": text} | more, key)


def test_a_message_is_one_event_without_its_text(callbacks: Callbacks) -> None:
    """The entry names the bus, the source and the type."""
    assert _post(callbacks) == 200
    (entry,) = callbacks.bridge.taken
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == (BUS, "realtime-sms", "SMS Received")
    (detail,) = callbacks.bridge.details
    VALID.validate(detail)
    assert detail == {"version": "1", "id": detail["id"], "from": NUMBER, "to": "8300"}


def test_the_text_is_there_if_the_deployment_says_so(store: Store, callbacks: Callbacks) -> None:
    """And nowhere else."""
    callbacks.inbound_text = True
    assert _post(callbacks, "¿Cuándo llega? \U0001f64f") == 200
    (detail,) = callbacks.bridge.details
    VALID.validate(detail)
    assert detail["text"] == "¿Cuándo llega? \U0001f64f"
    assert store.items() == []


@pytest.mark.parametrize(("text", "wish"), [("BAJA", "opt_out"), ("alta", "opt_in"), ("hola", None)])
def test_the_event_says_what_a_word_asks_for(callbacks: Callbacks, text: str, wish: str | None) -> None:
    """Subscribers need not know the words."""
    assert _post(callbacks, text) == 200
    assert callbacks.bridge.details[0].get("wish") == wish


@pytest.mark.parametrize(
    ("numbers", "sender", "addressee"),
    [
        ({"phone": "8300", "originator": NUMBER[1:]}, NUMBER, "8300"),
        ({"originator": 96000}, NUMBER, "96000"),
        ({"originator": None}, NUMBER, None),
        ({"originator": "x" * 500}, NUMBER, None),
        ({"phone": "5215512345678"}, "+525512345678", "8300"),
    ],
    ids=["wrong way round", "a number", "none", "nonsense", "an old form"],
)
def test_an_event_names_who_wrote_and_to_which_number(
    callbacks: Callbacks, numbers: dict[str, Any], sender: str, addressee: str | None
) -> None:
    """An addressee that is none is absent."""
    assert _post(callbacks, **numbers) == 200
    (detail,) = callbacks.bridge.details
    VALID.validate(detail)
    assert (detail["from"], detail.get("to")) == (sender, addressee)


def test_the_bus_down_is_503_and_the_repeat_makes_exactly_one_opt_out(store: Store, callbacks: Callbacks) -> None:
    """The opt-out is in force at once, and keeps its time."""
    callbacks.bridge.down = True
    assert _post(callbacks, "BAJA") == 503
    before = store.items()
    assert [item["recipient"]["S"] for item in before] == [NUMBER]
    callbacks.bridge.down = False
    callbacks.now = NOW + 300
    assert _post(callbacks, "BAJA") == 200
    assert store.items() == before
    assert len(callbacks.bridge.taken) == 1


def test_a_table_that_is_down_is_503_without_an_event(callbacks: Callbacks) -> None:
    """The repeat does both."""
    callbacks.table = "no-such-table"
    assert (_post(callbacks, "BAJA"), callbacks.bridge.taken) == (503, [])


def test_doubles_have_one_id_and_other_messages_have_others(callbacks: Callbacks) -> None:
    """It is made of sender, addressee, text and hour."""
    hour = NOW - NOW % 3600
    for later in (0, 3599, 3600):
        callbacks.now = hour + later
        assert _post(callbacks) == 200
    callbacks.now = hour
    for text, more in (("hola.", {}), ("hola", {"originator": "8301"}), ("hola", {"phone": "56911112223"})):
        assert _post(callbacks, text, **more) == 200
    ids = [detail["id"] for detail in callbacks.bridge.details]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 5


def test_an_id_does_not_tell_a_text_to_who_guesses_it(store: Store) -> None:
    """Without the callback key the id cannot be made again."""
    ids = set()
    for key in (KEY, OLD_KEY):
        callbacks = Callbacks(store, secrets=SecretsClient({"AWSCURRENT": key}))
        assert _post(callbacks, key=key) == 200
        ids.add(callbacks.bridge.details[0]["id"])
    assert len(ids) == 2


@pytest.mark.parametrize("down", [False, True])
def test_no_text_and_no_number_is_logged(callbacks: Callbacks, log: io.StringIO, *, down: bool) -> None:
    """Also while the bus is down."""
    callbacks.inbound_text, callbacks.bridge.down = True, down
    assert _post(callbacks, "Zanfirox") == (503 if down else 200)
    said = log.getvalue()
    assert ("callback not stored" if down else "inbound message") in said
    assert "Zanfirox" not in said
    assert NUMBER[1:] not in said
    assert "Zanfirox" not in repr(callbacks.ports)
    assert json.dumps(callbacks.bridge.details).count("Zanfirox") == (0 if down else 1)


@pytest.mark.parametrize("scope", OptOutScope)
def test_an_opt_out_has_the_scope_of_the_deployment(store: Store, callbacks: Callbacks, scope: OptOutScope) -> None:
    """An opt-in takes it off, whatever it was."""
    callbacks.scope = scope
    assert _post(callbacks, "BAJA") == 200
    (item,) = store.items()
    assert read_entry(item).scope is scope
    assert (_post(callbacks, "ALTA"), store.items()) == (200, [])
