"""Roles may write only the partitions that their functions write (`dynamodb:LeadingKeys`).

MiniStack enforces roles, but gives its evaluator no `LeadingKeys`: here the evaluator gets them.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from realtime_sms.aws import table
from tests.template.iam.policies import arn_of
from tests.template.rendered import rendered
from tests.template.second_evaluator import Request, decisions, granted

SUBMISSION = "order-4711"
RATE = f"{table.RATE}.1800000000"
CAP = f"{table.CAPS}.2026-11-28"
ALL = (SUBMISSION, table.BREAKERS, table.LOCKS, table.OPT_OUTS, RATE, CAP, table.UNMATCHED_REPORTS)
WRITES = {
    "Api": {"DeleteItem": {table.OPT_OUTS}},
    "Send": {"UpdateItem": {table.BREAKERS, RATE, CAP}, "DeleteItem": set()},
    "Callbacks": {
        "UpdateItem": {SUBMISSION, table.UNMATCHED_REPORTS},
        "PutItem": {table.OPT_OUTS},
        "DeleteItem": {table.OPT_OUTS},
    },
    "Maintenance": {"GetItem": {table.UNMATCHED_REPORTS}, "DeleteItem": {table.UNMATCHED_REPORTS}},
    "Refresh": {"PutItem": {table.LOCKS}, "DeleteItem": {table.LOCKS}, "UpdateItem": set()},
}
CASES = {
    (role, action, key): key in keys
    for role, actions in WRITES.items()
    for action, keys in actions.items()
    for key in ALL
}
EXPECTED = {case: "Allow" if allowed else "ImplicitDeny" for case, allowed in CASES.items()}


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


@pytest.mark.parametrize(("role", "action", "key"), CASES)
def test_a_role_writes_its_own_partitions(role: str, action: str, key: str) -> None:
    """Above all the callbacks function, which the internet reaches."""
    assert _may(role, action, key) is CASES[role, action, key]


def _asked(resources: Mapping[str, Any]) -> dict[tuple[str, str, str], str]:
    """Return what the second evaluator decides on each case."""
    table = arn_of("OutcomesTable", "Arn", resources)
    policies = {role: granted(f"{role}Role", resources) for role in WRITES}
    requests = [
        Request(f"dynamodb:{action}", table, {"dynamodb:LeadingKeys": [key]}, identityPolicies=policies[role])
        for role, action, key in CASES
    ]
    return dict(zip(CASES, decisions(requests), strict=True))


def test_a_second_evaluator_decides_alike() -> None:
    """That MiniStack understands the conditions as AWS does is not assumed."""
    assert _asked(rendered()) == EXPECTED


def test_the_second_evaluator_notices_missing_conditions() -> None:
    """Without its conditions, the callbacks function writes every partition."""
    resources = deepcopy(rendered())
    for policy in resources["CallbacksRole"]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            statement.pop("Condition", None)
    found = _asked(resources)
    changed = {case for case in CASES if found[case] != EXPECTED[case]}
    assert changed == {case for case, allowed in CASES.items() if case[0] == "Callbacks" and not allowed}
