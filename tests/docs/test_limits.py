"""The numbers on the page of limits are those of the code and the template."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from api.incoming import LARGEST
from bench.money import INDEX_WRITES
from local import ROOT, TEMPLATE
from realtime_sms.aws.schedules import LARGEST as LARGEST_SCHEDULED
from realtime_sms.aws.submissions import LIFETIME, OPEN_SHARDS
from realtime_sms.encoding.segment import GSM7, UCS2
from realtime_sms.encoding.ucs2 import MOST_MARKS
from realtime_sms.outcomes.submission import Rules, settle
from realtime_sms.requests.model import MAX_RECIPIENTS, MAX_SEGMENTS
from realtime_sms.requests.prepare import FURTHEST
from realtime_sms.vocabulary import Delivery
from send.scheduling import NEAR
from tests.fakes.submissions import ACCEPTED, NOW, SENDING, item_of

DOCUMENT: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
QUEUE: dict[str, Any] = DOCUMENT["Resources"]["SendQueue"]["Properties"]
KIB = 1024
DAY = 86_400
UNITS_OF_A_PARTITION = 1_000  # write units a second
WRITES_OF_AN_SMS = 2
VISIBILITY: int = QUEUE["VisibilityTimeout"]
RECEIVES: int = QUEUE["RedrivePolicy"]["maxReceiveCount"]
SECRETS = [one for one in DOCUMENT["Resources"].values() if one["Type"] == "AWS::SecretsManager::Secret"]
WARM = 4_000  # write units a second that a new on-demand table or index takes
QUOTA = 40_000  # and those of any


def row(page: str, name: str) -> str:
    """Return what the page says of something in a table."""
    (said,) = re.findall(rf"^\| {re.escape(name)} \| (.+) \|$", page, re.MULTILINE)
    return str(said)


@pytest.fixture(scope="module")
def page() -> str:
    """Return the text of docs/limits.md."""
    return (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")


def default(parameter: str) -> int:
    """Return a parameter's default."""
    return int(DOCUMENT["Parameters"][parameter]["Default"])


def most(parameter: str) -> int:
    """Return the most that a parameter takes."""
    return int(DOCUMENT["Parameters"][parameter]["MaxValue"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("recipients", f"{MAX_RECIPIENTS:,} |"),
        ("segments of the text", f"{MAX_SEGMENTS}; "),
        (
            "text",
            f"{MAX_SEGMENTS * GSM7.part:,} septets of GSM 03.38, or {MAX_SEGMENTS * UCS2.part // UCS2.unit:,} units",
        ),
        ("combining marks in a row", f"{MOST_MARKS} |"),
        ("body of a queue message", f"{QUEUE['MaximumMessageSize'] // KIB} KiB, "),
        ("body of an API call", f"{LARGEST // KIB} KiB: "),
        ("time of `sendAt`", f"{FURTHEST // DAY} days ahead |"),
        (
            f"body of a message with a `sendAt` more than {NEAR / 60:.0f} minutes ahead",
            f"{LARGEST_SCHEDULED // KIB} KiB, ",
        ),
        ("time that a request may wait", f"{QUEUE['MessageRetentionPeriod'] // DAY} days; "),
        ("time that a request may wait", f"{LIFETIME // DAY} days; "),
        ("time for one call to RealTime", f"{default('CallTimeoutSeconds')} by default, "),
        ("time for one call to RealTime", f"at most {most('CallTimeoutSeconds')} |"),
        ("attempts that count", f"{default('MaxAttempts')} by default, at most {most('MaxAttempts')} |"),
        ("SQS, deliveries of one message", f"{RECEIVES:,}, "),
        ("SQS, deliveries of one message", f"timeout of {VISIBILITY} s: then {RECEIVES * VISIBILITY / DAY:.1f} days"),
        ("API Gateway, callbacks a second", f"`CallbackRateLimit` ({default('CallbackRateLimit')})"),
        ("API Gateway, callbacks a second", f"`CallbackBurstLimit` ({default('CallbackBurstLimit')})"),
        (f"{len(SECRETS)} secrets, 0.40 each", f"{0.4 * len(SECRETS):.2f}"),
        ("index `open`", f"over {len(OPEN_SHARDS)} partitions"),
        ("index `open`", f"{len(OPEN_SHARDS) * UNITS_OF_A_PARTITION // WRITES_OF_AN_SMS:,} SMS"),
        ("one request", f"{UNITS_OF_A_PARTITION // WRITES_OF_AN_SMS} SMS"),
        ("the rate limit, `#rate`", f"ends at {most('MaxPerSecond'):,}"),
    ],
)
def test_a_number_is_as_in_the_code(page: str, name: str, said: str) -> None:
    """What the page says begins, or goes on, with the number that holds."""
    assert said in row(page, name)


def test_the_calls_at_once_are_what_the_defaults_make(page: str) -> None:
    """The product on the page is of the defaults."""
    send, promotional, calls = map(default, ("MaxConcurrency", "PromotionalConcurrency", "CallsInFlight"))
    product = (send + promotional) * calls
    assert f"by default ({send} + {promotional}) \N{MULTIPLICATION SIGN} {calls} = {product}." in page


def index_writes(index: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> int:
    """Return what DynamoDB counts for an index of keys alone, if an item changes."""
    names = [key["AttributeName"] for key in index["KeySchema"]]
    old, new = ([item[name] for name in names] if names[0] in item else None for item in (before, after))
    if old == new:
        return 0
    return (old is not None) + (new is not None)


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        pytest.param(60, {"open": [1, 2, 1], "submission": [0, 1, 0], "untraced": [0, 0, 0]}, id="by default"),
        pytest.param(0, {"open": [1, 1, 0], "submission": [0, 1, 0], "untraced": [0, 0, 0]}, id="nothing is asked"),
    ],
)
def test_the_writes_of_an_sms_are_what_dynamodb_counts(page: str, asks: int, expected: dict[str, list[int]]) -> None:
    """From the items as they follow one another: claimed, submitted, delivered."""
    submitted = settle(SENDING, ACCEPTED, Rules(ask=bool(asks)), now=NOW, jitter=0)
    delivered = replace(submitted, ask_at=None, delivery=Delivery.DELIVERED)
    items = [{}, *map(item_of, (SENDING, submitted, delivered))]
    indexes = DOCUMENT["Resources"]["OutcomesTable"]["Properties"]["GlobalSecondaryIndexes"]
    counted = {one["IndexName"]: [index_writes(one, *pair) for pair in pairwise(items)] for one in indexes}
    assert counted == expected
    if asks:
        assert (
            sum(sum(writes[:2]) for writes in counted.values()) == INDEX_WRITES
        )  # which the price in the benchmark has
        most = sum(counted["open"])
        assert row(page, "**in all**") == f"**3 writes** | **{most} writes** | **{sum(counted['submission'])} write**"
        assert f"{WARM // most:,} SMS a second" in row(page, "a new table, on its first day")
        assert f"{QUOTA // most:,} SMS" in row(page, "the table and its indexes, on demand")


def test_the_price_of_an_idle_stack_is_the_sum(page: str) -> None:
    """To ten cents."""
    section = page.partition("### An idle stack")[2]
    prices = [float(price) for price in re.findall(r"\| (\d+\.\d\d) \|$", section, re.MULTILINE)]
    (total,) = re.findall(r"\*\*(\d+\.\d\d)\*\*", section)
    assert len(prices) > 5
    assert abs(sum(prices) - float(total)) < 0.1
