"""When a token is renewed, what counts as one, and what is written to the secret."""

import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from realtime_sms.aws.telemetry import Metric, counters
from realtime_sms.aws.tokens import fingerprint
from realtime_sms.provider.calls import Call, CallResult, NotSent, Reply, ReplyLost
from refresh import handler
from refresh.refresher import Outcome, Refresher
from tests.fakes import emf
from tests.fakes.aws.models import Checked
from tests.fakes.lambda_context import Context

TOKEN, CREDENTIALS = "token-secret", "credentials-secret"
GOOD = json.dumps({"client_id": "ana", "client_secret": "canary"})
MINUTE = 60
HOUR = 3600


class NotFoundError(Exception):
    """Secrets Manager's answer for a secret without a value."""


class Secrets:
    """Both secrets; it counts the versions that are written."""

    exceptions = SimpleNamespace(ResourceNotFoundException=NotFoundError)

    def __init__(self, token: object = None, credentials: str | None = GOOD) -> None:
        self.values = {TOKEN: None if token is None else json.dumps(token), CREDENTIALS: credentials}
        self.written = 0
        self.failing = ""

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 (boto3's)
        """Return a secret."""
        if self.failing == SecretId:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")
        value = self.values[SecretId]
        if value is None and SecretId == TOKEN:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        if value is None:
            raise NotFoundError
        return {"SecretBinary": b"\0"} if value == "binary" else {"SecretString": value}

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> None:  # noqa: N803 (boto3's)
        """Write a version."""
        self.values[SecretId] = SecretString
        self.written += 1


class Lock:
    """A lock that is free."""

    def take(self, _owner: str, *, now: float, lease: float) -> bool:  # noqa: ARG002 (the protocol's names)
        """Take the lock."""
        return True

    def free(self, _owner: str) -> None:
        """Release the lock."""


def grant(token: str = "new", status: int = 200) -> Reply:
    """Answer *Authenticate*."""
    return Reply(status, json.dumps({"access_token": token, "validity_period": "3600"}).encode())


def refresher(secrets: Secrets, answer: CallResult | None = None, called: list[Call] | None = None) -> Refresher:
    """Return the refresher in front of these secrets; RealTime gives this answer, or a new token each time."""
    calls: list[Call] = [] if called is None else called

    def perform(call: Call) -> CallResult:
        calls.append(call)
        return answer or grant(f"new-{len(calls)}")

    client: Any = Checked("secretsmanager", secrets)
    return Refresher(client, TOKEN, CREDENTIALS, perform, Lock())


def token(issued: float = HOUR, lasts: float = HOUR, value: str = "held") -> dict[str, object]:
    """Return a token secret that was issued so many seconds ago; call it in the test, not when tests are collected."""
    now = time.time()
    return {"access_token": value, "issued_at": now - issued, "expires_at": now - issued + lasts}


@pytest.mark.parametrize(
    ("held", "refused", "expected"),
    [
        pytest.param(lambda: None, None, Outcome.REFRESHED, id="no token yet"),
        pytest.param(lambda: {"access_token": "held"}, None, Outcome.REFRESHED, id="a token of unknown age"),
        pytest.param(lambda: {"access_token": "held"}, "held", Outcome.REFRESHED, id="such a token is refused"),
        pytest.param(lambda: token(29 * MINUTE), None, Outcome.STILL_GOOD, id="less than half its time is over"),
        pytest.param(lambda: token(31 * MINUTE), None, Outcome.REFRESHED, id="more than half its time is over"),
        pytest.param(lambda: token(11 * MINUTE), "held", Outcome.REFRESHED, id="refused after eleven minutes"),
        pytest.param(lambda: token(9 * MINUTE), "held", Outcome.RENEWED_LATELY, id="refused after nine minutes"),
        pytest.param(lambda: token(9 * MINUTE), "older", Outcome.STILL_GOOD, id="an older one is refused"),
        pytest.param(lambda: token(6 * MINUTE, 8 * MINUTE), None, Outcome.RENEWED_LATELY, id="tokens of eight minutes"),
        pytest.param(lambda: token(-HOUR), "held", Outcome.REFRESHED, id="issued in the future, as by a wrong clock"),
    ],
)
def test_a_token_is_renewed_when_it_is_time_and_not_twice_in_ten_minutes(
    held: Callable[[], dict[str, object] | None], refused: str | None, expected: Outcome
) -> None:
    """Secrets Manager takes about 100 versions a day."""
    secrets = Secrets(held())
    assert refresher(secrets).refresh(refused and fingerprint(refused)) is expected
    assert secrets.written == (expected is Outcome.REFRESHED)


def test_a_day_of_refused_tokens_writes_a_version_every_ten_minutes_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when *Get balance* refuses every token that *Authenticate* gives; maintenance asks every minute."""
    secrets, now = Secrets(token()), time.time()
    asked = refresher(secrets)
    for minute in range(24 * 60):
        monkeypatch.setattr("refresh.refresher.time.time", lambda minute=minute: now + minute * MINUTE)
        held = json.loads(secrets.values[TOKEN] or "")["access_token"]
        asked.refresh(fingerprint(held))
    assert secrets.written == 24 * 60 / 10


def test_a_token_that_is_already_in_the_secret_is_not_written_again() -> None:
    """RealTime may hand out the one that it gave before."""
    secrets = Secrets(token())
    assert refresher(secrets, grant("held")).refresh(None) is Outcome.SAME_TOKEN
    assert secrets.written == 0


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 400, 401, 403, 404, 500, 503])
def test_only_a_200_gives_a_token(status: int) -> None:
    """Whatever is in the body of another answer."""
    secrets = Secrets(token())
    assert refresher(secrets, grant(status=status)).refresh(None) is (
        Outcome.NOT_REACHED if status >= 500 else Outcome.REFUSED
    )
    assert secrets.written == 0


@pytest.mark.parametrize("answer", [NotSent("refused"), ReplyLost("reset")])
def test_a_lost_call_gives_none(answer: CallResult) -> None:
    """The next schedule tries again."""
    assert refresher(Secrets(token()), answer).refresh(None) is Outcome.NOT_REACHED


@pytest.mark.parametrize("empty", [None, "", "{}", " { } \n"])
def test_an_empty_secret_means_no_credentials(empty: str | None) -> None:
    """A deployment may keep a token of its own."""
    called: list[Call] = []
    assert refresher(Secrets(token(), empty), called=called).refresh(None) is Outcome.NO_CREDENTIALS
    assert called == []


@pytest.mark.parametrize(
    "wrong",
    [
        *("client_id=ana", "[]", '{"client_id": "ana"}', '{"client_id": "ana", "client_secret": ""}', "binary"),
        '{"client_id": "ana", "client_secret": 5}',
    ],
)
def test_malformed_credentials_are_told_from_none(wrong: str) -> None:
    """Somebody meant them."""
    called: list[Call] = []
    assert refresher(Secrets(token(), wrong), called=called).refresh(None) is Outcome.BAD_CREDENTIALS
    assert called == []


@pytest.mark.parametrize(
    ("secrets", "answer", "failures"),
    [
        pytest.param(Secrets(token(), "ana"), None, 1, id="malformed credentials"),
        pytest.param(Secrets(token()), grant(status=302), 1, id="a redirect"),
        pytest.param(Secrets(token()), Reply(200, b"<html>"), 1, id="no token in the answer"),
        pytest.param(Secrets(token(), None), None, 0, id="no credentials"),
        pytest.param(Secrets(token()), None, 0, id="a new token"),
    ],
)
def test_a_failed_refresh_is_counted(
    secrets: Secrets,
    answer: Reply | None,
    failures: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """RefreshFailuresAlarm reads the metric."""
    assert _failures(refresher(secrets, answer), capsys, monkeypatch) == failures


def test_credentials_that_cannot_be_read_are_counted_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The invocation fails as well."""
    secrets = Secrets(token())
    secrets.failing = CREDENTIALS
    with pytest.raises(ClientError):
        _invoke(refresher(secrets), monkeypatch)
    assert sum(one.values[0] for one in _written(capsys)) == 1


def _invoke(one: Refresher, monkeypatch: pytest.MonkeyPatch) -> None:
    counters.write()
    monkeypatch.setattr(handler, "_refresher", lambda: one)
    handler.lambda_handler({}, Context())  # type: ignore[arg-type]  # as much of it as is looked at


def _failures(one: Refresher, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> float:
    _invoke(one, monkeypatch)
    return sum(metric.values[0] for metric in _written(capsys))


def _written(capsys: pytest.CaptureFixture[str]) -> list[emf.Measured]:
    return [one for one in emf.read(capsys.readouterr().out.splitlines()) if one.name == Metric.REFRESH_FAILURES]
