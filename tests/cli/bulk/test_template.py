"""Placeholders are column names; values are inserted as they are."""

import pytest

from rtsms.bulk.template import Template
from rtsms.errors import CommandError


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("Hola {{nombre}}", "Hola Ana"),
        ("{{ nombre }}{{nombre}}", "AnaAna"),
        ("{{monto total}} {uno}", "{{nombre}} {uno}"),
        ("sin nada", "sin nada"),
    ],
    ids=["one", "spaces-twice", "value-with-braces", "none"],
)
def test_values_are_inserted_as_they_are(text: str, rendered: str) -> None:
    """Braces in a value mean nothing."""
    assert Template(text).render({"nombre": "Ana", "monto total": "{{nombre}}"}) == rendered


@pytest.mark.parametrize("text", ["{{}}", "{{ }}", "Hola {{nombre", "Hola nombre}}", "{{{nombre}}}", "{{a{{b}}}}"])
def test_braces_that_are_left_over_are_refused(text: str) -> None:
    """Otherwise a phone would show them."""
    with pytest.raises(CommandError, match="in braces"):
        Template(text)


def test_an_empty_text_is_refused_once_and_not_row_by_row() -> None:
    """Nothing could be sent to any row."""
    with pytest.raises(CommandError, match="template: it is empty") as refused:
        Template("")
    assert "--template-file" in refused.value.to_do


def test_unknown_placeholders_are_listed() -> None:
    """The error lists the columns, too."""
    with pytest.raises(CommandError, match="no column is called 'Nombre', 'x'; the columns are 'nombre', 'monto'"):
        Template("{{Nombre}} {{monto}} {{x}}").check(["nombre", "monto"])
