import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.simulator import Simulator
from tests.simulator.caller import ORDINARY, Caller


class Customer(ThreadingHTTPServer):
    """The customer's own address: gives the statuses it was told to, then 200, and keeps what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses: list[int] = []
        self.reports: list[Any] = []

    @property
    def url(self) -> str:
        """The address for reports, with a path and a query of its own."""
        return f"http://127.0.0.1:{self.server_port}/reports/key?x=1"


class _Handler(BaseHTTPRequestHandler):
    server: Customer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.reports.append((self.path, json.loads(body)))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep the test's output clean."""


@pytest.fixture
def customer() -> Iterator[Customer]:
    """Give a running customer."""
    with Customer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


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
