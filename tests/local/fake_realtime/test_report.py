import pytest

from local.fake_realtime import Simulator
from tests.local.fake_realtime.caller import ORDINARY, Caller
from tests.local.fake_realtime.customer import Customer


def test_a_report_has_the_vendors_four_fields(simulator: Simulator, caller: Caller, customer: Customer) -> None:
    """The phone comes without its plus, the date without a zone, the status as a number."""
    (result,) = caller.send("+56900006003").json["submissions"]
    (receipt,) = simulator.deliver(customer.url)
    ((path, report),) = customer.reports
    assert path == "/reports/key?x=1"
    assert (report["id"], report["phone"], report["status"]) == (result["submissionId"], "56900006003", 3)
    assert len(report["date"]) == len("2020-11-11 11:11:11")
    assert set(report) == {"id", "phone", "status", "date"}
    assert (receipt.acknowledged, receipt.attempts) == (True, 1)


@pytest.mark.parametrize("status", [201, 204, 302, 500])
def test_only_200_acknowledges_a_report(simulator: Simulator, caller: Caller, customer: Customer, status: int) -> None:
    """Anything else is tried again, as often as asked for."""
    caller.send()
    customer.statuses = [status, status]
    assert [each.acknowledged for each in simulator.deliver(customer.url)] == [False]
    (receipt,) = simulator.deliver(customer.url, attempts=7)
    assert (receipt.acknowledged, receipt.attempts) == (True, 2)


def test_reports_can_be_chosen_over_the_control_interface(caller: Caller, customer: Customer) -> None:
    """Only the submissions named are reported."""
    wanted, _ = (caller.send(ORDINARY).json["submissions"][0]["submissionId"] for _ in range(2))
    receipts = caller.post("/_simulator/deliver", {"callbackUrl": customer.url, "submissionIds": [wanted]}).json
    assert receipts == {"receipts": [{"submissionId": wanted, "acknowledged": True, "attempts": 1}]}
    assert [report["id"] for _, report in customer.reports] == [wanted]


def test_a_customer_who_is_not_there_acknowledges_nothing(simulator: Simulator, caller: Caller) -> None:
    """A refused connection is an attempt like any other."""
    caller.send()
    (receipt,) = simulator.deliver("http://127.0.0.1:1/", attempts=2)
    assert (receipt.acknowledged, receipt.attempts) == (False, 2)
