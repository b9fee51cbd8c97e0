"""The schedules of requests, in a scheduler that refuses what AWS's model refuses."""

import json

import pytest
from botocore.exceptions import ReadTimeoutError

from realtime_sms.aws.schedules import (
    LARGEST,
    Route,
    Schedule,
    ScheduleRefusedError,
    SchedulerUnavailableError,
    Schedules,
    name_of,
)
from tests.fakes.aws.scheduler import DEAD_LETTERS, GROUP, QUEUE, ROLE, FakeScheduler

KEY = "arn:aws:kms:sa-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
AT = 1_800_000_000.0  # 2027-01-15T08:00:00Z
ROUTE = Route(ROLE, DEAD_LETTERS)
SECRET = "Su código es 4711"
BODY = json.dumps({"recipients": ["+56912345678"], "message": {"text": SECRET}})


@pytest.fixture
def scheduler() -> FakeScheduler:
    """Return a scheduler without schedules."""
    return FakeScheduler()


@pytest.fixture
def schedules(scheduler: FakeScheduler) -> Schedules:
    """Return what is tested."""
    return Schedules(scheduler.client, GROUP)


def _create(schedules: Schedules, request_id: str = "r-1", *, at: float = AT, body: str = BODY) -> Schedule:
    return schedules.create(request_id, Schedule(at, "2:hash"), body, QUEUE, ROUTE)


def test_a_schedule_puts_the_message_back_once_and_is_deleted_then(
    scheduler: FakeScheduler, schedules: Schedules
) -> None:
    """It is in its group, takes its own role, and leaves what cannot be put back to the dead-letter queue."""
    assert _create(schedules) == Schedule(AT, "2:hash")
    (made,) = scheduler.schedules.values()
    assert made["GroupName"] == GROUP
    assert (made["ScheduleExpression"], made["ScheduleExpressionTimezone"]) == ("at(2027-01-15T08:00:00)", "UTC")
    assert (made["FlexibleTimeWindow"], made["ActionAfterCompletion"]) == ({"Mode": "OFF"}, "DELETE")
    target = made["Target"]
    assert (target["Arn"], target["RoleArn"], target["Input"]) == (QUEUE, ROLE, BODY)
    assert target["DeadLetterConfig"] == {"Arn": DEAD_LETTERS}
    assert "KmsKeyArn" not in made


def test_a_schedule_is_encrypted_with_the_deployments_key(scheduler: FakeScheduler, schedules: Schedules) -> None:
    """As the queues are."""
    schedules.create("r-1", Schedule(AT, "2:hash"), BODY, QUEUE, Route(ROLE, DEAD_LETTERS, KEY))
    (made,) = scheduler.schedules.values()
    assert made["KmsKeyArn"] == KEY


@pytest.mark.parametrize(
    ("at", "said"), [(AT + 0.001, "at(2027-01-15T08:00:01)"), (AT - 0.5, "at(2027-01-15T08:00:00)")]
)
def test_a_schedule_is_never_before_its_time(
    scheduler: FakeScheduler, schedules: Schedules, at: float, said: str
) -> None:
    """Scheduler takes whole seconds."""
    assert _create(schedules, at=at).at >= at
    assert [one["ScheduleExpression"] for one in scheduler.schedules.values()] == [said]


@pytest.mark.parametrize("request_id", ["r", "a" * 128, "order:4711@shop+1=~-."])
def test_a_schedule_is_named_for_the_request_id(
    scheduler: FakeScheduler, schedules: Schedules, request_id: str
) -> None:
    """Also for ids that are longer than a name, and have characters that no name has."""
    _create(schedules, request_id)
    _create(schedules, f"{request_id[:-1]}0")
    assert list(scheduler.schedules) == [name_of(request_id), name_of(f"{request_id[:-1]}0")]
    assert {len(name) for name in scheduler.schedules} == {64}


def test_a_request_that_has_a_schedule_keeps_it(scheduler: FakeScheduler, schedules: Schedules) -> None:
    """The same or another message with this id is told when it is, and of which content."""
    _create(schedules)
    assert schedules.create("r-1", Schedule(AT + 60, "2:other"), "{}", QUEUE, ROUTE) == Schedule(AT, "2:hash")
    assert scheduler.fire() == [BODY]


@pytest.mark.parametrize(
    "refusal",
    [
        ("ThrottlingException", ""),
        ("ServiceQuotaExceededException", ""),
        ("InternalServerException", ""),
        ("ResourceNotFoundException", ""),
        ("AccessDeniedException", ""),
        ("ValidationException", "The execution role you provide must allow AWS EventBridge Scheduler to assume it."),
        ReadTimeoutError(endpoint_url="scheduler"),
    ],
    ids=str,
)
def test_what_is_not_scheduled_now_may_be_later(
    scheduler: FakeScheduler, schedules: Schedules, refusal: tuple[str, str] | Exception
) -> None:
    """Also where the deployment is at fault, not the message."""
    scheduler.refuses = refusal
    with pytest.raises(SchedulerUnavailableError):
        _create(schedules)
    scheduler.refuses = None
    assert _create(schedules).at == AT


def test_a_refusal_for_good_does_not_quote_the_message(scheduler: FakeScheduler, schedules: Schedules) -> None:
    """AWS's own words may."""
    scheduler.refuses = ("ValidationException", f"Value '{BODY}' at 'target.input' failed to satisfy constraint")
    with pytest.raises(ScheduleRefusedError) as refused:
        _create(schedules)
    assert "4711" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(("size", "fits"), [(LARGEST, True), (LARGEST + 1, False)])
def test_a_message_that_scheduler_cannot_keep_is_refused(
    scheduler: FakeScheduler,
    schedules: Schedules,
    size: int,
    fits: bool,  # noqa: FBT001 (a case)
) -> None:
    """Octets count, not characters."""
    body = "ñ" * (size // 2) + "n" * (size % 2)
    if fits:
        _create(schedules, body=body)
    else:
        with pytest.raises(ScheduleRefusedError, match="too large"):
            _create(schedules, body=body)
    assert len(scheduler.schedules) == fits


def test_a_text_with_schedulers_own_keywords_comes_back_as_it_was(
    scheduler: FakeScheduler, schedules: Schedules
) -> None:
    """Scheduler replaces `<aws.scheduler.execution-id>` and others in a message."""
    request = {"message": {"text": "<aws.scheduler.execution-id> <b>"}}
    _create(schedules, body=json.dumps(request))
    (body,) = scheduler.fire()
    assert "<aws.scheduler." not in body
    assert json.loads(body) == request


def test_a_deleted_schedule_is_gone_and_one_that_is_missing_is_no_error(
    scheduler: FakeScheduler, schedules: Schedules
) -> None:
    """It may have brought its message back just before."""
    _create(schedules)
    schedules.delete("r-1")
    assert scheduler.schedules == {}
    schedules.delete("r-1")


def test_a_deletion_without_an_answer_is_told(scheduler: FakeScheduler, schedules: Schedules) -> None:
    """The schedule may still be there."""
    scheduler.refuses = ("ThrottlingException", "")
    with pytest.raises(SchedulerUnavailableError, match="ThrottlingException"):
        schedules.delete("r-1")
