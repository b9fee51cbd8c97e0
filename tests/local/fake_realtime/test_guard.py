"""No page in a browser reaches the simulator: it holds the texts that a developer sends."""

import http.client

import pytest

from local.fake_realtime import Simulator

PATHS = ["/_simulator/inbox", "/_simulator/state", "/api/balance"]


def status(simulator: Simulator, method: str, path: str, **headers: str) -> int:
    """Return the status of the answer; PORT in a header is the simulator's."""
    line = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=10)
    line.putrequest(method, path, skip_host=True)
    for name, value in ({"Host": "127.0.0.1:PORT", "Authorization": "Bearer local-token"} | headers).items():
        line.putheader(name.replace("_", "-"), value.replace("PORT", str(simulator.port)))
    line.putheader("Content-Type", "application/json")
    line.endheaders(b"{}" if method == "POST" else None)
    try:
        return line.getresponse().status
    finally:
        line.close()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "host.docker.internal:PORT"])
def test_programs_of_this_machine_and_of_its_containers_are_answered(
    simulator: Simulator, path: str, host: str
) -> None:
    """They send no Origin."""
    assert status(simulator, "GET", path, Host=host) == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Host": "evil.example:PORT"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Host": "127.0.0.1:1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://127.0.0.1:PORT"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
    ],
)
def test_a_page_of_another_site_is_refused(
    simulator: Simulator, path: str, headers: dict[str, str], expected: int
) -> None:
    """Also by a host name of its own that resolves to loopback."""
    assert status(simulator, "GET", path, **headers) == expected


def test_a_page_changes_nothing(simulator: Simulator) -> None:
    """A browser sends a plain POST to any site, and says from where."""
    balance = simulator.balance
    assert status(simulator, "POST", "/_simulator/reset", Origin="http://evil.example") == 403
    assert status(simulator, "POST", "/_simulator/top-up", Host="evil.example:PORT") == 421
    assert simulator.balance == balance
