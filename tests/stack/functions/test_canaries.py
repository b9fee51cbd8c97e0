"""No text, token, credential or whole number in anything that is logged, whatever becomes of a message."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.stack import function_log
from tests.stack.deployment import Deployment, request_body, until
from tests.stack.signing import user

pytestmark = pytest.mark.stack

TEXT = "Zanfirox"  # in no log by chance
ACCENTED = "Żanfirox"
TOKEN = "canary-token-q8w7e6"
NUMBER = "926"  # the first digits of every number here, after +56
VERDICTS = (
    "submitted",
    "http_400",
    "http_401_first_1",
    "http_406",
    "http_429_first_1",
    "http_500_first_1",
    "http_502",
    "http_302",
    "truncated_accepted",
    "reset",
    "garbled",
    "garbage_accepted",
    "too_many_accepted",
    "oversize",
    "odd_word",
    "unknown_error_first_1",
)
NUMBERS = {verdict: f"+56{NUMBER}{index:06}" for index, verdict in enumerate(VERDICTS)}
STRAY = f"+56{NUMBER}777777"  # a number of messages that never become a call


def _rejected(request_id: str) -> dict[str, str]:
    """Return messages that are no requests, by what is wrong with them."""
    ids = {name: f"{request_id}.{name}" for name in ("field", "number", "type")}
    return {
        "cut": f'{{"recipients": ["{STRAY}"], "message": {{"text": "{TEXT} ',
        "list": json.dumps([STRAY, TEXT]),
        "field": request_body(ids["field"], STRAY, text=TEXT, **{f"{TEXT} {STRAY}": STRAY, STRAY: TEXT}),
        "number": request_body(ids["number"], STRAY, text=TEXT, expiresAt=STRAY),
        "type": request_body(ids["type"], STRAY, message={"text": [TEXT]}),
    }


def _failing(request_id: str) -> dict[str, str]:
    """Return requests that fail, expire or conflict without a call, by their ids."""
    ids = {name: f"{request_id}.{name}" for name in ("exact", "short", "late", "metadata", "wire")}
    return {
        ids["exact"]: request_body(ids["exact"], STRAY, text=ACCENTED, encoding="exact"),
        ids["short"]: request_body(ids["short"], STRAY, text=TEXT * 100, maxSegments=1),
        ids["late"]: request_body(ids["late"], STRAY, text=TEXT, expiresAt="2020-01-01T00:00:00Z"),
        ids["metadata"]: request_body(ids["metadata"], f"+56{NUMBER}", text=TEXT, metadata={"a": "b"}),
        ids["wire"]: request_body(ids["wire"], NUMBERS["submitted"], message={"text": ACCENTED, "charset": 6}),
    }


@pytest.fixture
def token(deployed: Deployment) -> Iterator[str]:
    """Make a canary the only token that RealTime accepts."""
    held = deployed.outputs["TokenSecretArn"]
    before = deployed.secrets.get_secret_value(SecretId=held)["SecretString"]
    deployed.simulator("POST", "revoke-tokens")
    deployed.simulator("POST", "state", {"tokens": [TOKEN]})
    deployed.secrets.put_secret_value(SecretId=held, SecretString=json.dumps({"access_token": TOKEN}))
    deployed.restart_sender()  # an environment that still holds the old token meets two 401s, which opens a breaker
    yield TOKEN
    deployed.simulator("POST", "state", {"tokens": [json.loads(before)["access_token"]]})
    deployed.secrets.put_secret_value(SecretId=held, SecretString=before)


def _canaries() -> list[str]:
    """Return every form in which something of it could be written."""
    texts = [form for text in (TEXT, ACCENTED) for form in (text, text.encode("utf-16-be").hex().upper(), quote(text))]
    return [*texts, TEXT[:5], TOKEN, "local-secret", "local-client", f"56{NUMBER}", f"{NUMBER}777777"]


def _told(deployed: Deployment) -> str:
    """Return everything that the functions logged, and the embedded AWS."""
    lines = "\n".join(function_log.all_lines(deployed.session, deployed.stack.name))
    return f"{lines}\n{deployed.stack.server_log()}"


@pytest.mark.usefixtures("token")
def test_nothing_logged_holds_a_text_a_token_or_a_number(deployed: Deployment) -> None:
    """After sends, refusals, broken calls, rejections, conflicts, dead letters and calls of the API."""
    request_id = deployed.new_id("canary")
    deployed.simulator("POST", "outcomes", {number: verdict for verdict, number in NUMBERS.items()})
    called = {
        f"{request_id}.{verdict}": request_body(f"{request_id}.{verdict}", NUMBERS[verdict], text=TEXT)
        for verdict in VERDICTS
    }
    failing, rejected = _failing(request_id), _rejected(request_id)
    deployed.publish(*called.values(), *failing.values(), *rejected.values())
    deployed.put_dead(rejected["cut"], rejected["field"])
    caller = user(deployed.stack, "*")
    for path in ("/messages", "/messages/preview", f"/{TEXT}"):
        for body in (rejected["field"], rejected["cut"], request_body(None, NUMBERS["submitted"], text=TEXT)):
            caller.call("POST", path, body)
    for each in (*called, *failing):
        deployed.outcome(each)
    deployed.publish(request_body(f"{request_id}.submitted", NUMBERS["submitted"], text=f"{TEXT} again"))
    for each in (f"{request_id}.submitted", f"{request_id}.field"):
        deployed.note(each)
    deployed.invoke("RefreshFunctionName")
    deployed.invoke("MaintenanceFunctionName")
    until(lambda: f"{request_id}.field" in _told(deployed) or None, within=60, awaited="the log")
    told = _told(deployed)
    assert all(each in told for each in called), "the logs were not looked at"
    assert [canary for canary in _canaries() if canary in told] == []
