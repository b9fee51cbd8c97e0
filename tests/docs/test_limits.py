"""The numbers on the page of limits are those of the code and the template."""

import re
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from api.intake import LARGEST
from local import ROOT, TEMPLATE
from realtime_sms.aws.submissions import LIFETIME, OPEN_SHARDS
from realtime_sms.encoding.segment import GSM7, UCS2
from realtime_sms.encoding.ucs2 import MOST_MARKS
from realtime_sms.requests.model import MAX_RECIPIENTS, MAX_SEGMENTS

DOCUMENT: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
QUEUE: dict[str, Any] = DOCUMENT["Resources"]["SendQueue"]["Properties"]
KIB = 1024
DAY = 86_400
UNITS_OF_A_PARTITION = 1_000  # write units a second
WRITES_OF_AN_SMS = 2


def row(page: str, name: str) -> str:
    """Give what the page says of something in a table."""
    (said,) = re.findall(rf"^\| {re.escape(name)} \| (.+) \|$", page, re.MULTILINE)
    return str(said)


@pytest.fixture(scope="module")
def page() -> str:
    """Give the page."""
    return (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")


def default(parameter: str) -> int:
    """Give a parameter's default."""
    return int(DOCUMENT["Parameters"][parameter]["Default"])


def most(parameter: str) -> int:
    """Give the most that a parameter takes."""
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
        ("time that a request may wait", f"{QUEUE['MessageRetentionPeriod'] // DAY} days; "),
        ("time that a request may wait", f"{LIFETIME // DAY} days; "),
        ("time for one call to RealTime", f"{default('CallTimeoutSeconds')} by default, "),
        ("time for one call to RealTime", f"at most {most('CallTimeoutSeconds')} |"),
        ("attempts that count", f"{default('MaxAttempts')} by default, at most {most('MaxAttempts')} |"),
        ("SQS, deliveries of one message", f"{QUEUE['RedrivePolicy']['maxReceiveCount']:,}, "),
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
    functions, calls = default("MaxConcurrency"), default("CallsInFlight")
    assert f"by default {functions} \N{MULTIPLICATION SIGN} {calls} = {functions * calls}." in page
