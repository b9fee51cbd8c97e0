"""The examples of docs/producers.md, taken from the page: its fenced blocks, each with a name beside its language."""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "producers.md"
_BLOCK = re.compile(r"^```(?P<language>\w*) ?(?P<name>[\w-]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
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
        """Give the id of the request in it."""
        return str(_ID.findall(self.text)[0])

    @property
    def message(self) -> str:
        """Give the text of the request in it."""
        (text,) = _TEXT.findall(self.text)
        return str(text)


def blocks() -> list[Block]:
    """Give every block, in the order of the page."""
    return [Block(**found.groupdict()) for found in _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def block(name: str) -> Block:
    """Give the one block of a name."""
    (found,) = [one for one in blocks() if one.name == name]
    return found
