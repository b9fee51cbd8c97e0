"""What is counted in an invocation is written at its end, in few lines, each once."""

import json
import threading
from dataclasses import replace
from io import StringIO

import pytest

from realtime_sms.aws.telemetry import (
    NAMESPACE,
    Counters,
    Metric,
    counters,
    instrumented,
    log_outcome,
    logger,
    of_promotional,
    of_reason,
    of_rejection,
    of_status,
)
from realtime_sms.requests.recipients import mask
from realtime_sms.vocabulary import MessageType, Reason, Status
from tests.fakes import emf
from tests.fakes.lambda_context import Context
from tests.fakes.submissions import FAILED, NUMBER, SUBMITTED, WAITING

STACK = "a-stack"


@pytest.fixture(autouse=True)
def _stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a function of a stack."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", STACK)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Return what is logged, without the metrics, which are printed."""
    stream = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return stream


def test_counts_are_added_up_and_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    """One line for all; a second write has nothing to say."""
    counters = Counters()
    for submission in (SUBMITTED, SUBMITTED, WAITING):
        counters.outcome(replace(submission, attempt=2, segments=3))
    counters.write()
    counters.write()
    (line,) = capsys.readouterr().out.splitlines()
    assert emf.totals([line]) == {
        "Submitted": 2,
        "Submitted.accepted": 2,
        "Waiting": 1,
        "Waiting.throttled": 1,
        "Attempts": 4,  # of those that ended
        "Segments": 6,  # of those that were taken
    }


def test_promotional_ones_are_counted_a_second_time(capsys: pytest.CaptureFixture[str]) -> None:
    """So that a campaign that fails is told from codes that do; the sums stay what they were."""
    counters = Counters()
    counters.outcome(FAILED)
    counters.outcome(replace(FAILED, message_type=MessageType.PROMOTIONAL))
    counters.write()
    written = emf.totals(capsys.readouterr().out.splitlines())
    assert (written[of_status(Status.FAILED)], written[of_promotional(Status.FAILED)]) == (2, 1)


def test_each_metric_is_filed_under_the_stack(capsys: pytest.CaptureFixture[str]) -> None:
    """One namespace, one dimension: what alarms and the dashboard ask for."""
    counters = Counters()
    counters.count(Metric.SWEPT, 0)
    counters.write()
    (found,) = emf.read(capsys.readouterr().out.splitlines())
    assert (found.namespace, found.dimensions) == (NAMESPACE, frozenset({("service", STACK)}))
    assert (found.name, found.unit, found.values) == ("Swept", "Count", (0,))


@pytest.mark.parametrize(("calls", "lines"), [(1, 1), (100, 1), (101, 2), (250, 3)])
def test_a_line_holds_a_hundred_latencies(capsys: pytest.CaptureFixture[str], calls: int, lines: int) -> None:
    """That is the format's limit; none is lost, and the counts are on one line only."""
    counters = Counters()
    timed = counters.timed(Metric.PROVIDER_LATENCY, lambda: counters.count("Calls"))
    for _ in range(calls):
        timed()
    counters.write()
    written = capsys.readouterr().out.splitlines()
    assert len(written) == lines
    assert emf.totals(written)["Calls"] == calls
    latencies = [metric for metric in emf.read(written) if metric.name == Metric.PROVIDER_LATENCY]
    assert sum(len(metric.values) for metric in latencies) == calls
    assert {metric.unit for metric in latencies} == {"Milliseconds"}


def test_a_call_that_raises_is_measured_too(capsys: pytest.CaptureFixture[str]) -> None:
    """How long a failure takes is what one wants to see."""
    counters = Counters()
    with pytest.raises(ZeroDivisionError):
        counters.timed(Metric.PROVIDER_LATENCY, lambda: 1 // 0)()
    counters.write()
    assert list(emf.totals(capsys.readouterr().out.splitlines())) == [Metric.PROVIDER_LATENCY]


def test_many_threads_lose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Calls are made in threads."""
    counters = Counters()
    timed = counters.timed(Metric.PROVIDER_LATENCY, lambda: counters.count("Calls"))
    threads = [threading.Thread(target=lambda: [timed() for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counters.write()
    written = capsys.readouterr().out.splitlines()
    assert emf.totals(written)["Calls"] == 4000
    assert sum(len(metric.values) for metric in emf.read(written) if metric.name == Metric.PROVIDER_LATENCY) == 4000


def test_a_line_holds_a_hundred_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    """That is the format's limit too."""
    counters = Counters()
    for number in range(101):
        counters.count(f"Metric{number}")
    counters.write()
    written = capsys.readouterr().out.splitlines()
    assert len(written) == 2
    assert len(emf.totals(written)) == 101


def test_names_say_status_and_reason() -> None:
    """In the words of the outcome."""
    assert of_status(Status.EXPIRED) == "Expired"
    assert of_reason(Status.FAILED, Reason.SENDER_REFUSED) == "Failed.sender_refused"
    assert of_rejection(Reason.UNREADABLE) == "Rejected.unreadable"


def test_metrics_are_written_when_the_handler_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """What had been sent until then was sent."""
    counters.write()
    capsys.readouterr()  # what other tests of this process have counted

    @instrumented
    def handler(_event: object, _context: Context) -> None:
        log_outcome(FAILED)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        handler({}, Context())
    written = emf.totals(capsys.readouterr().out.splitlines())
    assert written["Failed.malformed"] == 1


def test_each_line_names_its_invocation_and_the_first_of_an_environment(log: StringIO) -> None:
    """So that one can find all that one invocation did, and what cold starts cost."""

    @instrumented
    def handler(_event: object, _context: Context) -> str:
        logger.info("hello")
        return "done"

    assert (
        handler({}, Context(aws_request_id="invocation-1"))
        == handler({}, Context(aws_request_id="invocation-2"))
        == "done"
    )
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["function_request_id"], line["cold_start"]) for line in lines] == [
        ("invocation-1", True),
        ("invocation-2", False),
    ]


def test_an_outcome_is_logged_with_its_message_and_a_masked_number(log: StringIO) -> None:
    """Enough to follow one SMS, and not enough to know whose it is."""
    log_outcome(SUBMITTED, message_id="message-1")
    line = json.loads(log.getvalue())
    assert (line["message"], line["requestId"], line["messageId"]) == ("submission", SUBMITTED.request_id, "message-1")
    assert NUMBER not in json.dumps(line)
    assert mask(NUMBER) == line["recipient"]
