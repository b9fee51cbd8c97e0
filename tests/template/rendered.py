"""The transformed template with its parameters and conditions resolved, as CloudFormation does it.

A reference to a resource becomes its name in angle brackets.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from local.transformed_template import transformed

_PSEUDO = {
    "AWS::Region": "sa-east-1",
    "AWS::Partition": "aws",
    "AWS::AccountId": "000000000000",
    "AWS::URLSuffix": "amazonaws.com",
}
_NOTHING = object()  # AWS::NoValue


@cache
def template() -> dict[str, Any]:
    """Return the template after the SAM transform."""
    told: dict[str, Any] = yaml.safe_load(transformed())
    return told


def rendered(**given: str) -> dict[str, Any]:
    """Return every resource by logical id, with these parameters and the defaults of the others."""
    told = template()
    unknown = set(given) - set(told["Parameters"])
    assert not unknown, f"the template has no parameter {unknown}"
    values = {name: _value(one, given.get(name, one.get("Default", ""))) for name, one in told["Parameters"].items()}
    filling = _Filling(values, told["Conditions"])
    return {
        name: filling.fill({key: value for key, value in resource.items() if key != "Condition"})
        for name, resource in told["Resources"].items()
        if "Condition" not in resource or filling.holds(resource["Condition"])
    }


def _value(declared: Mapping[str, Any], given: object) -> Any:  # noqa: ANN401 (a text or a list of texts)
    return str(given).split(",") if declared["Type"] == "CommaDelimitedList" else given


class _Filling:
    """Resolves the intrinsic functions that the template uses."""

    def __init__(self, values: Mapping[str, Any], conditions: Mapping[str, Any]) -> None:
        self._values = {**_PSEUDO, **values, "AWS::NoValue": _NOTHING}
        self._conditions = conditions

    def holds(self, name: str) -> bool:
        """Return True if a condition holds."""
        return bool(self.fill(self._conditions[name]))

    def fill(self, value: Any) -> Any:  # noqa: ANN401 (JSON)
        """Return a value with everything resolved that depends on parameters alone."""
        if isinstance(value, list):
            return [one for one in map(self.fill, value) if one is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (name := next(iter(value))) in _FUNCTIONS:
            return _FUNCTIONS[name](self, value[name])
        filled = {name: self.fill(one) for name, one in value.items()}
        return {name: one for name, one in filled.items() if one is not _NOTHING}

    def ref(self, name: str) -> Any:  # noqa: ANN401 (likewise)
        """Return the value of a parameter, or the name of a resource."""
        return self._values.get(name, f"<{name}>")

    def choice(self, branches: list[Any]) -> Any:  # noqa: ANN401 (likewise)
        """Return the branch that the condition selects."""
        name, then, otherwise = branches
        return self.fill(then if self.holds(name) else otherwise)

    def sub(self, text: str) -> str:
        """Substitute parameters in a text."""
        for name, value in self._values.items():
            text = text.replace(f"${{{name}}}", str(value))
        return text


_FUNCTIONS: dict[str, Any] = {
    "Ref": _Filling.ref,
    "Condition": _Filling.holds,
    "Fn::If": _Filling.choice,
    "Fn::Not": lambda filling, one: not filling.fill(one[0]),
    "Fn::Or": lambda filling, several: any(map(filling.fill, several)),
    "Fn::And": lambda filling, several: all(map(filling.fill, several)),
    "Fn::Equals": lambda filling, pair: filling.fill(pair[0]) == filling.fill(pair[1]),
    "Fn::Join": lambda filling, told: told[0].join(filling.fill(told[1])),
    "Fn::Sub": lambda filling, text: filling.sub(text),
    "Fn::GetAtt": lambda _, path: f"<{path[0]}.{path[1]}>",
}
