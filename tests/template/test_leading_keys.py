"""Roles may read and write only the partitions that their functions do (`dynamodb:LeadingKeys`)."""

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
RECIPIENTS = f"{table.CAPS}.recipients-7"
BREAKERS, LANES, OPT_OUTS, REPORTS = table.BREAKERS, table.LANES, table.OPT_OUTS, table.UNMATCHED_REPORTS
COUNTERS = {RATE, CAP, RECIPIENTS}
ALL = (SUBMISSION, BREAKERS, LANES, table.LOCKS, OPT_OUTS, REPORTS, table.FORGOTTEN, *sorted(COUNTERS))


def _each(actions: str, *keys: str) -> dict[str, set[str]]:
    return {action: set(keys) for action in actions.split()}


NONE = _each(
    "GetItem BatchGetItem Query Scan PartiQLSelect ConditionCheckItem "
    "PutItem UpdateItem DeleteItem BatchWriteItem PartiQLInsert PartiQLUpdate PartiQLDelete"
)
REACHED = {
    "Api": {
        **NONE,
        **_each("BatchGetItem UpdateItem PartiQLInsert PartiQLUpdate", SUBMISSION),
        **_each("Query PutItem", SUBMISSION, OPT_OUTS),
        "GetItem": {SUBMISSION, OPT_OUTS, table.FORGOTTEN},
        "DeleteItem": {OPT_OUTS},
    },
    "Send": {
        **NONE,
        **_each("PartiQLInsert PartiQLUpdate", SUBMISSION, BREAKERS, *COUNTERS),
        "BatchGetItem": {*ALL},
        "PutItem": {SUBMISSION},
        "UpdateItem": {BREAKERS, *COUNTERS},
    },
    "Callbacks": {
        **NONE,
        **_each("PutItem DeleteItem", OPT_OUTS),
        "GetItem": {OPT_OUTS, table.FORGOTTEN},
        "UpdateItem": {SUBMISSION, REPORTS},
    },
    "Maintenance": {
        **NONE,
        **_each("PutItem PartiQLInsert PartiQLUpdate", SUBMISSION),
        **_each("GetItem DeleteItem", REPORTS),
        "BatchGetItem": {SUBMISSION, BREAKERS, LANES, table.FORGOTTEN, CAP, RECIPIENTS},
        "UpdateItem": {SUBMISSION, BREAKERS, LANES, REPORTS},
    },
    "Announce": NONE,
    "Refresh": {**NONE, "PutItem": {table.LOCKS}, "DeleteItem": {table.LOCKS}},
}
CASES = {
    (role, action, key): key in keys
    for role, actions in REACHED.items()
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
def test_a_role_reaches_its_own_partitions(role: str, action: str, key: str) -> None:
    """Above all those of the callbacks function, which the internet reaches, and of the API."""
    assert _may(role, action, key) is CASES[role, action, key]


def _asked(resources: Mapping[str, Any]) -> dict[tuple[str, str, str], str]:
    """Return what the second evaluator decides on each case."""
    table = arn_of("OutcomesTable", "Arn", resources)
    policies = {role: granted(f"{role}Role", resources) for role in REACHED}
    requests = [
        Request(f"dynamodb:{action}", table, {"dynamodb:LeadingKeys": [key]}, identityPolicies=policies[role])
        for role, action, key in CASES
    ]
    return dict(zip(CASES, decisions(requests), strict=True))


def test_a_second_evaluator_decides_alike() -> None:
    """That MiniStack understands the conditions as AWS does is not assumed."""
    assert _asked(rendered()) == EXPECTED


def test_the_second_evaluator_notices_missing_conditions() -> None:
    """Without its conditions, the callbacks function writes what it does in every partition."""
    resources = deepcopy(rendered())
    for policy in resources["CallbacksRole"]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            statement.pop("Condition", None)
    found = _asked(resources)
    changed = {case for case in CASES if found[case] != EXPECTED[case]}
    assert changed == {
        case for case, allowed in CASES.items() if case[0] == "Callbacks" and REACHED[case[0]][case[1]] and not allowed
    }
