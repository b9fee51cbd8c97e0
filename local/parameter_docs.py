"""The pages generated from `template.yaml`: its parameters, and the permissions of each function."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from samcli.yamlhelper import yaml_parse

from local import TEMPLATE
from local.pages import page

type _Tree = Mapping[str, Any]


def parameters() -> str:
    """Return the page of parameters, in the groups that the CloudFormation console shows."""
    template = _template()
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    return page("parameters.md", groups=groups, parameters=template["Parameters"], takes=_takes)


def roles() -> str:
    """Return the page that lists every action and resource that each function's role grants."""
    resources = _template()["Resources"]
    roles = {name: one for name, one in resources.items() if one["Type"] == "AWS::IAM::Role"}
    functions = {name: one for name, one in resources.items() if one["Type"] == "AWS::Serverless::Function"}
    users = {one["Properties"]["Role"]["Fn::GetAtt"][0]: name for name, one in functions.items()}
    return page("roles.md", roles=roles, users=users, grant=_grant)


def _template() -> _Tree:
    document: _Tree = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return document


def _takes(declared: _Tree) -> str:
    if "AllowedValues" in declared:
        return ", ".join(f"`{value}`" for value in declared["AllowedValues"])
    if "MinValue" in declared and "ConstraintDescription" not in declared:
        return (
            f"{declared['MinValue']} to {declared['MaxValue']}"
            if "MaxValue" in declared
            else f"{declared['MinValue']} or more"
        )
    pattern = f"`{declared['AllowedPattern']}`" if "AllowedPattern" in declared else "text"
    return str(declared.get("ConstraintDescription", pattern))


def _grant(statement: _Tree) -> str:
    """Return the row of one policy statement, with the template's condition if it has one."""
    asked = []
    if "Fn::If" in statement:
        condition, statement, _ = statement["Fn::If"]
        asked.append(f"the template's `{condition}`")
    for operator, keys in statement.get("Condition", {}).items():
        asked += [f"`{key}` {operator} `{_named(values)}`" for key, values in keys.items()]
    effect = "" if statement["Effect"] == "Allow" else f"**{statement['Effect']}** "
    actions = ", ".join(f"`{action}`" for action in _listed(statement["Action"]))
    places = ", ".join(f"`{_named(place)}`" for place in _listed(statement["Resource"]))
    return f"| {effect}{actions} | {places} | {'; '.join(asked)} |"


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _named(value: object) -> str:
    """Return a value of the template for a reader: a reference by its name, anything else as JSON."""
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Fn::Sub": str(text)}:
            return "".join(_substituted(text))
        case [one]:
            return _named(one)
        case _:
            return json.dumps(value)


def _substituted(text: str) -> Iterator[str]:
    for place, part in enumerate(text.replace("}", "${").split("${")):
        yield part.removesuffix(".Arn") if place % 2 else part
