"""The whole file is validated before anything is sent, and every good row can be sent."""

from pathlib import Path
from typing import Any

import pytest

from realtime_sms.requests.prepare import Defaults
from rtsms.bulk.columns import number_column
from rtsms.bulk.mail_merge import BadRowError, MailMerge, request_id
from rtsms.bulk.open_file import open_file
from rtsms.bulk.sheet import Row
from rtsms.bulk.template import Template
from rtsms.bulk.validation import BAD, ValidatedFile, validate
from rtsms.errors import CommandError
from rtsms.request import prepare_request

COLUMNS = ("numero", "nombre", "pedido")
TEXT = "Hola {{nombre}}"


def _merge(text: str = TEXT, key: str | None = None, defaults: Defaults | None = None, **request: Any) -> MailMerge:  # noqa: ANN401 (members of a request)
    return MailMerge(
        Template(text), COLUMNS, "numero", key, request, defaults or Defaults(sender="96000", allowed_prefixes=("+",))
    )


def _validated(tmp_path: Path, merge: MailMerge, *rows: str) -> tuple[ValidatedFile, list[tuple[int, str]]]:
    file = tmp_path / "clientes.csv"
    file.write_text("\n".join([",".join(COLUMNS), *rows]), encoding="utf-8")
    validated = ValidatedFile()
    bad = [(one.line, one.why) for one in validate(open_file(file), merge, validated)]
    return validated, bad


def test_bad_rows_are_listed_with_line_and_reason(tmp_path: Path) -> None:
    """No name and no whole number is quoted."""
    validated, bad = _validated(
        tmp_path,
        _merge(maxSegments=1, defaults=Defaults(sender="96000")),
        "912345678,Ana,1",
        "12,Ana,2",
        "+5691234,Ana,3",
        "912345679,,4",
        f"912345680,{'x' * 200},5",
        "912345681,Ana",
        "912345682,Ana,7",
        "+34600000000,Ana,8",
        "912345678.0,Ana,9",
    )
    assert bad == [
        (3, "numero: has too few digits for a number of +56"),
        (4, "numero: has too few digits for a number of +56"),
        (5, "nombre: is empty, but the text needs it"),
        (6, "text: needs 2 segments; 1 allowed"),
        (7, "it has 2 fields, but the first line has 3"),
        (9, "numero: is outside of AllowedPrefixes (+56), a parameter of the deployment"),
        (10, "numero: looks like a decimal number; format the column as text"),
    ]
    assert (validated.good, validated.bad, validated.segments) == (2, 7, 2)
    assert [number for number in validated.numbers if number != BAD] == [56912345678, 56912345682]


@pytest.mark.parametrize("number", ["12", "+34600000000"], ids=["no number", "not allowed"])
def test_a_column_whose_name_may_be_a_value_is_called_by_its_place(number: str) -> None:
    """As in a file whose first row is no header."""
    merge = MailMerge(Template("hola"), ("Ana Perez",), "Ana Perez", None, {}, Defaults(sender="96000"))
    with pytest.raises(BadRowError, match=r"^column 1: "):
        merge.check(Row(2, [number]))


def test_the_second_row_with_a_number_is_a_duplicate(tmp_path: Path) -> None:
    """The number may be written in another way."""
    validated, bad = _validated(tmp_path, _merge(), "912345678,Ana,1", "913333333,Eva,2", "+56 9 1234 5678,Ana,3")
    assert bad == [(4, "numero: the same as in line 2")]
    assert (validated.good, validated.bad) == (2, 1)


def test_with_a_key_column_numbers_may_repeat_and_keys_may_not(tmp_path: Path) -> None:
    """Repeated numbers are counted."""
    validated, bad = _validated(
        tmp_path, _merge(key="pedido"), "912345678,Ana,1", "912345678,Ana,2", "913333333,Eva,1", "913333334,Eva,"
    )
    assert bad == [(5, "pedido: is empty, but must name the row"), (4, "pedido: the same as in line 2")]
    assert (validated.good, validated.repeated) == (2, 1)


@pytest.mark.parametrize(
    ("request_", "row"),
    [
        ({}, ["912345678", "Ana", ""]),
        ({}, ["+34600000000", "Ñandú 🚚" * 100, ""]),
        ({}, ["+34600000000", "🚚" * 9000, ""]),
        ({}, ["1", "Ana", ""]),
        ({"encoding": "exact"}, ["912345678", "Andrés", ""]),
        ({"encoding": "exact"}, ["912345678", "Andrés".replace("é", "á"), ""]),
        ({"message": {"charset": 1}}, ["912345678", "Ñ", ""]),
        ({"message": {"charset": 6}}, ["912345678", "Ñ" * 65, ""]),
        ({"message": {"charset": 8}}, ["912345678", "á", ""]),
        ({"maxSegments": 2}, ["+34600000000", "á" * 135, ""]),
        ({"maxSegments": 2}, ["912345678", "x" * 301, ""]),
        ({}, ["912345678", "\x1b", ""]),
    ],
)
def test_a_row_is_good_exactly_if_its_request_can_be_sent(request_: dict[str, Any], row: list[str]) -> None:
    """The quick check of a row agrees with the send function."""
    merge = _merge(**request_)
    body: dict[str, Any] = {
        **request_,
        "recipients": [row[0]],
        "message": {**request_.get("message", {}), "text": f"Hola {row[1]}"},
    }
    try:
        prepared = prepare_request(body, "id", merge.defaults)
    except CommandError:
        with pytest.raises(ValueError, match=r"^(numero|text): "):
            merge.check(Row(2, row))
    else:
        ((_, encoded),) = prepared.sendable
        assert merge.check(Row(2, row)).segments == encoded.segments


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: _merge("{{apellido}}"), "no column is called 'apellido'"),
        (lambda: _merge(key="rut"), "no column is called 'rut'"),
        (lambda: _merge(sender="Tienda Ñ"), "sender: must be"),
        (lambda: _merge(defaults=Defaults()), "sender: is missing"),
        (lambda: number_column(["nombre", "phone", "celular"]), "cannot tell which column has the numbers"),
        (lambda: number_column(["nombre"]), "cannot tell which column has the numbers"),
    ],
    ids=["placeholder", "key", "sender", "no-sender", "two-columns", "no-column"],
)
def test_what_is_wrong_with_every_row_is_one_error(made: Any, told: str) -> None:  # noqa: ANN401 (makes one or the other)
    """The error comes before the first row is read."""
    with pytest.raises(CommandError, match=told):
        made()


def test_request_ids_depend_on_campaign_and_key_only() -> None:
    """They show no number."""
    assert request_id("mayo", "+56912345678") == request_id("mayo", "+56912345678")
    assert len({request_id(campaign, key) for campaign in ("mayo", "junio") for key in ("a", "b")}) == 4
    assert "912345678" not in request_id("mayo", "+56912345678")


def test_the_fingerprint_depends_on_the_file_and_all_that_is_sent(tmp_path: Path) -> None:
    """The same command makes the same ids, and another text makes others."""
    rows = ["912345678,Ana,1"]
    prints = [
        _validated(tmp_path, merge, *some)[0].fingerprint
        for merge, some in [
            (_merge(), rows),
            (_merge(), rows),
            (_merge("Chao {{nombre}}"), rows),
            (_merge(sender="1"), rows),
            (_merge(key="pedido"), rows),
            (_merge(), [*rows, "912345679,Eva,2"]),
        ]
    ]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 5
