"""A page of the documentation as tests read it: its headings, links, and what it shows as code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from local import ROOT

_FENCED = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TESTED_SHELL = re.compile(r"^```sh(?! by hand)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NOT_IN_AN_ANCHOR = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    def __str__(self) -> str:
        """Name it as the repository does."""
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """All but the code blocks."""
        return _FENCED.sub("", self.text)

    @property
    def anchors(self) -> set[str]:
        """Its headings' anchors, as GitHub makes them."""
        headings = _HEADING.findall(self.prose)
        return {_NOT_IN_AN_ANCHOR.sub("", heading.lower()).replace(" ", "-") for heading in headings}

    @property
    def links(self) -> list[str]:
        """Its links to other places in the repository."""
        return [link for link in _LINK.findall(self.prose) if not link.startswith(("http:", "https:"))]

    @property
    def tested_shell(self) -> list[str]:
        """Its shell blocks but those that it marks as run by hand."""
        return _TESTED_SHELL.findall(self.text)

    @property
    def shell(self) -> list[str]:
        """The lines of its shell blocks, continued ones as one."""
        blocks = [body for language, body in _FENCED.findall(self.text) if language == "sh"]
        return [line for body in blocks for line in body.replace("\\\n", " ").splitlines()]

    @property
    def code(self) -> list[str]:
        """Its shell lines, and what stands as code within sentences."""
        return [*self.shell, *_SPAN.findall(self.prose)]


def pages() -> Iterator[Page]:
    """Yield every page that a person reads."""
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))):
        yield Page(path)
