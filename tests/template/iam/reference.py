"""What AWS's service authorization reference says of the actions that the template may name."""

import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("reference.json")
SERVICES: Final = (
    *("cloudwatch", "dynamodb", "events", "execute-api", "iam", "kms", "lambda", "logs"),
    *("scheduler", "secretsmanager", "sns", "sqs", "sts", "xray"),
)


@dataclass(frozen=True)
class Action:
    """An action of a service: the formats of the ARNs it is allowed on (none: only on `*`), and its condition keys."""

    name: str
    formats: tuple[str, ...]
    keys: frozenset[str]

    def fits(self, arn: str) -> bool:
        """Return True if the action can be allowed on this ARN, which may end with a wildcard."""
        return any(_fits(one, arn) for one in self.formats) if self.formats else arn == "*"

    def has_key(self, key: str) -> bool:
        """Return True if a condition may name this key: a global one, or one of the action or its resources."""
        names = (re.sub(r"\$\{\w+\}", "*", one).lower() for one in self.keys)
        return key.lower().startswith("aws:") or any(fnmatchcase(key.lower(), name) for name in names)


def actions(pattern: str) -> list[Action]:
    """Return the actions that a policy's `service:Action` means, in which * and ? are wildcards.

    Raises KeyError if the extract does not have the service.
    """
    service, _, name = pattern.partition(":")
    told = _services()[service]
    return [_action(service, one) for one in told["actions"] if fnmatchcase(one.lower(), name.lower())]


def _action(service: str, name: str) -> Action:
    told = _services()[service]
    action = told["actions"][name]
    of_resources = {key for one in action["on"] for key in told["resourceKeys"].get(one, ())}
    formats = tuple(told["resources"][one] for one in action["on"])
    return Action(f"{service}:{name}", formats, frozenset({*action["keys"], *of_resources}))


@cache
def _services() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return told


def _fits(arn_format: str, arn: str) -> bool:
    """Return True if a format such as `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}` describes an ARN."""
    wanted, given = re.split("([:/])", arn_format), re.split("([:/])", arn)
    if given[-1] == "*" and len(given) <= len(wanted):  # a wildcard at the end stands for any number of parts
        wanted, given = wanted[: len(given) - 1], given[:-1]
    return len(wanted) == len(given) and all(
        bool(have) if "${" in want else want == have for want, have in zip(wanted, given, strict=True)
    )
