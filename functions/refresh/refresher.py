"""Authenticate with the account's credentials, and store the new token well before the old one expires."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from realtime_sms.aws.telemetry import Metric, counters
from realtime_sms.aws.tokens import Credentials, TokenSecret, TokenUnavailableError, read_token
from realtime_sms.provider import calls
from realtime_sms.provider.calls import Call, CallResult, Reply

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_LEASE = 30.0  # seconds for which one refresh keeps others out; longer than it can take
_POLL = 0.25  # seconds between looks at a refresh that another environment is making
# Seconds between two renewals. Secrets Manager keeps every version for a day and takes no more than about 100; its
# documentation asks for ten minutes (AWS Secrets Manager User Guide, "Quotas").
_APART = 600.0


class Outcome(StrEnum):
    """The result of a refresh."""

    REFRESHED = "refreshed"
    STILL_GOOD = "still_good"
    RENEWED_LATELY = "renewed_lately"
    SAME_TOKEN = "same_token"  # noqa: S105 (no password)
    NO_CREDENTIALS = "no_credentials"
    BAD_CREDENTIALS = "bad_credentials"
    BEING_REFRESHED = "being_refreshed"
    REFUSED = "refused"
    NOT_REACHED = "not_reached"


class _Granted(BaseModel):
    """RealTime's reply to *Authenticate*; the period is a string of seconds."""

    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: str = Field(min_length=1, max_length=4096, pattern=r"^[\x21-\x7e]+$", repr=False)
    validity_period: float = Field(gt=0, lt=1e8)


class Exclusion(Protocol):
    """The lock that lets one refresh through at a time."""

    def take(self, owner: str, *, now: float, lease: float) -> bool:
        """Take the lock; return False while another holds it."""

    def free(self, owner: str) -> None:
        """Release the lock if it is this owner's."""


@dataclass(frozen=True, slots=True)
class Refresher:
    """Refreshes the token; `patience` is how many seconds to wait for a refresh that somebody else is making."""

    client: "SecretsManagerClient"
    token_secret_arn: str
    credentials_secret_arn: str
    perform: Callable[[Call], CallResult]
    lock: Exclusion
    patience: float = 5.0

    def refresh(self, refused: str | None) -> Outcome:
        """Refresh the token if it is the refused one (by its fingerprint), or, on a schedule, if half its time is over.

        Raises:
            ClientError, BotoCoreError, StoreUnavailableError: a secret or the lock did not answer.

        """
        held = self._held()
        if (reason := _kept(held, refused)) is not None:
            return reason
        try:
            credentials = self._credentials()
        except ValidationError:
            return Outcome.BAD_CREDENTIALS
        if credentials is None:
            return Outcome.NO_CREDENTIALS
        owner = secrets.token_hex(8)
        if not self.lock.take(owner, now=time.time(), lease=_LEASE):
            return self._wait_for_another(refused)
        try:
            held = self._held()
            return _kept(held, refused) or self._authenticate(credentials, held)
        finally:
            self.lock.free(owner)

    def _held(self) -> TokenSecret | None:
        try:
            return read_token(self.client, self.token_secret_arn)
        except TokenUnavailableError:
            return None

    def _credentials(self) -> Credentials | None:
        """Read the credentials; a deployment may have none, and keep a token of its own in the token secret.

        Raises:
            ValidationError: the secret holds something else. `{}` is how to clear it.

        """
        try:
            reply = self.client.get_secret_value(SecretId=self.credentials_secret_arn)
        except self.client.exceptions.ResourceNotFoundException:
            return None
        written = reply.get("SecretString", "binary")
        empty = "".join(written.split()) in {"", "{}"}
        return None if empty else Credentials.model_validate_json(written)

    def _authenticate(self, credentials: Credentials, held: TokenSecret | None) -> Outcome:
        reply = self.perform(calls.authenticate(credentials.client_id, credentials.client_secret))
        if not isinstance(reply, Reply) or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Outcome.NOT_REACHED
        if reply.status != HTTPStatus.OK:
            return Outcome.REFUSED
        try:
            granted = _Granted.model_validate_json(reply.body)
        except ValidationError:
            return Outcome.REFUSED
        if held is not None and held.access_token == granted.access_token:
            return Outcome.SAME_TOKEN
        now = time.time()
        value = {
            "access_token": granted.access_token,
            "issued_at": now,
            "expires_at": now + granted.validity_period,
        }
        self.client.put_secret_value(SecretId=self.token_secret_arn, SecretString=json.dumps(value))
        counters.count(Metric.REFRESHES)
        return Outcome.REFRESHED

    def _wait_for_another(self, refused: str | None) -> Outcome:
        """Read the secret until it has the token of the other environment's refresh, or the patience ends."""
        until = time.monotonic() + self.patience
        while time.monotonic() < until:
            if _kept(self._held(), refused) is not None:
                return Outcome.REFRESHED
            time.sleep(_POLL)
        return Outcome.BEING_REFRESHED


def _kept(held: TokenSecret | None, refused: str | None) -> Outcome | None:
    """Return why the token is kept; None if it is to be renewed."""
    if held is None:
        return None
    now = time.time()
    if refused is not None:
        due = held.fingerprint == refused
    else:
        due = held.issued_at is None or held.expires_at is None or now >= (held.issued_at + held.expires_at) / 2
    if not due:
        return Outcome.STILL_GOOD
    renewed_lately = held.issued_at is not None and held.issued_at <= now < held.issued_at + _APART
    return Outcome.RENEWED_LATELY if renewed_lately else None
