import socket
from urllib.parse import quote

import pytest

from local.fake_realtime import Simulator, magic_rows
from tests.local.fake_realtime.caller import ORDINARY, Caller


def test_the_inbox_can_be_read_for_one_phone(caller: Caller) -> None:
    """Each entry says what came, from whom, and how a phone shows it; the plus may be escaped or not."""
    caller.send(ORDINARY, "+56911110001", text="%7F", charset=8)
    assert len(caller.get("/_simulator/inbox").json["messages"]) == 2
    for recipient in (ORDINARY, quote(ORDINARY)):
        (message,) = caller.get(f"/_simulator/inbox?recipient={recipient}").json["messages"]
        assert message["recipient"] == ORDINARY
        assert (message["sender"], message["charset"], message["wireText"]) == ("96000", 8, "%7F")
        assert (message["text"], message["segments"]) == ("\u00e0", 1)
        assert message["submissionId"].isdigit()
        assert message["receivedAt"] > 0


def test_the_inbox_can_be_followed(caller: Caller) -> None:
    """What came after a message is given; after a reset, which the asker cannot know of, all that there is."""
    caller.send(text="first")
    (first,) = caller.get("/_simulator/inbox").json["messages"]
    caller.send(text="second")
    newer = caller.get(f"/_simulator/inbox?after={first['submissionId']}").json
    assert (newer["whole"], [message["text"] for message in newer["messages"]]) == (False, ["second"])
    caller.post("/_simulator/reset", {})
    caller.send(text="third")
    whole = caller.get(f"/_simulator/inbox?after={first['submissionId']}").json
    assert (whole["whole"], [message["text"] for message in whole["messages"]]) == (True, ["third"])


def test_a_long_text_is_listed_with_its_segments(caller: Caller) -> None:
    """Cut where the network cuts it: no surrogate pair apart, and UCS-2 where it was sent so."""
    caller.send(text="0061" * 66 + "D83DDE00" * 2, charset=6)
    (message,) = caller.get("/_simulator/inbox").json["messages"]
    assert (message["segments"], message["parts"]) == (1, ["a" * 66 + "\U0001f600" * 2])
    caller.send(text="0061" * 66 + "D83DDE00" * 3, charset=6)
    *_, message = caller.get("/_simulator/inbox").json["messages"]
    assert (message["segments"], message["parts"]) == (2, ["a" * 66, "\U0001f600" * 3])


def test_the_counters_can_be_read(caller: Caller) -> None:
    """Control calls do not count; the vendor's do."""
    caller.send()
    caller.get("/api/balance")
    assert caller.get("/_simulator/counters").json == {
        "posts": 1,
        "auths": 0,
        "balances": 1,
        "infos": 0,
        "redirectHits": 0,
        "inFlight": 0,
        "inFlightMost": 1,
        "postsByRecipient": {ORDINARY: 1},
    }


def test_the_state_can_be_changed_and_read_without_secrets(caller: Caller) -> None:
    """What is set is told, but no token or credential ever is."""
    state = caller.post("/_simulator/state", {"balance": "2.00", "tokens": ["canary"], "order": "reversed"}).json
    assert (state["balance"], state["order"]) == ("2.00", "reversed")
    assert not {"tokens", "clientId", "clientSecret"} & set(state)
    assert caller.get("/_simulator/state").json == state
    assert caller.post("/_simulator/top-up", {"units": "0.50"}).json == {"balance": "2.50"}


def test_everything_can_be_told_over_http(simulator: Simulator, caller: Caller) -> None:
    """Faults, numbers' outcomes and revocation work as their methods do, and reset undoes them."""
    caller.post("/_simulator/fault", {"outcome": "http_503", "calls": 1})
    caller.post("/_simulator/outcomes", {ORDINARY: "http_500"})
    assert [caller.send(number).status for number in (ORDINARY, ORDINARY, "+56911110001")] == [503, 500, 200]
    caller.post("/_simulator/revoke-tokens", {})
    assert caller.send().status == 401
    caller.post("/_simulator/reset", {})
    assert caller.send().status == 200
    assert simulator.counters.posts == len(simulator.inbox()) == 1


def test_the_magic_numbers_are_listed(caller: Caller) -> None:
    """The console shows the same table as the README."""
    numbers = caller.get("/_simulator/magic").json["numbers"]
    assert [tuple(each.values()) for each in numbers] == list(magic_rows())


@pytest.mark.parametrize(
    ("method", "path", "value", "status"),
    [
        ("POST", "state", {"balnce": "1"}, 400),
        ("POST", "state", {"latencyMs": "canary"}, 400),
        ("POST", "state", [], 400),
        ("POST", "fault", {"outcome": "no such"}, 400),
        ("POST", "fault", {"outcome": "reset", "operation": "other"}, 400),
        ("POST", "deliver", {"callbackUrl": "ftp://x"}, 400),
        ("GET", "fault", {}, 405),
        ("GET", "other", {}, 404),
    ],
    ids=lambda value: str(value) if isinstance(value, str | int) else "",
)
def test_a_mistake_is_named_and_not_echoed(caller: Caller, method: str, path: str, value: object, status: int) -> None:
    """A misspelt control call must not pass for a done one, nor tell what it was given."""
    came = caller.post(f"/_simulator/{path}", value) if method == "POST" else caller.get(f"/_simulator/{path}")
    assert came.status == status
    assert came.json["error"]
    assert b"canary" not in came.body


def test_only_this_machine_can_reach_it(simulator: Simulator) -> None:
    """It listens on one loopback address and on no other, so the control API needs no token."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", simulator.port), timeout=30)
    assert simulator.url == f"http://127.0.0.1:{simulator.port}"
