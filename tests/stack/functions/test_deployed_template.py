"""The template that CloudFormation gets, after SAM CLI has built and packaged ours."""

from importlib.util import cache_from_source
from io import BytesIO
from zipfile import ZipFile

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


def test_the_code_in_s3_is_compiled(deployed: Deployment, body: str) -> None:
    """A new environment of a function compiles nothing, with the Python of Lambda's runtime."""
    resources = yaml_parse(body)["Resources"].values()
    places = {one["Properties"].get(name) for one in resources for name in ("CodeUri", "ContentUri")} - {None}
    names = [set(ZipFile(BytesIO(_fetched(deployed, place))).namelist()) for place in places]
    assert any("python/realtime_sms/vocabulary.py" in archive for archive in names)
    assert any("send/handler.py" in archive for archive in names)
    for archive in names:
        sources = [name for name in archive if name.endswith(".py")]
        assert {cache_from_source(name) for name in sources} <= archive


def _fetched(deployed: Deployment, place: str) -> bytes:
    bucket, _, key = place.removeprefix("s3://").partition("/")
    return bytes(deployed.session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
