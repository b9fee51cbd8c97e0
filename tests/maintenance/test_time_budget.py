"""However much one part of a watch run finds to do, the others have their turn, and the run ends in time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from local.model_checker.explorer import quiet
from maintenance import handler
from maintenance.settings import MaintenanceSettings
from maintenance.sweep import sweep
from maintenance.time_budget import SECONDS, TimeBudget
from realtime_sms.aws.submissions import Applied
from realtime_sms.aws.table import Key
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Rules, Submission
from tests.fakes.submissions import NOW, WAITING
from tests.template.rendered import template


@dataclass
class Ticks:
    """A clock that the work moves on."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return the time, in seconds."""
        return self.now


class Flood:
    """A table of which more is overdue than any run can end: two seconds a batch."""

    def __init__(self, clock: Ticks) -> None:
        self._clock = clock

    def overdue(self, _now: float) -> Iterator[list[Key]]:
        """List on and on."""
        while True:
            yield [("r-1", "+56911110000")]

    def read_known(self, keys: Sequence[Key]) -> dict[Key, Submission]:
        """Return a submission whose time is over."""
        return dict.fromkeys(keys, replace(WAITING, expires_at=NOW - 1))

    def apply(self, changes: Sequence[Change]) -> list[Applied]:
        """Take the changes."""
        self._clock.now += 2
        return [Applied()] * len(changes)


def test_a_sweep_ends_with_its_share() -> None:
    """As when the requests of a whole campaign expire while there is no balance."""
    clock = Ticks()
    submissions: Any = Flood(clock)
    share = TimeBudget(7, monotonic=clock)
    with quiet():
        assert sweep(submissions, Rules(), NOW, share) == 4
    assert share.cut


def test_a_share_that_was_enough_is_not_cut() -> None:
    """Though the last thing took all that was left of it."""
    clock = Ticks()
    share = TimeBudget(7, monotonic=clock)
    for _ in share.of([1, 2]):
        clock.now += 3.5
    assert not share.cut


def test_the_shares_and_the_longest_call_fit_into_the_timeout() -> None:
    """A call of *Get balance* with a breaker open, or the last question, each with the longest deadline."""
    told = template()
    longest = told["Parameters"]["CallTimeoutSeconds"]["MaxValue"]
    assert 3 * SECONDS + longest < told["Resources"]["MaintenanceFunction"]["Properties"]["Timeout"]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let every part of a run say that it ran, and do nothing else."""
    names: list[str] = []

    def part(name: str) -> Callable[..., int]:
        def run(*_: object, **__: object) -> int:
            names.append(name)
            return 0

        return run

    parts = (
        "sweep",
        "record_dead_letters",
        "recover_breakers",
        "measure_current",
        "set_gates",
        "ask_overdue",
        "ask_cost",
    )
    for name in parts:
        monkeypatch.setattr(handler, name, part(name))
    monkeypatch.setattr(handler.Maintenance, "_settle_reports", part("strays"))
    services = ("dynamodb", "sqs", "secrets", "event_sources")
    monkeypatch.setattr(handler, "clients", SimpleNamespace(**dict.fromkeys(services, lambda: None)))
    return names


def _watch() -> handler.Maintenance:
    environment = {name.upper(): "1" for name in MaintenanceSettings.model_fields}
    environment |= {"OUTCOME_TTL_DAYS": "45", "REALTIME_BASE_URL": "http://127.0.0.1", "TIME_ZONE": "UTC"}
    environment |= {"PROMOTIONAL_HOURS": "", "PROMOTIONAL_HOLIDAYS": ""}
    return handler.Maintenance(MaintenanceSettings.model_validate(environment))


def _cut(_submissions: object, _rules: object, _now: float, budget: TimeBudget) -> int:
    budget.cut = True
    return 1


def test_no_report_is_taken_for_proof_before_all_who_gave_up_are_known(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is still listed as sending may be what the report is of; the other parts run."""
    _watch().run()
    assert "strays" in ran
    ran.clear()
    monkeypatch.setattr(handler, "sweep", _cut)
    _watch().run()
    assert ran == ["record_dead_letters", "recover_breakers", "measure_current", "set_gates", "ask_overdue", "ask_cost"]
