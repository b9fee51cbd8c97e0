"""Addresses and methods: what there is, and what is answered where there is nothing."""

import re
from typing import NoReturn

import pytest

from api import description
from realtime_sms.aws.requests import Entry
from tests.api.fakes import HELLO, FakeApi


class ReplyLost(dict[str, Entry]):
    """Entries that nobody can read."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = secret

    def get(self, *_arguments: object) -> NoReturn:
        """Fail as only a fault of our own can."""
        raise ValueError(self._secret)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/message", 404),
        ("GET", "/messages/a/b", 404),
        ("GET", "/messages", 405),
        ("PUT", "/messages/a", 405),
        ("PUT", "/openapi.json", 405),
    ],
)
def test_what_there_is_not_is_a_problem_too(api: FakeApi, method: str, path: str, status: int) -> None:
    """404 for an unknown address, 405 for a method that a known one does not take."""
    reply = api.call(method, path)
    assert (reply.status, reply.body["status"]) == (status, status)


def test_a_wrong_method_is_told_which_are_right(api: FakeApi) -> None:
    """RFC 9110 §15.5.6 wants the list."""
    assert api.call("GET", "/messages").headers["Allow"] == "POST"
    assert api.call("PUT", "/messages/preview").headers["Allow"] == "POST, DELETE, GET"


def test_an_unknown_parameter_is_refused_by_name(api: FakeApi) -> None:
    """A misspelt cursor would give the first page for ever."""
    api.post(HELLO, key="k")
    assert api.get("/messages/k", curser="x").body["errors"][0]["parameter"] == "curser"
    assert "569" not in str(api.get("/messages/k", **{"+56912345678": "x"}).body)


def test_a_parameter_given_twice_is_refused(api: FakeApi) -> None:
    """Which one is meant cannot be told."""
    api.post(HELLO, key="k")
    assert api.call("GET", "/messages/k", multiValueQueryStringParameters={"limit": ["1", "2"]}).status == 400


def test_parameters_that_sign_an_address_are_not_ours(api: FakeApi) -> None:
    """A presigned address carries its signature in the query."""
    api.post(HELLO, key="k")
    assert api.get("/messages/k", **{"X-Amz-Signature": "0"}).status == 200


def test_an_id_is_read_from_its_written_form(api: FakeApi) -> None:
    """Percent-encoded by careful callers, plain by others."""
    api.post(HELLO, key="a:b+c")
    assert api.get("/messages/a%3Ab%2Bc").status == api.get("/messages/a:b+c").status == 200


def test_a_fault_of_ours_is_a_problem_document_without_what_was_sent(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    """500, and neither the reply nor the log quotes the error's text."""
    secret = "the text of a message"
    api.requests.entries = ReplyLost(secret)
    reply = api.post(HELLO, key="k")
    assert (reply.status, reply.headers["Content-Type"]) == (500, "application/problem+json")
    assert secret not in str(reply.body) + str(capsys.readouterr())


def test_every_path_parameter_is_one_of_its_operation(api: FakeApi) -> None:
    """The paths that are described match themselves, and their parameters are described in their order."""
    paths = description.document()["paths"]
    assert paths
    for path, operations in paths.items():
        names = re.findall(r"\{(\w+)\}", path)
        for method, operation in operations.items():
            assert [one["name"] for one in operation["parameters"] if one["in"] == "path"] == names
            reply = api.call(method.upper(), re.sub(r"[{}]", "", path))
            assert reply.status != 405
            assert "nothing at this address" not in str(reply.body)
