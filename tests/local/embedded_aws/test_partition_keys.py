"""Conditions of roles get the partition keys of each call that the stores make, however it names its items."""

from collections.abc import Callable
from typing import Any

import pytest
from ministack.services import dynamodb

from local.embedded_aws import ministack_child
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import BREAKERS, FORGOTTEN, OPT_OUTS, SUBMISSION_INDEX, Table, Update, as_key
from realtime_sms.outcomes.decide import Change
from tests.fakes.submissions import SENDING, WAITING

NAME = "outcomes"
ENTRY = as_key((OPT_OUTS, "+56911112222"))
VALUES = {":a": {"S": "a"}}


class Client:
    """A client of DynamoDB that keeps the last call, and answers nothing."""

    call: dict[str, Any]

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        """Return an operation."""

        def called(**call: Any) -> dict[str, Any]:  # noqa: ANN401 (as boto3 takes it)
            self.call = call
            return {"Responses": [{}] if operation == "batch_execute_statement" else {}}

        return called

    def get_paginator(self, _operation: str) -> "Client":
        """Return what takes the call."""
        return self

    def paginate(self, **call: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """Return no page."""
        self.call = call
        return []


CALLS: dict[str, tuple[Callable[[Table], object], list[str]]] = {
    "get": (lambda table: table.get((OPT_OUTS, "x")), [OPT_OUTS]),
    "get many": (lambda table: table.get_many([(BREAKERS, "x"), (FORGOTTEN, "x")]), [BREAKERS, FORGOTTEN]),
    "create": (lambda table: table.create(ENTRY), [OPT_OUTS]),
    "update": (lambda table: table.update((BREAKERS, "x"), Update(("a = :a",), (), "b = :a", VALUES)), [BREAKERS]),
    "pop": (lambda table: table.pop((OPT_OUTS, "x")), [OPT_OUTS]),
    "move": (lambda table: table.rewrite(ENTRY, as_key((BREAKERS, "x"))), [BREAKERS, OPT_OUTS]),
    "insert": (lambda table: Submissions(table).apply([Change(None, SENDING)]), [SENDING.request_id]),
    "change": (lambda table: Submissions(table).apply([Change(WAITING, SENDING)]), [SENDING.request_id]),
    "query": (lambda table: table.query(OPT_OUTS, "+", 5), [OPT_OUTS]),
    "index": (lambda table: list(table.keys(SUBMISSION_INDEX, "submissionId = :a", VALUES)), ["a"]),
    "scan": (lambda table: list(table.scan(0, 1)), []),
}


@pytest.mark.parametrize(("make", "partitions"), CALLS.values(), ids=CALLS)
def test_a_call_has_its_partitions(
    make: Callable[[Table], object], partitions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a role would be allowed here what AWS denies it."""
    monkeypatch.setitem(dynamodb._tables, NAME, {"pk_name": "requestId"})
    client: Any = Client()
    make(Table(client, NAME))
    assert sorted(ministack_child._partitions(client.call)) == partitions
