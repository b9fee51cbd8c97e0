"""The pages stay few and short."""

import re

from local import ROOT
from local.generated import GENERATED

MOST_PAGES = 10
MOST_WORDS_OF_THE_README = 900


def test_there_are_at_most_ten_pages_besides_the_generated_ones() -> None:
    """A new fact belongs on one of them."""
    written = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} - GENERATED.keys()
    assert 0 < len(written) <= MOST_PAGES


def test_the_readme_links_to_every_page() -> None:
    """And takes five minutes to read."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([^)#]+)\)", text))
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= linked
    assert len(text.split()) <= MOST_WORDS_OF_THE_README
