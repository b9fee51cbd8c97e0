"""The event source mappings of the lanes: the maintenance function alone enables and disables them."""

import json
import re
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from tests.template.rendered import rendered

FUNCTION = "arn:aws:lambda:sa-east-1:000000000000:function:send"
LANES = {"TRANSACTIONAL_MAPPING": "SendFunctionMessages", "PROMOTIONAL_MAPPING": "PromotionalMessages"}


def _properties(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = rendered()[name]["Properties"]
    return properties


def test_an_update_of_the_stack_leaves_a_closed_lane_closed() -> None:
    """CloudFormation changes what the template names, and it does not name `Enabled`."""
    assert all("Enabled" not in _properties(mapping) for mapping in LANES.values())


def test_maintenance_has_the_mapping_of_each_queue() -> None:
    """By its id, which is what a reference to it is."""
    told = _properties("MaintenanceFunction")["Environment"]["Variables"]
    assert {name: told[name] for name in LANES} == {name: f"<{mapping}>" for name, mapping in LANES.items()}
    assert [_properties(mapping)["EventSourceArn"] for mapping in LANES.values()] == [
        "<SendQueue.Arn>",
        "<PromotionalQueue.Arn>",
    ]


def _may(role: str, mapping: str, function: str | None) -> bool:
    written = re.sub(r"[$<]\{?SendFunction\.Arn[>}]", FUNCTION, json.dumps(_properties(role)["Policies"]))
    documents = [parse_policy_document(one["PolicyDocument"]) for one in json.loads(written)]
    context = EvalContext(
        principal_arn="arn:aws:sts::000000000000:assumed-role/one/1",
        principal_type="AssumedRole",
        principal_account="000000000000",
        action="lambda:UpdateEventSourceMapping",
        resource_arn=f"arn:aws:lambda:sa-east-1:000000000000:event-source-mapping:{mapping}",
        region="sa-east-1",
        service_context={"lambda:functionarn": function} if function else {},
    )
    return str(evaluate(context, documents).decision) == "Allow"


def test_only_maintenance_may_change_them_and_give_them_no_other_function() -> None:
    """With SnapStart the function is a version of it."""
    for mapping in ("${SendFunctionMessages}", "${PromotionalMessages}"):
        assert _may("MaintenanceRole", mapping, FUNCTION)
        assert _may("MaintenanceRole", mapping, f"{FUNCTION}:7")
        assert _may("MaintenanceRole", mapping, None)
        assert not _may("MaintenanceRole", mapping, f"{FUNCTION}-another")
        assert not _may("SendRole", mapping, FUNCTION)
    assert not _may("MaintenanceRole", "another", FUNCTION)
