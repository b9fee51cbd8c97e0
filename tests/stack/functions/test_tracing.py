"""Tracing on the deployed stack, as far as the embedded AWS goes: it gives trace ids, and has no X-Ray."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.stack.deployment import Deployment, until
from tests.stack.function_log import lines

pytestmark = [pytest.mark.stack, pytest.mark.embedded]


@pytest.fixture
def traced(deployed: Deployment) -> Iterator[str]:
    """Trace the maintenance function, as the parameter `Tracing` does; return its name."""
    name = deployed.outputs["MaintenanceFunctionName"]
    deployed.functions.update_function_configuration(FunctionName=name, TracingConfig={"Mode": "Active"})
    yield name
    deployed.functions.update_function_configuration(FunctionName=name, TracingConfig={"Mode": "PassThrough"})


def test_what_a_traced_invocation_logs_names_its_trace(deployed: Deployment, traced: str) -> None:
    """An invocation works also without the X-Ray daemon."""
    assert "looked" in deployed.invoke("MaintenanceFunctionName")

    def found() -> list[str] | None:
        told = [json.loads(line) for line in lines(deployed.session, traced) if '"xray_trace_id"' in line]
        return [one["xray_trace_id"] for one in told if one["message"] == "maintenance"] or None

    ids = until(found, within=30, awaited="a line with a trace's id")
    assert all(re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{24}", one) for one in ids)
