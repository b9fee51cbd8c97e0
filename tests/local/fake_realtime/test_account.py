import json
from decimal import Decimal
from urllib.parse import urlencode

import pytest

from local.fake_realtime import Settings, Simulator
from local.fake_realtime.answers import Request
from local.fake_realtime.message import operator_of
from local.fake_realtime.realtime import RealTime
from tests.local.fake_realtime.caller import ORDINARY, Caller, Came

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
CREDENTIALS = {"grant_type": "client_credentials", "client_id": "local-client", "client_secret": "local-secret"}


def authenticate(caller: Caller, **changes: str) -> Came:
    """Authenticate with the right credentials but for these changes."""
    return caller.call("POST", "/api/auth", urlencode(CREDENTIALS | changes).encode(), FORM)


def balance_with(caller: Caller, token: str) -> Came:
    """Ask for the balance with another token than the first."""
    return caller.call(
        "GET", "/api/balance", None, {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    )


def test_authentication_gives_a_token_and_its_seconds_as_strings(simulator: Simulator, caller: Caller) -> None:
    """The reply has exactly the vendor's two fields, and the token opens the other operations."""
    came = authenticate(caller)
    assert set(came.json) == {"access_token", "validity_period"}
    assert came.json["validity_period"] == "3600"
    assert balance_with(caller, came.json["access_token"]).status == 200
    assert simulator.counters.auths == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"grant_type": "password"}, 400),
        ({"client_id": ""}, 400),
        ({"client_secret": ""}, 400),
        ({"client_id": "other"}, 401),
        ({"client_secret": "other"}, 401),
    ],
    ids=["grant", "no id", "no secret", "wrong id", "wrong secret"],
)
def test_wrong_credentials_are_told_from_malformed_ones(caller: Caller, changes: dict[str, str], status: int) -> None:
    """Malformed is 400, well-formed but wrong is 401; both have an empty body."""
    came = authenticate(caller, **changes)
    assert (came.status, came.body) == (status, b"")


def test_authentication_is_a_form_and_not_json(caller: Caller) -> None:
    """Credentials as JSON are malformed."""
    assert caller.post("/api/auth", CREDENTIALS).status == 400


def test_a_token_ends_with_its_validity() -> None:
    """A token is good until its last second and dead at it; a configured one lives on."""
    now = [1000.0]
    realtime = RealTime(Settings(validity_seconds=60), clock=lambda: now[0])
    form = Request(
        "POST", "/api/auth", headers={"content-type": FORM["Content-Type"]}, body=urlencode(CREDENTIALS).encode()
    )
    token = json.loads(realtime.answer(form).body)["access_token"]

    def is_good(token: str) -> bool:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        return realtime.answer(Request("GET", "/api/balance", headers=headers)).status == 200

    now[0] += 59
    assert is_good(token)
    now[0] += 1
    assert not is_good(token)
    assert is_good("local-token")


def test_revoked_tokens_are_dead_until_somebody_authenticates(simulator: Simulator, caller: Caller) -> None:
    """After revocation even the configured token gets 401, and a fresh one works."""
    simulator.revoke_tokens()
    assert caller.send().status == 401
    assert balance_with(caller, authenticate(caller).json["access_token"]).status == 200


def test_a_new_token_may_end_the_one_before(simulator: Simulator, caller: Caller) -> None:
    """With one token at a time, rotation kills the old one at once."""
    simulator.change(one_token_at_a_time=True)
    first, second = (authenticate(caller).json["access_token"] for _ in range(2))
    assert [balance_with(caller, token).status for token in (first, second)] == [401, 200]


def test_the_balance_is_a_string_and_falls_by_segments(simulator: Simulator, caller: Caller) -> None:
    """Each recipient costs a unit for each segment."""
    simulator.change(balance="10.50")
    caller.send("+56911110001", "+56911110002", text="a" * 161)
    assert caller.get("/api/balance").json == {"balance": "6.50"}


def test_an_exhausted_balance_refuses_each_submission(simulator: Simulator, caller: Caller) -> None:
    """What the balance reaches for is submitted, the rest is account_no_balance without an id, until the top-up."""
    simulator.change(balance="1.50")
    results = caller.send("+56911110001", "+56911110002").json["submissions"]
    assert results[1] == {"status": "account_no_balance"}
    assert [message.recipient for message in simulator.inbox()] == ["+56911110001"]
    assert simulator.top_up(Decimal(1)) == Decimal("1.50")
    assert caller.send("+56911110002").words == ["submitted"]


def test_sms_info_tells_times_status_cost_and_operator(simulator: Simulator, caller: Caller) -> None:
    """Every field of the vendor's example is there, in the vendor's types."""
    submission_id = caller.send(text="a" * 161).json["submissions"][0]["submissionId"]
    info = caller.get(f"/api/sms/{submission_id}").json
    assert info["id"] == submission_id
    registered = int(simulator.inbox()[0].received_at)
    assert info["timestamps"] == {"registered": registered, "sent": registered, "done": registered}
    assert info["info"]["status"] == {"code": "1", "status": "DELIVERED"}
    assert info["info"]["cost"] == 2
    assert info["info"]["operator"] == operator_of(ORDINARY)
    assert info["info"]["operator"]["mcc"] == "730"


def test_a_message_is_pending_until_its_delivery_is_settled(simulator: Simulator, caller: Caller) -> None:
    """Before the delivery time the status is PENDING and `done` is 0."""
    simulator.change(delivery_seconds=5)
    caller.send()
    (message,) = simulator.inbox()
    before, after = (json.loads(json.dumps(message.info(message.received_at + passed))) for passed in (4, 5.1))
    assert [each["info"]["status"]["status"] for each in (before, after)] == ["PENDING", "DELIVERED"]
    assert before["timestamps"]["done"] == 0 < after["timestamps"]["done"]


def test_info_of_an_unknown_submission_is_404(caller: Caller) -> None:
    """The vendor knows only its own ids."""
    assert caller.get("/api/sms/4193366853543393").status == 404


@pytest.mark.parametrize("path", ["/api/balance", "/api/sms/1"])
def test_reading_needs_a_token_too(caller: Caller, path: str) -> None:
    """Without one: 401 and no body."""
    came = caller.call("GET", path, None, {"Content-Type": "application/json"})
    assert (came.status, came.body) == (401, b"")
