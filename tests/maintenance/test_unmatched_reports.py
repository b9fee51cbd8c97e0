"""What the watch function does about reports: strays find their submission, and overdue ones are asked for."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from maintenance import unmatched_reports
from maintenance.status_queries import StatusQueries, ask_overdue
from maintenance.unmatched_reports import Settlement
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.submissions import ASK_SHARDS, Submissions, from_item
from realtime_sms.aws.table import Table, shard
from realtime_sms.aws.tokens import TokenUnavailableError
from realtime_sms.aws.unmatched_reports import LOOKS, SHARDS, UnmatchedReports
from realtime_sms.outcomes.submission import ASK_AFTER, Submission
from realtime_sms.provider.calls import Call, CallResult, Reply, ReplyLost
from realtime_sms.vocabulary import Delivery, Status
from tests.callbacks.callbacks import Callbacks
from tests.callbacks.test_callbacks import ID, TAKEN, plant
from tests.conftest import Store
from tests.fakes.submissions import FAILED, NOW, NUMBER, SENDING, SUBMITTED, UNKNOWN

if TYPE_CHECKING:
    from realtime_sms.aws.breakers import Breakers

SENT_AT = NOW - 30
LOST = replace(UNKNOWN, created_at=SENT_AT, updated_at=SENT_AT + 20)
OTHER = replace(LOST, request_id="r-2")


def info(word: str = "DELIVERED", registered: float = SENT_AT + 1) -> Reply:
    """Answer *Get SMS info*."""
    told = {"status": {"code": "1", "status": word}, "cost": 1, "operator": {"id": "7", "name": "Entel"}}
    return Reply(200, json.dumps({"timestamps": {"registered": int(registered)}, "info": told}).encode())


class OpenBreakers:
    """Breakers of which one is open, or none."""

    def __init__(self, opened: object = None) -> None:
        self._opened = opened

    def open(self) -> object:
        """Return the open breaker, if there is one."""
        return self._opened


@dataclass
class Run:
    """Runs of the watch function's parts at chosen times; `answers` are RealTime's, by id."""

    store: Store
    answers: Mapping[str, CallResult] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    breakers: Any = field(default_factory=OpenBreakers)
    most: int = 10
    asks: bool = True
    has_token: bool = True

    def exchange(self, call: Call) -> CallResult:
        """Answer, and note what was asked."""
        name = call.path.rpartition("/")[2]
        self.asked.append(name)
        return self.answers.get(name, Reply(404))

    def queries(self) -> StatusQueries:
        """Make the enquiry of one run."""
        breakers: Breakers = self.breakers
        return StatusQueries(self.exchange, self.token, breakers, most=self.most)

    def token(self) -> str:
        """Return the token, unless there is none."""
        if not self.has_token:
            raise TokenUnavailableError("the token secret is empty; put a token there")
        return "token"

    def settle(self, now: float) -> int:
        """Look at strays."""
        table = self.table
        queries = self.queries() if self.asks else None
        return Settlement(UnmatchedReports(table), Deliveries(table), Submissions(table), queries, now).run()

    def ask(self, now: float) -> int:
        """Ask about what is overdue."""
        return ask_overdue(Deliveries(self.table), Submissions(self.table), self.queries(), now)

    @property
    def table(self) -> Table:
        """Return the table as the function has it."""
        return Table(self.store.client, self.store.table, ttl_days=45)

    def held(self, request_id: str = "r-1") -> Submission:
        """Return a submission as the table has it."""
        (item,) = [one for one in self.store.items() if one["requestId"]["S"] == request_id]
        return from_item(item)

    @property
    def strays(self) -> list[dict[str, Any]]:
        """Return the reports that are kept."""
        return [one for one in self.store.items() if one["requestId"]["S"] == "#report"]


@pytest.fixture
def run(store: Store) -> Run:
    """Return runs on an empty table, with RealTime knowing the usual id."""
    return Run(store, {ID: info()})


def test_a_report_that_came_before_our_own_write_finds_it(run: Run) -> None:
    """At the first look, a minute later."""
    Callbacks(run.store).report(ID, NUMBER, 1)
    assert run.settle(NOW + LOOKS[0] - 1) == 0
    plant(run.store, TAKEN)
    assert run.settle(NOW + LOOKS[0] + 1) == 1
    assert (run.held().delivery, run.strays, run.asked) == (Delivery.DELIVERED, [], [])


@pytest.mark.parametrize("asks", [True, False], ids=["asked for", "taken at its word"])
def test_a_report_is_proof_for_the_one_submission_that_was_given_up(run: Run, asks: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    """Not before our own late write could have come; then with the state, and of the same attempt."""
    run.asks = asks
    plant(run.store, LOST)
    Callbacks(run.store).report(ID, NUMBER, 1)
    assert (run.settle(NOW + LOOKS[0] + 1), run.held()) == (0, LOST)
    assert run.settle(NOW + LOOKS[1] + 1) == 1
    held = run.held()
    assert (held.status, held.submission_id, held.delivery) == (Status.SUBMITTED, ID, Delivery.DELIVERED)
    assert (held.attempt, held.owner, held.ask_at, run.strays) == (LOST.attempt, LOST.owner, None, [])
    assert not {"untracedRecipient", "openShard"} & run.store.items()[0].keys()


def test_a_pending_report_proves_it_too_and_the_end_is_asked_for(run: Run) -> None:
    """The reports that follow find it by its id."""
    plant(run.store, LOST)
    callbacks = Callbacks(run.store)
    callbacks.report(ID, NUMBER, 4)
    now = NOW + LOOKS[1] + 1
    assert run.settle(now) == 1
    assert (run.held().delivery, run.held().ask_at) == (Delivery.PENDING, now + ASK_AFTER[0])
    callbacks.report(ID, NUMBER, 1)
    assert (run.held().delivery, run.strays) == (Delivery.DELIVERED, [])


@pytest.mark.parametrize(
    ("planted", "answer", "asks"),
    [
        pytest.param([LOST, OTHER], info(), True, id="two that were given up at the same time"),
        pytest.param([LOST, OTHER], info(), False, id="two, and nobody is asked"),
        pytest.param([LOST], info(registered=NOW - 7200), True, id="RealTime took the message long before"),
        pytest.param([LOST], info(registered=NOW + 7200), True, id="RealTime took the message long after"),
        pytest.param([LOST], Reply(404), True, id="RealTime does not know the id"),
        pytest.param([LOST], Reply(200, b"{}"), True, id="RealTime does not say when"),
        pytest.param([LOST], Reply(503), True, id="RealTime does not answer"),
        pytest.param([LOST], ReplyLost("timeout"), True, id="RealTime is not heard"),
        pytest.param([replace(LOST, created_at=NOW + 130)], info(), False, id="sent after the report"),
        pytest.param([replace(LOST, created_at=NOW - 8 * 86400)], info(), False, id="sent long before the report"),
        pytest.param([replace(LOST, recipient="+56999999999")], info(), True, id="another number"),
        pytest.param([FAILED], info(), True, id="refused by RealTime's own reply"),
        pytest.param([SENDING], info(), True, id="being sent, for all that is known"),
        pytest.param([SUBMITTED], info(), True, id="known under another id"),
        pytest.param([LOST, replace(SENDING, request_id="r-2", maybe_sent=True)], info(), False, id="another resent"),
    ],
)
def test_what_is_not_certain_proves_nothing(
    run: Run,
    planted: list[Submission],
    answer: CallResult,
    asks: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    """The outcomes stay as they are, at every look, and the report goes by itself."""
    run.answers, run.asks = {ID: answer}, asks
    plant(run.store, *planted)
    Callbacks(run.store).report(ID, NUMBER, 1)
    assert [run.settle(NOW + measure_current + 1) for measure_current in LOOKS] == [0] * len(LOOKS)
    assert [run.held(one.request_id) for one in planted] == planted
    (stray,) = run.strays
    assert "openShard" not in stray
    assert "ttl" in stray


def test_of_two_that_were_given_up_the_time_tells_which(run: Run) -> None:
    """RealTime says when it took the message."""
    long_ago = replace(OTHER, created_at=NOW - 7200, updated_at=NOW - 7100)
    plant(run.store, LOST, long_ago)
    Callbacks(run.store).report(ID, NUMBER, 1)
    assert run.settle(NOW + LOOKS[1] + 1) == 1
    assert (run.held().status, run.held("r-2")) == (Status.SUBMITTED, long_ago)


def test_of_more_than_can_be_looked_at_none_is_taken_for_the_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was left out may be what the report is of."""
    monkeypatch.setattr(unmatched_reports, "_MANY", 3)
    long_ago = [replace(LOST, request_id=f"r-{one}", created_at=NOW - 7200, updated_at=NOW - 7100) for one in (2, 3, 4)]
    plant(run.store, LOST, *long_ago)
    Callbacks(run.store).report(ID, NUMBER, 1)
    assert (run.settle(NOW + LOOKS[1] + 1), run.held()) == (0, LOST)


def test_a_submission_without_an_id_is_given_the_one_of_its_report(run: Run) -> None:
    """RealTime may say `submitted` and leave the id out."""
    plant(run.store, replace(SUBMITTED, submission_id=None, created_at=SENT_AT, updated_at=SENT_AT + 1))
    Callbacks(run.store).report(ID, NUMBER, 3)
    assert run.settle(NOW + LOOKS[1] + 1) == 1
    assert (run.held().submission_id, run.held().delivery) == (ID, Delivery.UNDELIVERED)


def test_a_report_raised_while_it_is_looked_at_is_not_lost(run: Run) -> None:
    """What is dropped or put off is what was looked at."""
    callbacks = Callbacks(run.store)
    strays = UnmatchedReports(run.table)
    callbacks.report(ID, NUMBER, 4)
    (seen,) = strays.due(NOW + 61, 10)
    callbacks.report(ID, NUMBER, 1)
    strays.drop(seen)
    strays.put_off(seen, NOW + 90_000)
    (kept,) = strays.due(NOW + 61, 10)
    assert kept.report.update.delivery is Delivery.DELIVERED


def test_what_is_overdue_is_asked_for(run: Run) -> None:
    """State, cost and operator; then no more."""
    plant(run.store, TAKEN)
    assert run.ask(NOW + ASK_AFTER[0] - 1) == 0
    assert run.ask(NOW + ASK_AFTER[0] + 1) == 1
    held = run.held()
    assert (held.delivery, held.cost, held.operator) == (Delivery.DELIVERED, "1", {"id": "7", "name": "Entel"})
    assert (held.ask_at, held.asks, run.ask(NOW + 90_000_000)) == (None, 1, 0)


@pytest.mark.parametrize("answer", [info("PENDING"), info("UNKNOWN"), Reply(404), Reply(200, b"?")])
def test_what_has_no_end_is_asked_for_less_and_less_and_then_no_more(run: Run, answer: CallResult) -> None:
    """Six times in about two and a half days."""
    run.answers = {ID: answer}
    plant(run.store, TAKEN)
    now = NOW
    for number, after in enumerate(ASK_AFTER, 1):
        now += after + 1
        assert (run.ask(now - 2), run.ask(now), run.held().asks) == (0, 1, number)
    assert (run.held().ask_at, len(run.asked)) == (None, len(ASK_AFTER))
    assert run.ask(now + 90_000_000) == 0


@pytest.mark.parametrize("answer", [Reply(401), Reply(403), Reply(429), Reply(500), ReplyLost("reset")])
def test_no_answer_ends_the_asking_of_this_run_and_costs_no_turn(run: Run, answer: CallResult) -> None:
    """What keeps one from being answered keeps all; they are asked for again in a minute."""
    second = replace(TAKEN, request_id="r-2", submission_id="2")
    run.answers = {ID: answer, "2": answer}
    plant(run.store, TAKEN, second)
    assert run.ask(NOW + ASK_AFTER[0] + 1) == 0
    assert (len(run.asked), run.held(), run.held("r-2")) == (1, TAKEN, second)


def test_one_question_that_is_never_answered_does_not_keep_the_others_from_it(run: Run) -> None:
    """It ends each run that comes to it, so no run may begin with it each time."""
    others = [replace(TAKEN, request_id=f"r-{one}", submission_id=str(one)) for one in range(2, 8)]
    run.answers = {ID: Reply(500)} | {one.submission_id or "": info() for one in others}
    plant(run.store, replace(TAKEN, ask_at=NOW + 1), *others)
    assert sum(run.ask(NOW + ASK_AFTER[0] + 1) for _ in range(60)) == len(others)
    assert run.held().asks is None


def test_a_question_that_realtime_cannot_read_is_answered_by_that(run: Run) -> None:
    """It is about this submission alone; the others are asked about in the same run."""
    second = replace(TAKEN, request_id="r-2", submission_id="2")
    run.answers = {ID: Reply(400), "2": info()}
    plant(run.store, TAKEN, second)
    assert run.ask(NOW + ASK_AFTER[0] + 1) == 2
    assert run.held("r-2").delivery is Delivery.DELIVERED


def test_a_400_for_the_format_of_the_token_answers_no_question(run: Run) -> None:
    """*Get balance* refuses that token too; the submission is asked about again once there is a good one."""
    run.answers = {ID: Reply(400), "balance": Reply(400)}
    plant(run.store, TAKEN)
    assert run.ask(NOW + ASK_AFTER[0] + 1) == 0
    assert (run.asked, run.held().asks) == ([ID, "balance"], None)


def test_every_partition_of_what_is_due_has_its_turn(run: Run) -> None:
    """Though there is always more than one run can take, as where another system uses the same account."""
    callbacks = Callbacks(run.store)
    for one in range(40):
        plant(run.store, replace(TAKEN, recipient=f"+569111100{one:02}", submission_id=str(one)))
        callbacks.report(f"stray-{one}", NUMBER, 1)
    indexed = {item["openShard"]["S"] for item in run.store.items()}
    assert indexed == {*ASK_SHARDS, *SHARDS}
    asked: set[str] = set()
    for _ in range(30):
        asked |= {shard(number, ASK_SHARDS) for _, number in Deliveries(run.table).to_ask(NOW + 601, 3)}
        due = UnmatchedReports(run.table).due(NOW + 601, 3)
        asked |= {shard(stray.report.submission_id, SHARDS) for stray in due}
    assert asked == indexed


def test_without_a_token_a_report_that_needs_no_question_finds_its_submission(run: Run) -> None:
    """Whichever of the reports is looked at first."""
    run.has_token = False
    callbacks = Callbacks(run.store)
    for submission_id in (ID, *(f"lost-{one}" for one in range(5))):
        callbacks.report(submission_id, NUMBER, 1)
    plant(run.store, TAKEN, replace(LOST, request_id="r-2"))
    assert run.settle(NOW + LOOKS[1] + 1) == 1
    assert (run.held().delivery, run.held("r-2").status, run.asked) == (Delivery.DELIVERED, Status.UNKNOWN, [])


def test_questions_are_bounded_a_run(run: Run) -> None:
    """Never more than the parameter says."""
    run.most = 3
    plant(run.store, *(replace(TAKEN, request_id=f"r-{one}", submission_id=str(one)) for one in range(8)))
    answers: list[Callable[[], int]] = [lambda: run.ask(NOW + ASK_AFTER[0] + 1)] * 4
    assert [ask() for ask in answers] == [3, 3, 2, 0]


def test_nobody_is_asked_while_a_breaker_is_open(run: Run) -> None:
    """Neither about what is overdue nor about strays."""
    run.breakers = OpenBreakers("balance")
    plant(run.store, TAKEN, replace(LOST, request_id="r-3"))
    Callbacks(run.store).report("99", NUMBER, 1)
    assert (run.ask(NOW + ASK_AFTER[0] + 1), run.settle(NOW + LOOKS[1] + 1), run.asked) == (0, 0, [])


def test_what_nobody_knows_the_fate_of_is_counted_up_to_a_bound(store: Store) -> None:
    """What has an end that is known is not."""
    deliveries = Deliveries(Table(store.client, store.table))
    assert deliveries.count_untraced(1000) == 0
    plant(store, LOST, OTHER, replace(FAILED, request_id="r-3"), replace(SUBMITTED, request_id="r-4"))
    assert [deliveries.count_untraced(most) for most in (1000, 1)] == [2, 1]
