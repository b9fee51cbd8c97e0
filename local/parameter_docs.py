"""The pages generated from `template.yaml`: its parameters, and the permissions of each function."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from samcli.yamlhelper import yaml_parse

from local import TEMPLATE

_SOURCE = "Generated from `template.yaml` by `python -m local.generated`."

type _Tree = Mapping[str, Any]


def parameters() -> str:
    """Return the page of parameters, in the groups that the CloudFormation console shows."""
    template = _template()
    declared = template["Parameters"]
    lines = ["# Parameters of a deployment", "", _SOURCE, ""]
    for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        lines += [f"## {group['Label']['default']}", "", "| Parameter | Default | Takes | |", "|---|---|---|---|"]
        lines += [_parameter(name, declared[name]) for name in group["Parameters"]]
        lines.append("")
    return "\n".join(lines)


def roles() -> str:
    """Return the page that lists every action and resource that each function's role grants."""
    resources = _template()["Resources"]
    users = {
        one["Properties"]["Role"]["Fn::GetAtt"][0]: name
        for name, one in resources.items()
        if isinstance(one["Properties"].get("Role"), Mapping) and "Fn::GetAtt" in one["Properties"]["Role"]
    }
    lines = ["# What each function may do", "", _SOURCE, "", "The names are those of resources in the template."]
    for role, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Role":
            lines += ["", f"## {users.get(role, role)}", "", "| Actions | On | Only if |", "|---|---|---|"]
            lines += [
                _grant(statement)
                for policy in resource["Properties"]["Policies"]
                for statement in policy["PolicyDocument"]["Statement"]
            ]
    return "\n".join([*lines, ""])


def _template() -> _Tree:
    document: _Tree = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return document


def _parameter(name: str, declared: _Tree) -> str:
    default = "*none*" if "Default" not in declared else f"`{declared['Default']}`" if declared["Default"] != "" else ""
    return f"| `{name}` | {default} | {_takes(declared)} | {_cell(declared['Description'])} |"


def _takes(declared: _Tree) -> str:
    if "AllowedValues" in declared:
        return ", ".join(f"`{value}`" for value in declared["AllowedValues"])
    if "ConstraintDescription" in declared:
        return _cell(declared["ConstraintDescription"])
    least, most = declared.get("MinValue"), declared.get("MaxValue")
    if least is not None:
        return f"{least} to {most}" if most is not None else f"{least} or more"
    return f"`{_cell(declared['AllowedPattern'])}`" if "AllowedPattern" in declared else "text"


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


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
