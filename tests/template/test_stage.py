"""The API's stage: callbacks have a limit of their own."""

from typing import Any

from tests.template.rendered import rendered

CALLBACKS = "/~1callbacks~1{key}~1{kind}"  # as CloudFormation writes a path (AWS::ApiGateway::Stage MethodSetting)


def _limits(**given: str) -> dict[tuple[str, str], tuple[Any, Any]]:
    settings = rendered(**given)["Apiv1Stage"]["Properties"]["MethodSettings"]
    return {
        (one["ResourcePath"], one["HttpMethod"]): (one["ThrottlingRateLimit"], one["ThrottlingBurstLimit"])
        for one in settings
    }


def test_callbacks_have_their_own_limit() -> None:
    """Many reports do not keep callers out, and callers do not keep reports out."""
    given = {"ApiRateLimit": "7", "ApiBurstLimit": "8", "CallbackRateLimit": "500", "CallbackBurstLimit": "600"}
    assert _limits(**given) == {("/*", "*"): ("7", "8"), (CALLBACKS, "POST"): ("500", "600")}


def test_the_method_with_its_own_limit_is_one_of_the_definition() -> None:
    """API Gateway refuses settings for a path that it does not have."""
    paths = rendered()["Api"]["Properties"]["Body"]["paths"]
    assert "post" in paths[CALLBACKS.removeprefix("/").replace("~1", "/")]
