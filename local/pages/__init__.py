"""The texts of generated pages and of `make local`, as templates for Jinja."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_PAGES = Environment(
    loader=PackageLoader("local", "pages"),
    undefined=StrictUndefined,
    autoescape=False,  # Markdown, of our own files
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_PAGES.filters["cell"] = lambda text: text.replace("|", "\\|")


def page(name: str, **given: Any) -> str:  # noqa: ANN401 (what the template shows)
    """Return a text, such as `roles.md`."""
    return _PAGES.get_template(f"{name}.in").render(given)
