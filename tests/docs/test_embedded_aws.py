"""The decision for MiniStack lists all that we change in it."""

import ast
import re

from local import ROOT
from tests.recorded.facts import FACTS

DECISION = ROOT / "docs" / "decisions" / "0003-ministack-as-embedded-aws.md"


def test_every_change_has_its_row() -> None:
    """As many rows as there are changes that the child process makes before it serves."""
    module = ast.parse((ROOT / "local" / "embedded_aws" / "ministack_child.py").read_text(encoding="utf-8"))
    (main,) = (one for one in module.body if isinstance(one, ast.FunctionDef) and one.name == "main")
    calls = [one.value.func for one in main.body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)]
    changes = [function.id for function in calls if isinstance(function, ast.Name)]
    table = (
        DECISION.read_text(encoding="utf-8")
        .partition("ministack_child.py")[2]
        .partition("|---|---|\n")[2]
        .partition("\n\n")[0]
    )
    assert len(re.findall(r"^\|", table, re.MULTILINE)) == len(changes)


def test_every_known_difference_has_its_row() -> None:
    """In the order of the table of facts, with the same words."""
    table = (
        DECISION.read_text(encoding="utf-8").partition("| Call | Embedded AWS |\n|---|---|\n")[2].partition("\n\n")[0]
    )
    assert table.split("\n") == [f"| {name} | {fact.differs} |" for name, fact in FACTS.items() if fact.differs]
