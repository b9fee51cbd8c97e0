"""The template that CloudFormation gets, after SAM CLI has built and packaged ours."""

import pytest
import yaml
from samcli.yamlhelper import yaml_parse

from local import TEMPLATE
from tests.stack.deployment import Deployment

pytestmark = pytest.mark.stack

SHARED = yaml.AnchorToken | yaml.AliasToken


@pytest.fixture(scope="module")
def body(deployed: Deployment) -> str:
    """Return the text that was sent to CloudFormation."""
    cloudformation = deployed.session.client("cloudformation")
    return str(cloudformation.get_template(StackName=deployed.stack.name, TemplateStage="Original")["TemplateBody"])


def test_ours_has_anchors() -> None:
    """Else the next test proves nothing."""
    assert any(isinstance(token, SHARED) for token in yaml.scan(TEMPLATE.read_text(encoding="utf-8")))


def test_it_has_no_anchors_and_no_merges(body: str) -> None:
    """CloudFormation supports no merges: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html."""
    tokens = list(yaml.scan(body))
    assert not any(isinstance(token, SHARED) for token in tokens)
    assert "<<" not in {token.value for token in tokens if isinstance(token, yaml.ScalarToken)}


def test_it_is_ours_but_for_the_code_in_s3(body: str) -> None:
    """Building and packaging change nothing else."""
    sent, ours = yaml_parse(body), yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    for template in (sent, ours):
        template["Globals"]["Function"].pop("CodeUri", None)
        for resource in template["Resources"].values():
            resource.pop("Metadata", None)
            for name in ("CodeUri", "ContentUri"):
                resource["Properties"].pop(name, None)
    assert sent == ours
