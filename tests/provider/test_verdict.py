"""What a reply, or its absence, proves: every row of the contract, and nothing assumed beyond it."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_sms.provider.calls import CallResult, NotSent, NotSentCause, Reply, ReplyLost, ReplyLostCause
from realtime_sms.provider.verdict import Kind, Verdict, classify, refuses_token
from realtime_sms.vocabulary import Reason

ID = "4193366853543393"
SUBMITTED = {"status": "submitted", "submissionId": ID}
ACCEPTED = Verdict(Kind.ACCEPTED, Reason.ACCEPTED, 200, ID)
ACCEPTED_WITHOUT_ID = Verdict(Kind.ACCEPTED, Reason.ACCEPTED, 200)
NO_BALANCE = Verdict(Kind.NO_BALANCE, Reason.NO_BALANCE, 200)
PROVIDER_ERROR = Verdict(Kind.TRY_AGAIN, Reason.PROVIDER_ERROR, 200)
UNKNOWN_STATUS = Verdict(Kind.OPEN, Reason.UNKNOWN_STATUS, 200)
UNREADABLE = Verdict(Kind.OPEN, Reason.UNREADABLE_REPLY, 200)
RESULT_COUNT = Verdict(Kind.OPEN, Reason.RESULT_COUNT, 200)

# The contract's rows for whole replies that are not 200; every other HTTP status leaves the fate open.
BY_HTTP_STATUS = {
    400: (Kind.DOUBTFUL, Reason.MALFORMED),
    **dict.fromkeys((413, 415, 422), (Kind.REFUSED, Reason.MALFORMED)),
    **dict.fromkeys((404, 405), (Kind.WRONG_ADDRESS, Reason.WRONG_ADDRESS)),
    406: (Kind.REFUSED, Reason.SENDER_REFUSED),
    401: (Kind.UNAUTHORIZED, Reason.UNAUTHORIZED),
    403: (Kind.FORBIDDEN, Reason.FORBIDDEN),
    429: (Kind.TRY_AGAIN, Reason.THROTTLED),
    **dict.fromkeys((500, 503), (Kind.TRY_AGAIN, Reason.UNAVAILABLE)),
}
# What our own transport says that it proves, one row each.
BY_CAUSE: dict[CallResult, Verdict] = {
    NotSent("late"): Verdict(Kind.NOT_STARTED, Reason.NOT_STARTED),
    **{
        NotSent(cause): Verdict(Kind.TRY_AGAIN, Reason.NOT_CONNECTED)
        for cause in ("dns", "refused", "connect", "connect_timeout", "tls")
    },
    **{
        ReplyLost(cause): Verdict(Kind.OPEN, Reason.NO_WHOLE_REPLY)
        for cause in ("timeout", "reset", "closed", "garbled", "oversize")
    },
}


def replied(*results: object) -> Reply:
    """Reply 200 with these results."""
    return Reply(200, json.dumps({"submissions": results}).encode())


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        pytest.param(SUBMITTED, ACCEPTED, id="submitted"),
        pytest.param({"status": "account_no_balance"}, NO_BALANCE, id="no balance"),
        pytest.param({"status": "unknown_error"}, PROVIDER_ERROR, id="unknown error"),
        pytest.param(SUBMITTED | {"cost": "1.00", "x": [None]}, ACCEPTED, id="submitted, and more"),
        pytest.param({"status": "submitted"}, ACCEPTED_WITHOUT_ID, id="submitted without an id"),
        pytest.param(SUBMITTED | {"submissionId": None}, ACCEPTED_WITHOUT_ID, id="an id of null"),
        pytest.param(SUBMITTED | {"submissionId": ""}, ACCEPTED_WITHOUT_ID, id="an empty id"),
        pytest.param(SUBMITTED | {"submissionId": int(ID)}, ACCEPTED, id="a number as id"),
        pytest.param(SUBMITTED | {"submissionId": float(ID)}, ACCEPTED_WITHOUT_ID, id="a fraction as id"),
        pytest.param(SUBMITTED | {"submissionId": True}, ACCEPTED_WITHOUT_ID, id="true as id"),
        pytest.param(SUBMITTED | {"submissionId": 0}, ACCEPTED_WITHOUT_ID, id="zero as id"),
        pytest.param(SUBMITTED | {"submissionId": -5}, ACCEPTED_WITHOUT_ID, id="a negative number as id"),
        pytest.param(SUBMITTED | {"submissionId": [ID]}, ACCEPTED_WITHOUT_ID, id="a list as id"),
        pytest.param(SUBMITTED | {"submissionId": "1" * 129}, ACCEPTED_WITHOUT_ID, id="an oversized id"),
        pytest.param(SUBMITTED | {"submissionId": "a\x00b"}, ACCEPTED_WITHOUT_ID, id="a NUL in an id"),
        pytest.param(SUBMITTED | {"submissionId": "a b"}, ACCEPTED_WITHOUT_ID, id="a space in an id"),
        pytest.param(SUBMITTED | {"submissionId": "1\n"}, ACCEPTED_WITHOUT_ID, id="a line break in an id"),
        pytest.param(SUBMITTED | {"submissionId": "\ud83d"}, ACCEPTED_WITHOUT_ID, id="half a surrogate pair as id"),
        pytest.param(
            SUBMITTED | {"submissionId": "1" * 128}, Verdict(Kind.ACCEPTED, Reason.ACCEPTED, 200, "1" * 128), id="128"
        ),
        pytest.param({"status": "SUBMITTED"}, UNKNOWN_STATUS, id="in capitals"),
        pytest.param({"status": "submitted "}, UNKNOWN_STATUS, id="with a space"),
        pytest.param({"status": "queued"}, UNKNOWN_STATUS, id="an unknown word"),
        pytest.param({"status": ""}, UNKNOWN_STATUS, id="an empty word"),
        pytest.param({"status": 1}, UNKNOWN_STATUS, id="a number as status"),
        pytest.param({"status": None}, UNKNOWN_STATUS, id="null as status"),
        pytest.param({"status": ["unknown_error"]}, UNKNOWN_STATUS, id="a list as status"),
        pytest.param({"submissionId": ID}, UNKNOWN_STATUS, id="no status"),
        pytest.param({}, UNKNOWN_STATUS, id="an empty result"),
        pytest.param(None, UNKNOWN_STATUS, id="null"),
        pytest.param("submitted", UNKNOWN_STATUS, id="a word"),
        pytest.param([SUBMITTED], UNKNOWN_STATUS, id="a list"),
    ],
)
def test_a_result_proves_what_its_word_says(result: object, verdict: Verdict) -> None:
    """Three words are known; whatever else stands there leaves the fate open, and a bad id takes nothing back."""
    assert classify(replied(result), 1) == [verdict]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"OK", id="no JSON"),
        pytest.param(b"<html>", id="HTML"),
        pytest.param(b'{"submissions":[{"status":"unknown_error"}]', id="cut"),
        pytest.param(b'{"submissions":[{"status":"unknown_error"}]}{}', id="something behind it"),
        pytest.param(b'{"submissions":[{"status":"unknown_error","x":"\xff"}]}', id="not UTF-8"),
        pytest.param('{"submissions":[{"status":"unknown_error"}]}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b"[" * 65536, id="opened without end"),
        pytest.param(b'{"submissions":' * 4000, id="objects without end"),
        pytest.param(
            b'{"submissions":[{"status":"unknown_error"}],"x":' + b"1" * 60000 + b"}", id="digits without end"
        ),
        pytest.param(b"null", id="null"),
        pytest.param(b'[{"status":"unknown_error"}]', id="a bare list"),
        pytest.param(b"{}", id="no submissions"),
        pytest.param(b'{"submissions":null}', id="submissions of null"),
        pytest.param(b'{"submissions":{"status":"unknown_error"}}', id="submissions as an object"),
        pytest.param(b'{"submissions":"unknown_error"}', id="submissions as a word"),
        pytest.param(b'{"submissions":[{"status":"submitted","status":"unknown_error"}]}', id="two statuses"),
        pytest.param(b'{"submissions":[{"status":"unknown_error","status":"submitted"}]}', id="two, the other way"),
        pytest.param(
            b'{"submissions":[{"status":"submitted"}],"submissions":[{"status":"unknown_error"}]}', id="two submissions"
        ),
    ],
)
@pytest.mark.parametrize("recipients", [1, 3])
def test_a_200_that_cannot_be_read_leaves_every_fate_open(body: bytes, recipients: int) -> None:
    """RealTime said yes to something; nobody knows to what, so nothing of it may be sent again."""
    assert classify(Reply(200, body), recipients) == [UNREADABLE] * recipients


@pytest.mark.parametrize(("results", "recipients"), [(0, 1), (2, 1), (1, 2), (3, 2), (999, 1000)])
def test_another_number_of_results_leaves_every_fate_open(results: int, recipients: int) -> None:
    """A result names no recipient, so that one too few or too many makes each of them a guess."""
    for result in (SUBMITTED, {"status": "unknown_error"}):
        assert classify(replied(*[result] * results), recipients) == [RESULT_COUNT] * recipients


def test_results_are_matched_by_position_where_their_number_agrees() -> None:
    """Each recipient gets their own fate, and a result that cannot be read is not its neighbours'."""
    reply = replied({"status": "account_no_balance"}, SUBMITTED, {"status": "?"}, {"status": "unknown_error"}, None)
    assert classify(reply, 5) == [NO_BALANCE, ACCEPTED, UNKNOWN_STATUS, PROVIDER_ERROR, UNKNOWN_STATUS]


@pytest.mark.parametrize("status", [status for status in range(100, 600) if status != 200])
def test_each_http_status_is_judged_by_the_contract(status: int) -> None:
    """Every status that there is, for every recipient of the call, whatever the body says."""
    kind, reason = BY_HTTP_STATUS.get(status, (Kind.OPEN, Reason.AMBIGUOUS_HTTP_STATUS))
    verdict = Verdict(kind, reason, status, retry_after=7.0)
    assert classify(Reply(status, replied(SUBMITTED, SUBMITTED).body, 7.0), 2) == [verdict, verdict]


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_is_open_where_try_again_later_is_not_believed(status: int) -> None:
    """RealTime does not say that nothing was accepted; the other statuses stay what they are."""
    open_ = Verdict(Kind.OPEN, Reason.AMBIGUOUS_HTTP_STATUS, status)
    assert classify(Reply(status), 2, retry_server_errors=False) == [open_, open_]
    for other in (400, 401, 404, 406, 429):
        assert classify(Reply(other), 1, retry_server_errors=False) == classify(Reply(other), 1)


@pytest.mark.parametrize(
    ("balance", "refused"),
    [
        (Reply(400), True),
        (Reply(401), True),
        (Reply(200, b'{"balance": "0.00"}'), False),
        (Reply(403), False),
        (Reply(404), None),
        (Reply(429), None),
        (Reply(500), None),
        (NotSent("dns"), None),
        (ReplyLost("timeout"), None),
    ],
    ids=str,
)
def test_get_balance_says_if_a_400_was_about_the_token(balance: CallResult, refused: bool | None) -> None:  # noqa: FBT001
    """A 403 is said of a token that was read; without an answer nothing is known."""
    assert refuses_token(balance) is refused


def test_each_cause_of_the_transport_is_judged_by_the_contract() -> None:
    """Before the first byte left it was never sent; after that the fate is open. No cause is left out."""
    causes = {*map(NotSent, get_args(NotSentCause)), *map(ReplyLost, get_args(ReplyLostCause))}
    assert causes == set(BY_CAUSE)
    for exchange, verdict in BY_CAUSE.items():
        assert classify(exchange, 3) == [verdict] * 3


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.sampled_from(["submitted", ID])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.sampled_from(["submissions", "status", "submissionId"]), st.text(max_size=4)),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)
_BODIES = st.one_of(st.binary(max_size=60), _JSON.map(json.dumps).map(str.encode))


@given(st.integers(-10, 1000), _BODIES, st.integers(1, 4))
def test_nothing_outside_the_contract_is_ever_judged_refused(status: int, body: bytes, recipients: int) -> None:
    """Judging is a total function; without a listed status or RealTime's own word for it, nothing is sent again.

    (The generated bodies hold no `account_no_balance` and no `unknown_error`.)
    """
    verdicts = classify(Reply(status, body), recipients)
    assert len(verdicts) == recipients
    if status not in BY_HTTP_STATUS:
        assert {verdict.kind for verdict in verdicts} <= {Kind.OPEN, Kind.ACCEPTED}
    if status != 200:
        assert Kind.ACCEPTED not in {verdict.kind for verdict in verdicts}
    assert all(verdict.http_status == status for verdict in verdicts)
