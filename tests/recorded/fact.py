"""The form of a recorded fact, and what the tables of facts share."""

from collections.abc import Mapping
from typing import Any, NamedTuple

MEBIBYTE = 1_048_576
SNAPSHOTS = "localstack/localstack tests/aws/services"
AWS_PAGES = "https://docs.aws.amazon.com"


class Fact(NamedTuple):
    """One call and its answer: an error code, or what the answer holds at least.

    `fakes` is True where our fakes know the operation. `differs` says how the embedded AWS answers instead.
    """

    call: str
    given: Mapping[str, Any]
    answer: str | Mapping[str, Any]
    recorded: str
    on: str
    fakes: bool = False
    differs: str = ""
