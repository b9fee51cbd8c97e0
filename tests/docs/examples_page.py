"""The examples of docs/sending.md: its fenced blocks, each with a name beside its language."""

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "sending.md"
_BLOCK = re.compile(r"^```(?P<language>\w*) ?(?P<name>[\w -]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_ID = re.compile(r"order-[\w-]+")
_TEXT = re.compile(r'text\\?"?: \\?"([^"\\]+)')


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    name: str
    text: str

    @property
    def request_id(self) -> str:
        """The id of the request in it."""
        return str(_ID.findall(self.text)[0])

    @property
    def message(self) -> str:
        """The text of the request in it."""
        (text,) = _TEXT.findall(self.text)
        return str(text)


def blocks(page: Path = PAGE) -> list[Block]:
    """Return every block, in the order of the page."""
    return [Block(**found.groupdict()) for found in _BLOCK.finditer(page.read_text(encoding="utf-8"))]


def block(name: str, page: Path = PAGE) -> Block:
    """Return the only block with this name."""
    (found,) = [one for one in blocks(page) if one.name == name]
    return found
