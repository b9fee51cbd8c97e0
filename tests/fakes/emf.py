"""Metrics as CloudWatch reads them from log lines in its embedded metric format."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    """One metric of one line: its namespace, name, dimensions, unit and values."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]
    unit: str
    values: tuple[float, ...]


def read(lines: Iterable[str]) -> Iterator[Measured]:
    """Yield the metrics of log lines; other lines are ignored."""
    for line in lines:
        told = _object(line)
        for directive in told.get("_aws", {}).get("CloudWatchMetrics", []):
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, str(told[name])) for name in names)
                for metric in directive["Metrics"]:
                    value = told[metric["Name"]]
                    values = tuple(value if isinstance(value, list) else [value])
                    assert max(len(values), len(directive["Metrics"])) <= 100, "more than the format holds"
                    yield Measured(directive["Namespace"], metric["Name"], dimensions, metric["Unit"], values)


def totals(lines: Iterable[str]) -> dict[str, float]:
    """Return the sum of each metric's values, by its name."""
    found: dict[str, float] = {}
    for metric in read(lines):
        found[metric.name] = found.get(metric.name, 0) + sum(metric.values)
    return found


def _object(line: str) -> dict[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
