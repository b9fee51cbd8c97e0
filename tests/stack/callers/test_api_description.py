"""The API's description played against the deployed API: no server error, and no reply that it does not describe."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.description import document
from local.embedded_aws import Stack
from tests.stack.signing import Caller, user

pytestmark = pytest.mark.stack

FORBIDDEN = 403  # only API Gateway answers so, where it reads an odd address otherwise than the signer did
REFUSALS = (400, 404, 405, 413, 415, 422)
EXAMPLES = 30  # of each operation and mode
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture(scope="module")
def caller(stack: Stack) -> Caller:
    """Return a caller who may call everything."""
    return user(stack, "*")


@pytest.fixture
def description(caller: Caller) -> Any:  # noqa: ANN401 (schemathesis has no types for it)
    """Load the description that the API serves, without its signatures: the caller signs."""
    served = caller.call("GET", "/openapi.json").body
    del served["security"], served["components"]["securitySchemes"]
    schema = schemathesis.openapi.from_dict(served)
    schema.config.update(base_url=caller.url)
    schema.config.checks.negative_data_rejection.expected_statuses = [str(status) for status in REFUSALS]
    return schema


CALLS = [
    pytest.param(method.upper(), path, mode, id=f"{method.upper()} {path}, {mode.value}")
    for path, operations in document()["paths"].items()
    for method in operations
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or path != "/openapi.json"  # which takes nothing that could be wrong
]


@pytest.mark.parametrize(("method", "path", "mode"), CALLS)
def test_every_reply_is_one_that_the_description_has(
    description: Any,  # noqa: ANN401 (likewise)
    caller: Caller,
    method: str,
    path: str,
    mode: GenerationMode,
) -> None:
    """Valid and invalid calls get a status, a type, headers and a body as described."""

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(description[path][method].as_strategy(generation_mode=mode))
    def play(case: Any) -> None:  # noqa: ANN401 (likewise)
        reply = case.call(auth=caller)
        assume(reply.status_code != FORBIDDEN)
        case.validate_response(reply, checks=CHECKS)

    play()
