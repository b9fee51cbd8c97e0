"""The picture of the architecture shows what the template deploys, under names that are the template's own."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from local import ROOT, TEMPLATE

SVG = "{http://www.w3.org/2000/svg}"
RESOURCES: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Resources"]
SHOWN_TYPES = {
    "AWS::Serverless::Function",
    "AWS::SQS::Queue",
    "AWS::DynamoDB::Table",
    "AWS::Events::EventBus",
    "AWS::SecretsManager::Secret",
    "AWS::SNS::Topic",
    "AWS::CloudWatch::Dashboard",
}


@pytest.fixture(scope="module")
def picture() -> ET.Element:
    """Return the root of the page's SVG."""
    return ET.parse(ROOT / "docs" / "architecture.svg").getroot()


def test_every_box_is_a_resource_of_the_template(picture: ET.Element) -> None:
    """And each resource of the kinds that carry the flow has its box."""
    boxes = {group.get("id") for group in picture.iter(f"{SVG}g")}
    assert boxes <= RESOURCES.keys()
    assert {name for name, one in RESOURCES.items() if one["Type"] in SHOWN_TYPES} <= boxes


def test_it_can_be_read_aloud(picture: ET.Element) -> None:
    """Its role, title and description are what a screen reader gives in its place."""
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == "title desc"
    assert all(picture.findtext(f"{SVG}{part}[@id='{part}']") for part in ("title", "desc"))
