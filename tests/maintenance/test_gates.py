"""The gates: why a lane is closed, and what is done to its event source mapping."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from maintenance.gates import set_gates
from realtime_sms.aws.breakers import Breaker, Breakers, OpenBreaker
from realtime_sms.aws.caps import DailyCap
from realtime_sms.aws.lanes import Lanes
from realtime_sms.aws.table import Table
from realtime_sms.aws.telemetry import Metric, counters
from realtime_sms.requests.hours import Hours
from realtime_sms.vocabulary import MessageType, Reason
from tests.conftest import Store
from tests.fakes import emf
from tests.fakes.aws.models import Checked
from tests.fakes.submissions import SENDING

TRANSACTIONAL, PROMOTIONAL = MessageType
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp()
NIGHT = NOON + 12 * 3600
HOURS = Hours.parse("Mon-Fri 09:00-19:00", "", ZoneInfo("UTC"))
SEND, CAMPAIGNS = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"  # mappings
IDS = {TRANSACTIONAL: SEND, PROMOTIONAL: CAMPAIGNS}


class Mappings:
    """Event source mappings by id; an update takes effect at once, unless `slow`."""

    def __init__(self) -> None:
        self.states = {SEND: "Enabled", CAMPAIGNS: "Enabled"}
        self.slow = False
        self.updates = 0

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:  # noqa: N803 (as boto3 calls it)
        """Return one."""
        return {"State": self.states[UUID]}

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool) -> dict[str, Any]:  # noqa: N803
        """Change one."""
        self.updates += 1
        if self.states[UUID] == "Broken":
            raise ClientError({"Error": {"Code": "ServiceException"}}, "UpdateEventSourceMapping")
        settled, moving = ("Enabled", "Enabling") if Enabled else ("Disabled", "Disabling")
        self.states[UUID] = moving if self.slow else settled
        return {}


class World:
    """A table, the mappings, and maintenance runs on both."""

    def __init__(self, store: Store) -> None:
        table = Table(store.client, store.table)
        self.now = NOON
        self.lanes = Lanes(table)
        self.breakers = Breakers(table, now=lambda: self.now, fresh=0)
        self.mappings = Mappings()
        self.hours: Hours | None = None
        self.cap: DailyCap | None = None
        self.table = table

    def run(self, after: float = 60) -> dict[str, tuple[str, ...]]:
        """Run once, so many seconds later; return why each lane is closed."""
        self.now += after
        client: Any = Checked("lambda", self.mappings)
        return set_gates(self.lanes, self.breakers, self.hours, IDS, client, now=self.now, cap=self.cap)

    @property
    def states(self) -> list[str]:
        """Return the state of both mappings, the transactional one first."""
        return list(self.mappings.states.values())

    def opened(self, breaker: Breaker) -> OpenBreaker:
        """Return an open breaker as the table has it."""
        (found,) = [one for one in self.breakers.read() if one.breaker is breaker]
        return found


@pytest.fixture
def world(store: Store) -> World:
    """Return a deployment that sends."""
    return World(store)


def test_while_nothing_keeps_a_lane_from_sending_nothing_is_changed(world: World) -> None:
    """A run costs two looks at the mappings."""
    assert world.run() == {"transactional": (), "promotional": ()}
    assert world.mappings.updates == 0


def test_an_open_breaker_closes_both_lanes_until_it_is_closed(world: World) -> None:
    """The table says why, and since when."""
    world.breakers.trip(Breaker.BALANCE, Reason.NO_BALANCE)
    world.run()
    closed_at = world.now
    world.run()
    assert world.states == ["Disabled", "Disabled"]
    assert [(one.why, one.closed_since) for one in world.lanes.read()] == [(("balance",), closed_at)] * 2
    assert world.mappings.updates == 2
    world.breakers.close(world.opened(Breaker.BALANCE))
    world.run()
    assert world.states == ["Enabled", "Enabled"]
    assert [(one.why, one.closed_since) for one in world.lanes.read()] == [((), None)] * 2


def test_outside_its_hours_the_promotional_lane_is_closed(world: World) -> None:
    """And the transactional one is not."""
    world.hours, world.now = HOURS, NIGHT
    assert world.run() == {"transactional": (), "promotional": ("outside_hours",)}
    assert world.states == ["Enabled", "Disabled"]
    assert world.run(after=3 * 86_400 - 12 * 3600) == {"transactional": (), "promotional": ()}  # Monday noon
    assert world.states == ["Enabled", "Enabled"]


@pytest.mark.parametrize(("most", "used", "closed"), [(1_000, 998, False), (1_000, 1_000, True), (10_000, 9_991, True)])
def test_a_full_day_closes_the_promotional_lane_until_the_next(
    world: World, most: int, used: int, *, closed: bool
) -> None:
    """Each message would come and go again. What is left then may be too little for a long message."""
    world.cap = DailyCap(world.table, most, ZoneInfo("UTC"))
    assert world.run()["promotional"] == ()
    big = replace(SENDING, segments=used)
    assert world.cap.count([big], world.now) == [None]
    assert world.run() == {"transactional": (), "promotional": ("daily_cap",) if closed else ()}
    assert world.states == ["Enabled", "Disabled" if closed else "Enabled"]
    assert world.run(after=12 * 3600) == {"transactional": (), "promotional": ()}
    assert world.states == ["Enabled", "Enabled"]


def test_a_paused_lane_is_closed_until_it_is_resumed(world: World) -> None:
    """Whatever else closes it stays noted beside that."""
    assert world.lanes.pause(PROMOTIONAL)
    assert not world.lanes.pause(PROMOTIONAL)
    assert world.run() == {"transactional": (), "promotional": ("paused",)}
    closed_at = world.now
    world.hours, world.now = HOURS, NIGHT
    assert world.run()["promotional"] == ("paused", "outside_hours")
    assert world.lanes.resume(PROMOTIONAL)
    assert not world.lanes.resume(PROMOTIONAL)
    assert world.run()["promotional"] == ("outside_hours",)
    assert world.states == ["Enabled", "Disabled"]
    assert world.lanes.read()[1].closed_since == closed_at


def test_a_lane_that_is_closed_for_a_wrong_address_is_opened_whenever_a_probe_is_due(world: World) -> None:
    """Only a message can probe it: the lane stays open until one has."""
    world.breakers.trip(Breaker.ENDPOINT, Reason.WRONG_ADDRESS)
    assert world.run()["transactional"] == ()
    assert world.breakers.take_probe(world.opened(Breaker.ENDPOINT))
    assert world.run(after=1)["transactional"] == ("endpoint",)
    assert world.states == ["Disabled", "Disabled"]
    assert world.run(after=58)["transactional"] == ("endpoint",)
    assert world.run(after=1)["transactional"] == ()
    assert world.run()["transactional"] == ()
    assert world.states == ["Enabled", "Enabled"]
    assert world.breakers.take_probe(world.opened(Breaker.ENDPOINT))
    assert world.run()["transactional"] == ("endpoint",)


def test_no_probe_is_due_beside_another_breaker_or_in_a_paused_lane(world: World) -> None:
    """Its message would not be sent."""
    world.breakers.trip(Breaker.ENDPOINT, Reason.WRONG_ADDRESS)
    world.lanes.pause(PROMOTIONAL)
    assert world.run() == {"transactional": (), "promotional": ("paused",)}
    world.breakers.trip(Breaker.AUTH, Reason.UNAUTHORIZED)
    assert world.run()["transactional"] == ("auth", "endpoint")


def test_a_mapping_that_is_being_changed_is_left_alone(world: World) -> None:
    """Lambda refuses a change meanwhile."""
    world.mappings.slow = True
    world.lanes.pause(TRANSACTIONAL)
    world.run()
    world.run()
    assert world.states == ["Disabling", "Enabled"]
    assert world.mappings.updates == 1


def _metrics(world: World, capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    capsys.readouterr()
    counters.write()
    capsys.readouterr()
    world.run()
    counters.write()
    return {one.name: max(one.values) for one in emf.read(capsys.readouterr().out.splitlines())}


def test_a_gate_that_is_in_the_wrong_state_for_a_minute_is_counted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not the run that changes it, which is no fault; somebody else's change, or one that Lambda does not make, is."""
    closed = {Metric.TRANSACTIONAL_LANE_CLOSED: 0, Metric.PROMOTIONAL_LANE_CLOSED: 0}
    assert _metrics(world, capsys) == closed | {Metric.LANE_STUCK: 0}
    world.lanes.pause(PROMOTIONAL)
    closed[Metric.PROMOTIONAL_LANE_CLOSED] = 1
    assert _metrics(world, capsys) == closed | {Metric.LANE_STUCK: 0}
    world.mappings.states[SEND] = "Disabled"  # by hand
    assert _metrics(world, capsys) == closed | {Metric.LANE_STUCK: 1}
    assert world.states == ["Enabled", "Disabled"]
    world.mappings.states |= {SEND: "Updating", CAMPAIGNS: "Enabling"}
    assert _metrics(world, capsys) == closed | {Metric.LANE_STUCK: 2}


def test_a_mapping_that_does_not_answer_keeps_no_other_lane_from_being_set(world: World) -> None:
    """It is counted as in the wrong state."""
    del world.mappings.states[SEND]
    world.mappings.get_event_source_mapping = _refusing(world.mappings)  # type: ignore[method-assign]
    world.lanes.pause(TRANSACTIONAL)
    world.lanes.pause(PROMOTIONAL)
    world.run()
    assert world.mappings.states == {CAMPAIGNS: "Disabled"}


def _refusing(mappings: Mappings) -> Any:  # noqa: ANN401
    def get_event_source_mapping(*, UUID: str) -> dict[str, Any]:  # noqa: N803 (as boto3 calls it)
        if UUID not in mappings.states:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetEventSourceMapping")
        return {"State": mappings.states[UUID]}

    return get_event_source_mapping
