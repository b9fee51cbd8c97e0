"""The key in the callback addresses: RealTime signs nothing, so who knows the address is taken for RealTime.

Two are valid while the key is changed: the secret's current version and the one before it.
"""

import hmac
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_STAGES = ("AWSCURRENT", "AWSPREVIOUS")
_KEY = re.compile(r"[A-Za-z0-9_-]{32,128}")  # less could be guessed
_FRESH = 300.0  # seconds for which a key that was read is believed
_PAUSE = 10.0  # seconds between reads, so that neither guesses nor an outage of the secret cost more


class KeysUnavailableError(RuntimeError):
    """The secret cannot be read, or holds no usable key; the message says what to do."""


class CallbackKeys:
    """The valid keys, as one environment knows them."""

    def __init__(
        self, client: "SecretsManagerClient", secret_arn: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._monotonic = monotonic
        self._keys: tuple[bytes, ...] = ()
        self._read_at = self._tried_at = float("-inf")

    def accept(self, given: str) -> bool:
        """Return True if this is a valid key; the comparison takes the same time however much of it is right.

        Raises:
            KeysUnavailableError: there is nothing to compare it with.

        """
        if self._monotonic() - self._read_at >= _FRESH:
            self._read()
        if self._knows(given):
            return True
        self._read()  # it may be newer than what was read
        return self._knows(given)

    def _knows(self, given: str) -> bool:
        offered = given.encode("utf-8", "surrogatepass")
        matches = [hmac.compare_digest(offered, key) for key in self._keys]  # all of them, whichever it is
        return any(matches)

    def _read(self) -> None:
        """Read the keys, but not again within some seconds, whether that succeeded or not."""
        now = self._monotonic()
        if self._keys and now - self._tried_at < _PAUSE:
            return
        self._tried_at = now
        try:
            written = [key for stage in _STAGES if (key := self._stage(stage)) is not None]
        except (ClientError, BotoCoreError) as error:
            if self._keys:  # those that were valid minutes ago are better than none
                logger.warning("callback keys not read again", extra={"error": type(error).__name__})
                return
            raise KeysUnavailableError(f"the callback key secret cannot be read: {type(error).__name__}") from error
        keys = tuple(key.encode() for key in written if _KEY.fullmatch(key))
        if not keys:
            raise KeysUnavailableError("the callback key secret must hold 32 to 128 letters and digits")
        self._keys, self._read_at = keys, now

    def _stage(self, stage: str) -> str | None:
        try:
            reply = self._client.get_secret_value(SecretId=self._secret_arn, VersionStage=stage)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException" and stage != _STAGES[0]:
                return None
            raise
        return reply.get("SecretString", "")
