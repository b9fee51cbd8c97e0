"""The simulator as a Lambda function: what it answers is what it answers on loopback, over all its environments."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.embedded_aws import EmbeddedAws
from local.fake_realtime import Settings, deployed
from local.fake_realtime.deployed import StoredRealTime

NUMBER, OTHER, REFUSED, ONCE = "+56912345678", "+56912345679", "+56912345670", "+56912345671"
SETTINGS = Settings(tokens=frozenset({"t"}))


@pytest.fixture(scope="module")
def table() -> Iterator[Any]:
    """Yield an empty table."""
    with EmbeddedAws() as aws:
        yield (
            aws.session()
            .resource("dynamodb")
            .create_table(
                TableName="simulator",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        )


@pytest.fixture
def simulator(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 (boto3's resources)
    """Let each invocation meet a new environment, over an account in its initial state."""
    monkeypatch.setattr(deployed, "_deployed", lambda: StoredRealTime(table, SETTINGS))
    _tell("reset", {})


def _call(method: str, path: str, body: object = None, token: str = "t") -> tuple[int, Any]:
    """Call the function URL."""
    event = {
        "requestContext": {"http": {"method": method, "path": path}},
        "headers": {"Authorization": f"Bearer {token}", "content-type": "application/json"},
        "body": None if body is None else json.dumps(body),
    }
    return _read(deployed.lambda_handler(event, None))


def _tell(operation: str, body: object = None) -> Any:  # noqa: ANN401 (JSON)
    """Use the control API: GET, or POST if there is something to tell."""
    event = {"operation": operation, "method": "GET" if body is None else "POST", "body": body}
    status, answer = _read(deployed.lambda_handler(event, None))
    assert status == 200, answer
    return answer


def _read(reply: dict[str, Any]) -> tuple[int, Any]:
    body = base64.b64decode(reply.get("body", ""))
    return reply["statusCode"], json.loads(body) if body else None


def _send(*numbers: str, **options: str) -> tuple[int, Any]:
    body = {"recipients": numbers, "sender": "96000", "message": {"text": "hello"}}
    return _call("POST", "/api/sms", body, **options)


@pytest.mark.usefixtures("simulator")
def test_what_is_sent_is_on_the_handset_counted_and_paid() -> None:
    """Also when each call meets another environment."""
    status, reply = _send(NUMBER, OTHER)
    assert (status, [one["status"] for one in reply["submissions"]]) == (200, ["submitted"] * 2)
    assert _send(NUMBER)[0] == 200
    assert [one["text"] for one in _tell("inbox?recipient=%2B56912345678")["messages"]] == ["hello"] * 2
    counters = _tell("counters")
    assert (counters["posts"], counters["postsByRecipient"]) == (2, {NUMBER: 2, OTHER: 1})
    assert _call("GET", "/api/balance") == (200, {"balance": "999997.00"})
    info = _call("GET", f"/api/sms/{reply['submissions'][0]['submissionId']}")
    assert info[1]["info"]["status"]["status"] == "DELIVERED"


@pytest.mark.usefixtures("simulator")
def test_tokens_are_issued_refused_and_revoked() -> None:
    """A refused call is counted too."""
    assert _send(NUMBER, token="wrong")[0] == 401
    _tell("revoke-tokens", {})
    assert _send(NUMBER)[0] == 401
    _tell("state", {"tokens": ["new"]})
    assert _send(NUMBER, token="new")[0] == 200
    assert _tell("counters")["posts"] == 3


@pytest.mark.usefixtures("simulator")
def test_outcomes_that_are_assigned_hold_and_spoil_the_reply() -> None:
    """One for the first call is spent after it; a reply that breaks below HTTP becomes a gateway's error."""
    _tell("outcomes", {REFUSED: "http_406", ONCE: "http_429_first_1", OTHER: "truncated_accepted"})
    assert [_send(REFUSED)[0], _send(REFUSED)[0], _send(ONCE)[0], _send(ONCE)[0]] == [406, 406, 429, 200]
    assert _send(OTHER)[0] == 502
    assert len(_tell("inbox")["messages"]) == 2


@pytest.mark.usefixtures("simulator")
def test_an_account_without_balance_takes_nothing_until_it_is_topped_up() -> None:
    """The balance is what was set, less what was sent since."""
    _tell("state", {"balance": "0"})
    assert _send(NUMBER)[1]["submissions"] == [{"status": "account_no_balance"}]
    assert _tell("top-up", {"units": "2"}) == {"balance": "2.00"}
    assert _send(NUMBER)[1]["submissions"][0]["status"] == "submitted"
    assert _call("GET", "/api/balance") == (200, {"balance": "1.00"})


@pytest.mark.usefixtures("simulator")
def test_the_url_has_no_control_operations() -> None:
    """They would be open to anybody who knows the address."""
    assert _call("POST", "/_simulator/reset", {})[0] == 404
