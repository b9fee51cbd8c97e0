"""The page on operations leaves out no warning, error or metric; and no page states a default that is another."""

import ast
import re
from collections.abc import Iterator

import pytest
from samcli.yamlhelper import yaml_parse

from local import ROOT, TEMPLATE
from realtime_sms.aws.telemetry import Metric
from tests.docs.page import Page, pages

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
PARAMETERS = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Parameters"]


def section(heading: str) -> str:
    """Return what the page says under a heading."""
    return OPERATIONS.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def logged() -> Iterator[tuple[str, str]]:
    """Yield each warning and error that a function can log, with its level."""
    for path in (*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="logger"), attr="warning" | "error" as level),
                    args=[ast.Constant(value=str(line))],
                ):
                    yield line, level


def test_every_warning_and_error_has_its_row() -> None:
    """And there is no row for a line that nobody logs."""
    rows = re.findall(r"^\| (`.+?`) \| (warning|error) \|", section("Logs"), re.MULTILINE)
    shown = {(line, level) for lines, level in rows for line in re.findall(r"`(.+?)`", lines)}
    assert shown == set(logged())


def test_every_metric_has_its_row() -> None:
    """Those by status and by reason are named by examples."""
    assert set(Metric) <= set(re.findall(r"`(\w+)`", section("Metrics")))


@pytest.mark.parametrize("page", list(pages()), ids=str)
def test_every_default_in_brackets_is_the_parameters(page: Page) -> None:
    """A number in brackets after a parameter's name is what the template gives it."""
    stated = re.findall(r"`(\w+)` \(`?(\+?\d+)`?[);,]", page.prose)
    assert all(str(PARAMETERS[name]["Default"]) == said for name, said in stated if name in PARAMETERS)
