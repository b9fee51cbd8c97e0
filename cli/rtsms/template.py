"""A text with placeholders, `Hola {{nombre}}`, into which a row's values are put.

Twenty lines of our own: template languages also have conditions, loops, escapes for HTML and ways to reach what is no
column, and whoever writes a campaign's text is to need none of that.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from rtsms.fault import Exit, Fault

_PLACEHOLDER = re.compile(r"(?<!\{)\{\{\s*([^{}]*?)\s*\}\}(?!\})")
_BRACES = re.compile(r"\{\{|\}\}")


class Template:
    """A text and its placeholders; values are put in as they are, so braces within a value mean nothing."""

    def __init__(self, text: str) -> None:
        """Read a template.

        Raises:
            Fault: it is empty, braces are left over, or a placeholder is empty.

        """
        if not text:
            raise Fault(Exit.USAGE, "template", "it is empty", to_do="give --template, --template-file, or stdin")
        self.text = text
        self._literals: Sequence[str] = _PLACEHOLDER.split(text)[::2]
        self._names: Sequence[str] = _PLACEHOLDER.findall(text)
        if "" in self._names or any(map(_BRACES.search, self._literals)):
            raise Fault(Exit.USAGE, "template", "a placeholder must be a column's name in braces: {{name}}")

    @property
    def names(self) -> list[str]:
        """Give the columns that it names, each once."""
        return list(dict.fromkeys(self._names))

    def check(self, columns: Iterable[str]) -> None:
        """Refuse placeholders that name no column.

        Raises:
            Fault: there are some; all are named.

        """
        columns = list(columns)
        if unknown := [name for name in self.names if name not in columns]:
            what = f"no column is called {_quoted(unknown)}; there are {_quoted(columns)}"
            raise Fault(Exit.USAGE, "template", what, to_do="names must be the same, capitals and accents too")

    def render(self, values: Mapping[str, str]) -> str:
        """Put a row's values in."""
        pieces = [self._literals[0]]
        for name, literal in zip(self._names, self._literals[1:], strict=True):
            pieces += values[name], literal
        return "".join(pieces)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
