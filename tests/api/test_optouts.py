"""The opt-out list over HTTP."""

import pytest

from tests.api.fakes import FakeApi

NUMBER = "+56911112222"


@pytest.mark.parametrize("written", [NUMBER, "%2B56911112222"], ids=["plain", "percent-encoded"])
def test_a_number_is_on_the_list_from_put_to_delete(api: FakeApi, written: str) -> None:
    """Looked up by the same address."""
    address = f"/opt-outs/{written}"
    entry = {"number": NUMBER, "source": "api", "createdAt": "2027-01-15T08:00:00.000Z", "scope": "all"}
    assert api.get(address).status == 404
    assert api.call("PUT", address).body == entry
    assert (api.get(address).body, api.get("/opt-outs").body) == (entry, {"optOuts": [entry]})
    assert api.call("DELETE", address).body == entry
    assert (api.get(address).status, api.call("DELETE", address).status) == (404, 404)


def test_adding_twice_gives_the_first_entry(api: FakeApi) -> None:
    """A PUT may be repeated."""
    first = api.opt_outs.add(NUMBER, source="inbound", now=0)
    assert api.call("PUT", f"/opt-outs/{NUMBER}").body["source"] == first.source == "inbound"


def test_a_number_is_added_as_its_plan_has_it_today(api: FakeApi) -> None:
    """The sender would not find it otherwise; it is looked up as it is written, and removed as it is listed."""
    assert api.call("PUT", "/opt-outs/+560911112222").body["number"] == NUMBER
    assert list(api.opt_outs.entries) == [NUMBER]
    assert api.get("/opt-outs/+560911112222").body["number"] == NUMBER
    assert api.call("DELETE", "/opt-outs/+560911112222").status == 404
    assert list(api.opt_outs.entries) == [NUMBER]


def test_a_number_with_a_digit_short_is_not_added(api: FakeApi) -> None:
    """Its owner would seem to have opted out, and had not."""
    reply = api.call("PUT", "/opt-outs/+5691111222")
    assert reply.body["errors"] == [{"detail": "is one digit short for a number of +56", "parameter": "number"}]
    assert (reply.status, api.opt_outs.entries) == (400, {})


@pytest.mark.parametrize("number", ["56911112222", "+0911112222", "+569", "+5691111222x", "%23optout", "+" + "5" * 16])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_is_no_number_is_refused(api: FakeApi, method: str, number: str) -> None:
    """A number on the list in another form than E.164 would never be found by the sender."""
    reply = api.call(method, f"/opt-outs/{number}")
    assert (reply.status, reply.body["errors"][0]["parameter"]) == (400, "number")
    assert api.opt_outs.entries == {}


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_give_every_number_once_in_order(api: FakeApi, limit: int) -> None:
    """And no number shows in a cursor. Those that were forgotten come last."""
    numbers = [f"+5691111000{place}" for place in range(3)] + [f"forgotten:{place:032x}" for place in range(3)]
    for number in reversed(numbers):
        api.opt_outs.add(number, source="api", now=0)
    seen, query = [], {"limit": str(limit)}
    while True:
        body = api.get("/opt-outs", **query).body
        seen += [one["number"] for one in body["optOuts"]]
        if "nextCursor" not in body:
            break
        assert seen[-1][1:] not in body["nextCursor"]
        query["cursor"] = body["nextCursor"]
    assert seen == numbers


def test_a_cursor_that_is_none_is_refused(api: FakeApi) -> None:
    """400, and the parameter is named."""
    reply = api.get("/opt-outs", cursor="x")
    assert (reply.status, reply.body["errors"][0]["parameter"]) == (400, "cursor")


def test_a_store_that_does_not_answer_is_told(api: FakeApi) -> None:
    """503: whoever put the number there must know that it may not be there."""
    api.opt_outs.failing = True
    assert api.call("PUT", f"/opt-outs/{NUMBER}").status == 503


def test_the_scope_is_set_by_each_put(api: FakeApi) -> None:
    """Without one, the number gets no SMS at all."""
    address = f"/opt-outs/{NUMBER}"
    some = {"scope": "promotional"}
    for query, scope in ((some, "promotional"), ({}, "all"), (some, "promotional"), ({"scope": "all"}, "all")):
        assert api.call("PUT", address, queryStringParameters=query).body["scope"] == scope
        assert api.get(address).body["scope"] == scope


@pytest.mark.parametrize("scope", ["", "ALL", "none"])
def test_a_scope_that_is_none_is_refused(api: FakeApi, scope: str) -> None:
    """Nothing is added."""
    reply = api.call("PUT", f"/opt-outs/{NUMBER}", queryStringParameters={"scope": scope})
    assert (reply.status, reply.body["errors"][0]["parameter"]) == (400, "scope")
    assert api.opt_outs.entries == {}
