"""The access token: from Secrets Manager, kept for minutes, and renewed once when RealTime refuses it.

The refresh function makes new tokens; here it is asked for one.
"""

import hashlib
import json
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from realtime_sms.aws.clients import error_code
from realtime_sms.aws.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

_EMPTY = "ResourceNotFoundException"  # Secrets Manager's answer for a secret without a value, as after a first deploy
_FRESH = 300.0  # seconds; a token lives for an hour, and a refused one is read again at once


class TokenSecret(BaseModel):
    """The token secret's value: `{"access_token": "…"}`; a refresh adds its start and end (epoch seconds)."""

    model_config = ConfigDict(hide_input_in_errors=True, extra="ignore")

    access_token: str = Field(min_length=1, max_length=4096, pattern=r"^[\x21-\x7e]+$", repr=False)
    issued_at: float | None = None
    expires_at: float | None = None

    @property
    def fingerprint(self) -> str:
        """Return the token's fingerprint."""
        return fingerprint(self.access_token)


class Credentials(BaseModel):
    """The credentials secret's value: `{"client_id": "…", "client_secret": "…"}`."""

    model_config = ConfigDict(hide_input_in_errors=True)

    client_id: str = Field(min_length=1, repr=False)
    client_secret: str = Field(min_length=1, repr=False)


class TokenUnavailableError(RuntimeError):
    """There is no usable token: the secret cannot be read, or does not hold one; the message says what to do."""


def fingerprint(token: str) -> str:
    """Return a token's fingerprint, by which it can be compared and logged: 64 bits of SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def read_token(client: "SecretsManagerClient", secret_arn: str) -> TokenSecret:
    """Read the token secret.

    Raises:
        TokenUnavailableError: it cannot be read, or holds no token.

    """
    try:
        reply = client.get_secret_value(SecretId=secret_arn)
        return TokenSecret.model_validate_json(reply.get("SecretString", ""))
    except (ClientError, BotoCoreError) as error:
        code = error_code(error)
        what = "is empty; put a token there" if code == _EMPTY else f"cannot be read: {code}"
        raise TokenUnavailableError(f"the token secret {what}") from None
    except ValidationError:
        raise TokenUnavailableError('the token secret must hold {"access_token": "…"}; put one there') from None


class Tokens:
    """The current token of one environment; safe to use from many threads, of which one reads for all.

    `renew` gets the fingerprint of the refused token, and puts a new one into the secret if it can. Reads and renewals
    run in a thread of their own, so that each caller can stop waiting at its own deadline.
    """

    def __init__(
        self,
        client: "SecretsManagerClient",
        secret_arn: str,
        *,
        renew: Callable[[str], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._renew = renew
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="token")
        self._running: dict[str, Future[None]] = {}
        self._token = ""
        self._read_at = float("-inf")

    def current(self, *, within: float = math.inf) -> str:
        """Return the token, read again when it was read minutes ago.

        Raises:
            TokenUnavailableError: there is none.
            TimeoutError: it could not be read within so many seconds.

        """
        read_at = self._read_at
        if self._monotonic() - read_at >= _FRESH:
            self._share("read", self._read, lambda: self._read_at == read_at, within)
        return self._token

    def renewed(self, refused: str, *, within: float = math.inf) -> str:
        """Return the token for one more try: another than the refused one, if there is one.

        Threads that ask at the same time share one renewal, even if it brings no new token.

        Raises:
            TokenUnavailableError: the secret cannot be read.
            TimeoutError: the renewal is not over within so many seconds.

        """
        if self._token == refused:
            self._share("renewal", partial(self._look_for_another, refused), lambda: self._token == refused, within)
        return self._token

    def _share(self, name: str, work: Callable[[], None], is_needed: Callable[[], bool], within: float) -> None:
        """Wait for the work of this name, and start it if it is not running and still needed."""
        with self._lock:
            if not is_needed():  # another thread's work was over just now
                return
            running = self._running.get(name)
            if running is None or running.done():
                running = self._running[name] = self._pool.submit(work)
        running.result(None if within == math.inf else max(0.0, within))

    def _look_for_another(self, refused: str) -> None:
        self._read()
        if self._token == refused and self._renew is not None:
            self._renew(fingerprint(refused))
            self._read()

    def _read(self) -> None:
        self._token = read_token(self._client, self._secret_arn).access_token
        self._read_at = self._monotonic()


def ask_for_renewal(client: "LambdaClient", function_name: str, refused: str, *, wait: bool) -> None:
    """Ask the refresh function for a token other than the one with this fingerprint.

    With `wait` this returns when there is one or there will be none; the secret shows which. What goes wrong is logged,
    not raised.
    """
    kind: Literal["RequestResponse", "Event"] = "RequestResponse" if wait else "Event"
    payload = json.dumps({"refused": refused})
    try:
        reply: Any = client.invoke(FunctionName=function_name, InvocationType=kind, Payload=payload)
    except (ClientError, BotoCoreError) as error:
        logger.error("refresh not asked for", extra={"error": type(error).__name__})
        return
    if reply.get("FunctionError"):
        logger.error("refresh failed", extra={"error": reply["FunctionError"]})
