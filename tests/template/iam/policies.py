"""What is wrong with the policies of the template.

Each action exists, is allowed on a kind of resource that it has, and only under conditions that it knows. AWS deploys a
policy that breaks these rules, and then refuses the calls.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tests.template.iam import reference

type _Tree = Mapping[str, Any]

# The ARN that a reference stands for: by type and attribute (Ref: the resource itself), or by parameter
_HERE: Final = "sa-east-1:000000000000"
ARNS: Final = {
    "AWS::DynamoDB::Table.Arn": f"arn:aws:dynamodb:{_HERE}:table/NAME",
    "AWS::DynamoDB::Table.StreamArn": f"arn:aws:dynamodb:{_HERE}:table/NAME/stream/1",
    "AWS::Events::EventBus.Arn": f"arn:aws:events:{_HERE}:event-bus/NAME",
    "AWS::IAM::Role.Arn": "arn:aws:iam::000000000000:role/NAME",
    "AWS::Lambda::EventSourceMapping.Ref": "00000000-0000-4000-8000-000000000000",
    "AWS::Lambda::Function.Arn": f"arn:aws:lambda:{_HERE}:function:NAME",
    "AWS::Logs::LogGroup.Arn": f"arn:aws:logs:{_HERE}:log-group:NAME:*",
    "AWS::SNS::Topic.Ref": f"arn:aws:sns:{_HERE}:NAME",
    "AWS::SQS::Queue.Arn": f"arn:aws:sqs:{_HERE}:NAME",
    "AWS::Scheduler::ScheduleGroup.Ref": "name",
    "AWS::Scheduler::ScheduleGroup.Arn": f"arn:aws:scheduler:{_HERE}:schedule-group/NAME",
    "AWS::SecretsManager::Secret.Id": f"arn:aws:secretsmanager:{_HERE}:secret:NAME",
    "AWS::SecretsManager::Secret.Ref": f"arn:aws:secretsmanager:{_HERE}:secret:NAME",
    "KmsKeyArn": f"arn:aws:kms:{_HERE}:key/NAME",
}
_PSEUDO: Final = {"AWS::Partition": "aws", "AWS::Region": "sa-east-1", "AWS::AccountId": "000000000000"}


def problems(template: _Tree) -> list[str]:
    """Return what is wrong with the policies of a transformed template, a line each."""
    resources = template["Resources"]
    found = (
        f"{name}: {problem}"
        for name, resource in resources.items()
        for statement in _statements(resource.get("Properties", {}))
        for problem in _of_statement(statement, resources)
    )
    return list(dict.fromkeys(found))


def _statements(tree: Any) -> Iterator[_Tree]:  # noqa: ANN401 (YAML)
    """Yield each statement, of both branches where there is a condition of the template, and each Lambda permission."""
    match tree:
        case {"Action": str() | list()}:
            yield tree
        case dict():
            for one in tree.values():
                yield from _statements(one)
        case list():
            for one in tree:
                yield from _statements(one)
        case _:
            pass


def _of_statement(statement: _Tree, resources: _Tree) -> Iterator[str]:
    places = [_arn(one, resources) for one in _listed(statement.get("Resource", []))]
    keys = [key for operator in statement.get("Condition", {}).values() for key in operator]
    for pattern in _listed(statement["Action"]):
        try:
            meant = reference.actions(pattern)
        except KeyError:
            yield f"{pattern}: {reference.FILE.name} has no such service; add it to SERVICES and run make iam-reference"
            continue
        if not meant:
            yield f"{pattern} is no action of AWS"
        yield from (f"{pattern} knows no condition {key}" for key in keys if not any(one.has_key(key) for one in meant))
        if {"*", "?"}.isdisjoint(pattern):
            yield from (f"{one.name} is not allowed on {arn}" for one in meant for arn in places if not one.fits(arn))


def _arn(place: object, resources: _Tree) -> str:
    """Return an ARN of the form that a value of the template gets."""
    match place:
        case str():
            return place
        case {"Ref": str(name)}:
            return arn_of(name, "Ref", resources)
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return arn_of(name, attribute, resources)
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:]+)\.?(\w*)\}", lambda one: arn_of(one[1], one[2] or "Ref", resources), text)
        case _:
            return f"{place}, which this check cannot read"


def arn_of(name: str, attribute: str, resources: _Tree) -> str:
    """Return the ARN that an attribute of a resource gives, or its `Ref`; or the value of a parameter of AWS."""
    if name in _PSEUDO:
        return _PSEUDO[name]
    known = f"{resources[name]['Type']}.{attribute}" if name in resources else name
    return ARNS.get(known, f"{known}, which is not in ARNS of tests/template/iam/policies.py").replace("NAME", name)


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]
