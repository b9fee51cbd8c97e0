"""Roles may write only the partitions that their functions write (`dynamodb:LeadingKeys`).

MiniStack enforces roles, but gives its evaluator no `LeadingKeys`: here the evaluator gets them.
"""

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from realtime_sms.aws import table
from tests.template.rendered import rendered

SUBMISSION = "order-4711"
RATE = f"{table.RATE}.1800000000"
ALL = (SUBMISSION, table.BREAKERS, table.LOCKS, table.OPT_OUTS, RATE, table.UNMATCHED_REPORTS)
WRITES = {
    "Api": {"DeleteItem": {table.OPT_OUTS}},
    "Send": {"UpdateItem": {table.BREAKERS, RATE}, "DeleteItem": set()},
    "Callbacks": {
        "UpdateItem": {SUBMISSION, table.UNMATCHED_REPORTS},
        "PutItem": {table.OPT_OUTS},
        "DeleteItem": {table.OPT_OUTS},
    },
    "Maintenance": {"GetItem": {table.UNMATCHED_REPORTS}, "DeleteItem": {table.UNMATCHED_REPORTS}},
    "Refresh": {"PutItem": {table.LOCKS}, "DeleteItem": {table.LOCKS}, "UpdateItem": set()},
}
CASES = [
    pytest.param(role, action, key, key in keys, id=f"{role} {action} {key}")
    for role, actions in WRITES.items()
    for action, keys in actions.items()
    for key in ALL
]


def _may(role: str, action: str, key: str) -> bool:
    policies = rendered()[f"{role}Role"]["Properties"]["Policies"]
    documents = [parse_policy_document(one["PolicyDocument"]) for one in policies]
    context = EvalContext(
        principal_arn="arn:aws:sts::000000000000:assumed-role/one/1",
        principal_type="AssumedRole",
        principal_account="000000000000",
        action=f"dynamodb:{action}",
        resource_arn="<OutcomesTable.Arn>",
        region="sa-east-1",
        service_context={"dynamodb:leadingkeys": [key]},
    )
    return str(evaluate(context, documents).decision) == "Allow"


@pytest.mark.parametrize(("role", "action", "key", "allowed"), CASES)
def test_a_role_writes_its_own_partitions(role: str, action: str, key: str, allowed: bool) -> None:  # noqa: FBT001 (a case)
    """Above all the callbacks function, which the internet reaches."""
    assert _may(role, action, key) is allowed
