"""Numbers of the template that depend on one another; CloudFormation cannot compute them."""

from typing import Any

from bench.money import GIGABYTES
from realtime_sms.aws.caps import WINDOWS
from realtime_sms.aws.submissions import LIFETIME
from realtime_sms.requests.model import MAX_RECIPIENTS
from tests.template.rendered import rendered, template

API_GATEWAY_WAITS = 29  # seconds: API Gateway quotas, integration timeout
DAY = 86_400
LANES = ("SendQueue", "PromotionalQueue")


def _properties(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = rendered()[name]["Properties"]
    return properties


def test_a_message_stays_hidden_for_six_timeouts_of_the_send_function() -> None:
    """As Lambda's documentation asks of a queue that invokes a function."""
    assert {_properties(lane)["VisibilityTimeout"] for lane in LANES} == {6 * _properties("SendFunction")["Timeout"]}


def test_a_message_is_kept_for_as_long_as_a_submission_waits() -> None:
    """The code ends what has waited longer."""
    assert {_properties(lane)["MessageRetentionPeriod"] for lane in LANES} == {LIFETIME}


def test_a_dead_letter_has_room_for_its_reason() -> None:
    """The message itself may fill its queue's size."""
    largest = max(_properties(lane)["MaximumMessageSize"] for lane in LANES)
    assert _properties("DeadLetterQueue")["MaximumMessageSize"] > largest


def test_a_message_that_is_moved_has_room_for_its_id() -> None:
    """With its name, quotes and comma, and with a recipient that JSON writes longer than its publisher did."""
    send, promotional = (_properties(lane)["MaximumMessageSize"] for lane in LANES)
    assert promotional > send + len(',"requestId":""') + 128 + MAX_RECIPIENTS * len("00000000000.0")


def test_an_outcome_outlives_its_message() -> None:
    """In whichever queue it is, and whichever number the parameter takes."""
    kept = sum(_properties(name)["MessageRetentionPeriod"] for name in ("SendQueue", "DeadLetterQueue"))
    assert template()["Parameters"]["OutcomeTtlDays"]["MinValue"] * DAY > kept


def test_a_function_behind_the_api_answers_before_api_gateway_gives_up() -> None:
    """Else the caller gets a 504 while the function goes on."""
    assert all(_properties(name)["Timeout"] < API_GATEWAY_WAITS for name in ("ApiFunction", "CallbacksFunction"))


def test_runs_of_maintenance_do_not_overlap() -> None:
    """A run ends before the next minute begins."""
    assert _properties("MaintenanceFunctionEveryMinute")["ScheduleExpression"] == "rate(1 minute)"
    assert _properties("MaintenanceFunction")["Timeout"] < 60


def test_a_refresh_has_time_for_the_longest_call() -> None:
    """Whatever the parameter allows."""
    longest = template()["Parameters"]["CallTimeoutSeconds"]["MaxValue"]
    assert _properties("RefreshFunction")["Timeout"] > longest


def test_the_template_takes_the_caps_that_the_code_reads() -> None:
    """What is malformed is refused at deployment, not by a function that cannot start."""
    assert template()["Parameters"]["MaxPerRecipient"]["AllowedPattern"] == f"^{WINDOWS}$"


def test_the_price_in_the_benchmark_is_of_the_send_functions_memory() -> None:
    """Lambda is paid by it."""
    assert _properties("SendFunction")["MemorySize"] == GIGABYTES * 1024


def test_warm_throughput_is_left_to_dynamodb_unless_it_is_given() -> None:
    """Then the table and the index that an SMS writes most to have it; the other indexes are written less."""
    assert "WarmThroughput" not in _properties("OutcomesTable")
    table = rendered(WarmThroughput="8000")["OutcomesTable"]["Properties"]
    assert table["WarmThroughput"] == {"WriteUnitsPerSecond": "8000"}
    warm = [one["IndexName"] for one in table["GlobalSecondaryIndexes"] if "WarmThroughput" in one]
    assert warm == ["open"]
