"""Compute the keyed hashes that replace forgotten numbers, and find outcomes by them.

`rtsms forget` replaces a number by its hash, also in the keys of items. A request id that holds the number, or that
`rtsms bulk` made of it, is replaced as a whole. The sender would not find such an outcome if the request is published
again, and would send twice. So it looks for the hashes too, unless it knows that no number was ever forgotten: then the
table has no marker item. The marker is read together with the breakers.
"""

import hashlib
import hmac
import re
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.table import FORGOTTEN, Key, StoreUnavailableError, Table, key_of

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

MARKER: Final[Key] = (FORGOTTEN, FORGOTTEN)  # this item says that a number was forgotten in this deployment
PREFIX: Final = "forgotten:"  # of each hash; no number and no place such as `recipients[1]` begins with it
FORGOTTEN_MARK: Final = "forgotten"  # attribute of an opt-out that is about to move to its hash, not to be removed

_LIKE_A_NUMBER = re.compile(r"(?<!\d)\d{7,15}(?!\d)")
_OF_BULK = re.compile(r":[0-9a-f]{24}$")


def pattern(number: str) -> re.Pattern[str]:
    """Return the pattern that finds a number (E.164) in a text, with or without its plus sign."""
    return re.compile(rf"(?<!\d)\+?{number.removeprefix('+')}(?!\d)")


def is_of_bulk(request_id: str) -> bool:
    """Return True if `rtsms bulk` may have made a request id of its recipient's number or key.

    It hashes them without a secret, so whoever tries all numbers finds the one.
    """
    return _OF_BULK.search(request_id) is not None


class Hashes:
    """Keyed hashes of numbers, and of content hashes; the key is read from its secret once.

    Raises, from every method:
        StoreUnavailableError: the key cannot be read.
    """

    def __init__(self, client: "SecretsManagerClient", secret_arn: str) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._key = cache(self._read)

    def of(self, value: str) -> str:
        """Return the hash that replaces a value, such as a number: 128 bits of HMAC-SHA-256, in hexadecimal."""
        return PREFIX + hmac.new(self._key(), value.encode(), hashlib.sha256).hexdigest()[:32]

    def hides(self, stored: str, value: str) -> bool:
        """Return True if `stored` is the hash of this value; the key is read only if `stored` is a hash."""
        return stored.startswith(PREFIX) and stored == self.of(value)

    def _read(self) -> bytes:
        try:
            return self._client.get_secret_value(SecretId=self._secret_arn)["SecretString"].encode()
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(type(error).__name__) from error


class Forgotten:
    """The outcomes of forgotten numbers."""

    def __init__(self, table: Table, hashes: Hashes) -> None:
        self._table = table
        self.hashes = hashes

    def finished(self, keys: Collection[Key]) -> set[Key]:
        """Return those keys (request id and number) whose submission ended before its number was forgotten.

        Raises:
            StoreUnavailableError: the table did not answer, or the key of the hashes cannot be read.

        """
        hashed: dict[Key, Key] = {}
        for request_id, number in keys:
            stands = self.hashes.of(number)
            hashed[request_id, stands] = (request_id, number)
            if _LIKE_A_NUMBER.search(request_id) or is_of_bulk(request_id):
                name = self.hashes.of(request_id)
                hashed |= dict.fromkeys([(name, number), (name, stands)], (request_id, number))
            if number.removeprefix("+") in request_id:  # the first version replaced only the number in it
                hashed[pattern(number).sub(stands, request_id), stands] = (request_id, number)
        return {hashed[key_of(item)] for item in self._table.get_many(hashed)}
