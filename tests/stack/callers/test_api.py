"""The API as it is deployed: who may call it, and a request on its whole way."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from botocore.credentials import Credentials

from local.embedded_aws import Stack, deploy
from realtime_sms.aws.requests import Addressed, Entry, Requests, Summary
from realtime_sms.aws.table import Table
from tests.stack.signing import Caller, Reply, api_url, user

pytestmark = pytest.mark.stack

_DEADLINE_SECONDS = 30


@pytest.fixture(scope="module")
def caller(stack: Stack) -> Caller:
    """Return a caller who may call everything."""
    return user(stack, "*")


def _body(number: str = "+56900000000") -> dict[str, Any]:
    return {"recipients": [number], "sender": "96000", "message": {"charset": 0, "text": "hello"}}


def _settled(caller: Caller, address: str) -> dict[str, Any]:
    """Wait until every recipient has a final state; an API has no event to wait for, hence the polls."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while time.monotonic() < deadline:
        body: dict[str, Any] = caller.call("GET", address).body
        if all(one["final"] for one in body["recipients"]):
            return body
        time.sleep(0.1)
    raise AssertionError(f"not settled: {body}")


def _told_by_api_gateway(reply: Reply) -> tuple[int, str, set[str]]:
    return reply.status, reply.headers["Content-Type"], set(reply.body)


REFUSED = (403, "application/problem+json", {"type", "title", "detail"})


def test_unsigned_is_refused(stack: Stack) -> None:
    """Nothing is public, not even the API's description; API Gateway refuses with a problem document."""
    nobody = Caller(api_url(stack))
    assert _told_by_api_gateway(nobody.call("POST", "/messages", _body())) == REFUSED
    assert _told_by_api_gateway(nobody.call("GET", "/openapi.json")) == REFUSED


@pytest.mark.embedded
def test_signed_without_the_permission_is_refused(stack: Stack) -> None:
    """The caller is a user of the account; MiniStack refuses with IAM's answer, not with API Gateway's."""
    assert user(stack).call("POST", "/messages", _body()).status == 403


def test_signed_with_another_secret_is_refused(stack: Stack) -> None:
    """The signature was made with a key that is not the caller's."""
    caller = user(stack, "*")
    assert caller.credentials is not None
    forged = replace(caller, credentials=Credentials(caller.credentials.access_key, "0" * 40))
    reply = forged.call("POST", "/messages", _body())
    assert (_told_by_api_gateway(reply), reply.body["title"]) == (REFUSED, "INVALID_SIGNATURE")


@pytest.mark.embedded
def test_a_permission_is_for_the_operation_that_it_names(stack: Stack) -> None:
    """A caller who may only read cannot send."""
    reader = user(stack, "GET/messages/*")
    assert reader.call("POST", "/messages", _body()).status == 403
    assert reader.call("GET", "/messages/none").status == 404


def test_signed_with_the_permission_is_accepted_shown_and_sent(caller: Caller) -> None:
    """The answer is 202; each recipient has a state at once, and at the end a submission that its id finds."""
    posted = caller.call("POST", "/messages", _body(), Idempotency_Key=f"api-{uuid.uuid4()}")
    assert posted.status == 202
    address = f"/messages/{posted.body['requestId']}"
    assert posted.headers["Location"].endswith(address)
    shown = caller.call("GET", address)
    assert [shown.status, *(one["recipient"] for one in shown.body["recipients"])] == [200, "+56900000000"]
    (settled,) = _settled(caller, address)["recipients"]
    assert settled["status"] == "submitted"
    found = caller.call("GET", f"/submissions/{settled['submissionId']}")
    assert (found.status, found.body["requestId"]) == (200, posted.body["requestId"])


def test_the_same_key_is_one_send_and_other_content_a_conflict(caller: Caller) -> None:
    """The table decides it."""
    key = f"api-{uuid.uuid4()}"
    first = caller.call("POST", "/messages", _body(), Idempotency_Key=key)
    again = caller.call("POST", "/messages", _body(), Idempotency_Key=key)
    other = caller.call("POST", "/messages", _body("+56911111111"), Idempotency_Key=key)
    assert (first.status, again.status, other.status) == (202, 202, 409)
    assert first.body == again.body


def test_of_two_at_once_under_one_key_one_content_wins(caller: Caller) -> None:
    """One caller is accepted, the other gets a conflict."""
    key = f"api-{uuid.uuid4()}"
    bodies = [_body("+56900000001"), _body("+56900000002")]
    with ThreadPoolExecutor(2) as threads:
        replies = threads.map(lambda body: caller.call("POST", "/messages", body, Idempotency_Key=key), bodies)
    assert sorted(reply.status for reply in replies) == [202, 409]


def test_an_entry_is_written_once(stack: Stack) -> None:
    """The second writer gets the first one's entry, as it was written."""
    client = stack.aws.session().client("dynamodb")
    register = Requests(Table(client, stack.outputs["OutcomesTableName"], ttl_days=45), now=lambda: 2.0)
    group = Addressed(6, 2, ("+56900000000",))
    entry = Entry(
        request_id=f"r-{uuid.uuid4()}", content_hash="h", groups=(group,), metadata={"a": "b"}, created_at=1.5
    )
    assert register.create(entry) is None
    assert register.create(replace(entry, content_hash="other")) == entry == register.summary(entry.request_id).entry
    register.mark_queued(entry.request_id, 2.5)
    assert register.summary(entry.request_id) == Summary(replace(entry, queued_at=2.5))


def test_an_entry_past_its_ttl_counts_as_absent(stack: Stack) -> None:
    """DynamoDB deletes it days later."""
    client = stack.aws.session().client("dynamodb")
    table = Table(client, stack.outputs["OutcomesTableName"], ttl_days=45)
    old = Entry(request_id=f"r-{uuid.uuid4()}", content_hash="h", groups=(), created_at=1.5)
    later = replace(old, content_hash="other", created_at=old.created_at + 46 * 86_400)
    before, after = (Requests(table, now=lambda at=at: at) for at in (old.created_at, later.created_at))  # type: ignore[misc]  # mypy cannot infer it
    assert before.create(old) is None
    assert (before.summary(old.request_id), after.summary(old.request_id)) == (Summary(old), Summary())
    assert after.create(later) is None
    assert after.create(old) == later == after.summary(old.request_id).entry


@pytest.mark.embedded
def test_an_api_key_is_asked_for_where_the_parameter_says_so(stack: Stack) -> None:
    """Neither the signature nor the key is enough alone."""
    parameters = {"RealTimeBaseUrl": stack.realtime_url, "ApiKeyRequired": "true"}
    outputs = deploy(stack.aws, "sms-with-keys", parameters)
    gateway = stack.aws.session().client("apigateway")
    key = gateway.get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
    signing = user(stack, "*", api_id=outputs["ApiId"])
    nobody = Caller(signing.url)
    statuses = [
        signing.call("GET", "/messages/none").status,
        nobody.call("GET", "/messages/none", x_api_key=key).status,
        signing.call("GET", "/messages/none", x_api_key=key).status,
    ]
    assert statuses == [403, 403, 404]


def test_pages_of_the_real_table_give_every_recipient_once(caller: Caller) -> None:
    """Outcomes arrive between the pages."""
    numbers = [f"+569000000{number:02}" for number in range(25)]
    key = f"api-{uuid.uuid4()}"
    caller.call("POST", "/messages", {**_body(), "recipients": numbers}, Idempotency_Key=key)
    found, cursor = [], ""
    while True:
        body = caller.call("GET", f"/messages/{key}?limit=7{cursor}").body
        found += [one["recipient"] for one in body["recipients"]]
        if "nextCursor" not in body:
            break
        cursor = f"&cursor={body['nextCursor']}"
    assert found == numbers


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/messages", "{", 400),
        ("POST", "/messages", {}, 422),
        ("POST", "/messages", "x" * 300_000, 413),
        ("POST", "/messages/preview", {"recipients": ["+56900000000"], "message": {"text": "así"}}, 200),
        ("GET", "/messages/%23request", None, 404),
        ("GET", "/submissions/none", None, 404),
        ("GET", "/nothing", None, 404),
        ("GET", "/messages", None, 405),
        ("GET", "/openapi.json", None, 200),
    ],
)
def test_each_answer_comes_through_api_gateway(
    caller: Caller, method: str, path: str, body: object, status: int
) -> None:
    """The status and the type are those that the function returned."""
    reply = caller.call(method, path, body)
    kind = "application/json" if status == 200 else "application/problem+json"
    assert (reply.status, reply.headers["Content-Type"]) == (status, kind)
