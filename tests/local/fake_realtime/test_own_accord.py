"""What the simulator posts by itself once the account has addresses: reports, and what phones answer."""

import threading

import pytest

from local.fake_realtime import DeliveryStatus, Settings, Simulator
from tests.local.fake_realtime.caller import ORDINARY, Caller
from tests.local.fake_realtime.customer import Customer


@pytest.fixture
def addressed(simulator: Simulator, customer: Customer) -> Simulator:
    """Return a simulator that posts to that customer, and again at once."""
    simulator.change(reports_url=customer.url, inbound_url=customer.url, post_again_seconds=(0, 0))
    return simulator


@pytest.mark.usefixtures("addressed")
@pytest.mark.parametrize("status", DeliveryStatus)
def test_each_message_is_reported_by_itself(caller: Caller, customer: Customer, status: DeliveryStatus) -> None:
    """With the status that its magic number has."""
    (result,) = caller.send(f"+5690000600{status}").json["submissions"]
    (report,) = customer.await_posts(1)
    assert (report["id"], report["status"]) == (result["submissionId"], status)


@pytest.mark.usefixtures("addressed")
def test_what_the_caller_was_not_told_is_reported_too(caller: Caller, customer: Customer) -> None:
    """The phone has it; that the reply said HTTP 502 changes nothing."""
    assert caller.send("+56900002502").status == 502
    assert customer.await_posts(1)[0]["phone"] == "56900002502"


@pytest.mark.usefixtures("addressed")
def test_what_is_refused_is_not_reported(caller: Caller, customer: Customer) -> None:
    """There is nothing to report on."""
    caller.send("+56900000503")
    caller.send(ORDINARY)
    assert [report["phone"] for report in customer.await_posts(1)] == [ORDINARY.removeprefix("+")]


def test_without_an_address_nothing_is_posted(simulator: Simulator, caller: Caller, customer: Customer) -> None:
    """Not even once there is one; a test that sets none posts when it wants to."""
    caller.send("+56900006002")
    simulator.change(reports_url=customer.url)
    caller.send("+56900006003")
    assert [report["status"] for report in customer.await_posts(1)] == [3]


@pytest.mark.usefixtures("addressed")
@pytest.mark.parametrize(("statuses", "posts"), [([], 1), ([204], 2), ([503, 302], 3), ([500, 500, 500], 3)])
def test_a_report_is_posted_until_it_is_taken_or_given_up(
    caller: Caller, customer: Customer, statuses: list[int], posts: int
) -> None:
    """Only 200 takes it; it is posted once more after each wait, and no more."""
    customer.statuses = statuses
    caller.send("+56900006002")
    customer.await_posts(posts)
    customer.statuses = []
    caller.send("+56900006003")
    assert [report["status"] for report in customer.await_posts(posts + 1)] == [2] * posts + [3]


def test_the_waits_are_the_vendors() -> None:
    """Unless set otherwise: 5, 15, 30 minutes, 1, 5 and 24 hours."""
    assert [wait / 60 for wait in Settings().post_again_seconds] == [5, 15, 30, 60, 5 * 60, 24 * 60]


@pytest.mark.usefixtures("addressed")
def test_a_slow_customer_holds_up_no_call(caller: Caller, customer: Customer) -> None:
    """While a report is being posted, SMS are accepted and answered."""
    customer.open.clear()
    caller.send()
    customer.await_posts(1)
    assert [caller.send().words for _ in range(3)] == [["submitted"]] * 3
    customer.open.set()
    assert len(customer.await_posts(4)) == 4


def test_a_reset_forgets_what_was_to_be_posted(addressed: Simulator, caller: Caller, customer: Customer) -> None:
    """Also the report that is being posted and will not be taken."""
    settings = addressed.settings
    customer.open.clear()
    customer.statuses = [500]
    caller.send("+56900006002")
    customer.await_posts(1)
    addressed.reset()
    addressed.change(reports_url=settings.reports_url, post_again_seconds=settings.post_again_seconds)
    customer.open.set()
    for posts in (2, 3):
        caller.send("+56900006003")
        assert [report["status"] for report in customer.await_posts(posts)] == [2, 3, 3][:posts]


def test_the_worker_ends_with_the_simulator(customer: Customer) -> None:
    """However long a report has still to wait; it is not posted then."""
    with Simulator(Settings(reports_url=customer.url, delivery_seconds=3600)) as simulator:
        Caller(simulator.port).send()
    assert "realtime-postman" not in {thread.name for thread in threading.enumerate()}
    assert customer.reports == []


@pytest.mark.usefixtures("addressed")
def test_a_phone_can_answer(caller: Caller, customer: Customer) -> None:
    """Posted with the vendor's three fields; what the address answered is told, then and later."""
    told = caller.post("/_simulator/inbound", {"phone": ORDINARY, "originator": "96000", "message": "Baja"}).json
    assert (told["status"], told["posts"]) == (200, 1)
    assert customer.await_posts(1) == [{"phone": ORDINARY.removeprefix("+"), "originator": "96000", "message": "Baja"}]
    assert caller.get("/_simulator/inbound").json == {"messages": [told]}


def test_an_answer_that_is_not_taken_comes_again(addressed: Simulator, caller: Caller, customer: Customer) -> None:
    """The first answer of the address is told at once."""
    customer.statuses = [404, 503]
    assert addressed.write_back(ORDINARY, "96000", "Baja").statuses[0] == 404
    customer.await_posts(3)
    caller.await_that(lambda: addressed.inbound()[0].statuses == [404, 503, 200])


def test_an_answer_goes_nowhere_without_an_address(caller: Caller) -> None:
    """Which is said, and nothing is kept."""
    came = caller.post("/_simulator/inbound", {"phone": ORDINARY, "originator": "96000", "message": "Baja"})
    assert (came.status, came.json) == (400, {"error": "the account has no address for inbound SMS: set inboundUrl"})
    assert caller.get("/_simulator/inbound").json == {"messages": []}


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http://[::1/", "http://127.0.0.1:1/"])
def test_an_address_that_cannot_be_reached_is_no_answer(
    simulator: Simulator, caller: Caller, customer: Customer, url: str
) -> None:
    """Nor the end of the worker, which goes on with the next."""
    simulator.change(inbound_url=url, reports_url=url)
    assert simulator.write_back(ORDINARY, "96000", "Baja").statuses == [None]
    caller.send()
    simulator.change(reports_url=customer.url)
    caller.send("+56900006003")
    caller.await_that(lambda: customer.reports[-1:] != [] and customer.reports[-1][1]["status"] == 3)


def test_the_addresses_are_not_told(caller: Caller) -> None:
    """A key is in them."""
    state = caller.post("/_simulator/state", {"reportsUrl": "http://127.0.0.1/canary", "postAgainSeconds": [1, 3]})
    assert state.json["postAgainSeconds"] == [1, 3]
    assert b"canary" not in state.body
