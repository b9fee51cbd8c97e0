"""A text with placeholders, `Hola {{nombre}}`, that are replaced by a row's values.

This is our own code, not a template library: conditions, loops and HTML escapes have no use in an SMS.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from rtsms.bulk.columns import clean_name, quote_columns, quote_name
from rtsms.errors import CommandError, Exit

_PLACEHOLDER = re.compile(r"(?<!\{)\{\{\s*([^{}]*?)\s*\}\}(?!\})")
_BRACES = re.compile(r"\{\{|\}\}")


class Template:
    """A text and its placeholders; values are inserted as they are, so braces in a value mean nothing."""

    def __init__(self, text: str) -> None:
        """Parse a template; raise a `CommandError` if it is empty, or a placeholder is not well-formed."""
        if not text:
            to_do = "pass --template or --template-file, or write the text to stdin"
            raise CommandError(Exit.USAGE, "template", "it is empty", to_do=to_do)
        self.text = text
        self._literals: Sequence[str] = _PLACEHOLDER.split(text)[::2]
        self._names: Sequence[str] = [clean_name(name) for name in _PLACEHOLDER.findall(text)]
        if "" in self._names or any(map(_BRACES.search, self._literals)):
            raise CommandError(Exit.USAGE, "template", "a placeholder must be a column name in braces: {{name}}")

    @property
    def names(self) -> list[str]:
        """Return the columns that it names, each once."""
        return list(dict.fromkeys(self._names))

    def check(self, columns: Iterable[str]) -> None:
        """Raise a `CommandError` if a placeholder is not a column; it names all of them."""
        columns = list(columns)
        if unknown := [name for name in self.names if name not in columns]:
            names = ", ".join(map(quote_name, unknown))
            what = f"no column is called {names}; the columns are {quote_columns(columns)}"
            raise CommandError(Exit.USAGE, "template", what, to_do="spell it as in the file, with capitals and accents")

    def render(self, values: Mapping[str, str]) -> str:
        """Replace the placeholders by a row's values."""
        pieces = [self._literals[0]]
        for name, literal in zip(self._names, self._literals[1:], strict=True):
            pieces += values[name], literal
        return "".join(pieces)
