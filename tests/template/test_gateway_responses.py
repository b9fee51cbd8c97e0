"""API Gateway's own errors are problem documents in JSON."""

import json
import re
from typing import Any

import pytest

from tests.template.rendered import rendered

MESSAGES = {
    "none": "null",
    "a sentence": '"Missing Authentication Token"',
    "quotation marks": '"The \\"key\\" is \\\\ not known"',
    "with a space before, as measured for some": ' "Invalid request body"',
}


def _responses() -> dict[str, Any]:
    found: dict[str, Any] = rendered()["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]
    return found


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
@pytest.mark.parametrize("kind", ["DEFAULT_4XX", "DEFAULT_5XX"])
def test_every_template_renders_to_a_problem_document(kind: str, message: str) -> None:
    """Variables are replaced as API Gateway does it; `messageString` has its own quotation marks."""
    variables = {"$context.error.responseType": "THROTTLED", "$context.error.messageString": message}
    for template in _responses()[kind]["responseTemplates"].values():
        text = re.sub(r"\$[\w.]+", lambda found: variables[found[0]], template)
        assert json.loads(text) == {"type": "about:blank", "title": "THROTTLED", "detail": json.loads(message)}


def test_each_says_that_it_is_a_problem_document() -> None:
    """API Gateway takes a static header value in single quotes."""
    assert {one["responseParameters"]["gatewayresponse.header.Content-Type"] for one in _responses().values()} == {
        "'application/problem+json'"
    }
