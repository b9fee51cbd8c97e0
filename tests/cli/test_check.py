"""A sheet is checked wholly before anything is sent, and what is let through can be sent."""

from pathlib import Path
from typing import Any

import pytest

from realtime_sms.requests.prepare import Defaults
from rtsms.campaign import Campaign, number_column, request_id
from rtsms.check import BAD, Checked, check
from rtsms.fault import Fault
from rtsms.sheet import Row, Sheet
from rtsms.template import Template
from rtsms.wanted import ready

COLUMNS = ("numero", "nombre", "pedido")
TEXT = "Hola {{nombre}}"


def _campaign(text: str = TEXT, key: str | None = None, defaults: Defaults | None = None, **request: Any) -> Campaign:  # noqa: ANN401 (members of a request)
    return Campaign(Template(text), COLUMNS, "numero", key, request, defaults or Defaults(sender="96000"))


def _checked(tmp_path: Path, campaign: Campaign, *rows: str) -> tuple[Checked, list[tuple[int, str]]]:
    file = tmp_path / "clientes.csv"
    file.write_text("\n".join([",".join(COLUMNS), *rows]), encoding="utf-8")
    checked = Checked()
    bad = [(one.line, one.why) for one in check(Sheet.open(file), campaign, checked)]
    return checked, bad


def test_bad_rows_are_told_by_line_with_the_reason(tmp_path: Path) -> None:
    """Neither a name nor a whole number is quoted."""
    checked, bad = _checked(
        tmp_path,
        _campaign(maxSegments=1),
        "912345678,Ana,1",
        "12,Ana,2",
        "+5691234,Ana,3",
        "912345679,,4",
        f"912345680,{'x' * 200},5",
        "912345681,Ana",
        "912345682,Ana,7",
    )
    assert bad == [
        (3, "numero: an entry of 2 characters is not an E.164 number such as +56912345678, nor a number of CL"),
        (4, "numero: '+56***34' is not an E.164 number such as +56912345678, nor a number of CL"),
        (5, "nombre: is empty, and the text has it"),
        (6, "text: needs 2 segments; 1 allowed"),
        (7, "it has 2 fields; the first line names 3"),
    ]
    assert (checked.good, checked.bad, checked.segments) == (2, 5, 2)
    assert [number for number in checked.numbers if number != BAD] == [56912345678, 56912345682]


def test_the_second_row_with_a_number_is_a_duplicate(tmp_path: Path) -> None:
    """However it is written."""
    checked, bad = _checked(tmp_path, _campaign(), "912345678,Ana,1", "913333333,Eva,2", "+56 9 1234 5678,Ana,3")
    assert bad == [(4, "numero: the same as in line 2")]
    assert (checked.good, checked.bad) == (2, 1)


def test_with_a_key_a_number_may_come_twice_and_a_key_may_not(tmp_path: Path) -> None:
    """It is counted."""
    checked, bad = _checked(
        tmp_path, _campaign(key="pedido"), "912345678,Ana,1", "912345678,Ana,2", "913333333,Eva,1", "913333334,Eva,"
    )
    assert bad == [(5, "pedido: is empty; it names the row"), (4, "pedido: the same as in line 2")]
    assert (checked.good, checked.repeated) == (2, 1)


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
def test_a_row_fits_exactly_if_its_request_could_be_sent(request_: dict[str, Any], row: list[str]) -> None:
    """The quick check of a row says what the sender would say."""
    campaign = _campaign(**request_)
    wanted: dict[str, Any] = {
        **request_,
        "recipients": [row[0]],
        "message": {**request_.get("message", {}), "text": f"Hola {row[1]}"},
    }
    try:
        prepared = ready(wanted, "id", campaign.defaults)
    except Fault:
        with pytest.raises(ValueError, match=r"^(numero|text): "):
            campaign.fit(Row(2, row))
    else:
        (group,) = prepared.groups.values()
        assert campaign.fit(Row(2, row)).segments == group.encoded.segments  # type: ignore[union-attr]  # it can be sent


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: _campaign("{{apellido}}"), "no column is called 'apellido'"),
        (lambda: _campaign(key="rut"), "no column is called 'rut'"),
        (lambda: _campaign(sender="Tienda Ñ"), "sender: must be"),
        (lambda: _campaign(defaults=Defaults()), "sender: is missing"),
        (lambda: number_column(["nombre", "phone", "celular"]), "which column has the numbers"),
        (lambda: number_column(["nombre"]), "which column has the numbers"),
    ],
    ids=["placeholder", "key", "sender", "no-sender", "two-columns", "no-column"],
)
def test_what_is_wrong_with_every_row_is_told_once(made: Any, told: str) -> None:  # noqa: ANN401 (makes one or the other)
    """Before the first row is read."""
    with pytest.raises(Fault, match=told):
        made()


def test_ids_follow_from_campaign_and_key_alone() -> None:
    """And tell no number."""
    assert request_id("mayo", "+56912345678") == request_id("mayo", "+56912345678")
    assert len({request_id(campaign, key) for campaign in ("mayo", "junio") for key in ("a", "b")}) == 4
    assert "912345678" not in request_id("mayo", "+56912345678")


def test_the_fingerprint_is_of_the_file_and_of_all_that_is_sent(tmp_path: Path) -> None:
    """So that the same command makes the same ids, and another text makes others."""
    rows = ["912345678,Ana,1"]
    prints = [
        _checked(tmp_path, campaign, *some)[0].fingerprint
        for campaign, some in [
            (_campaign(), rows),
            (_campaign(), rows),
            (_campaign("Chao {{nombre}}"), rows),
            (_campaign(sender="1"), rows),
            (_campaign(key="pedido"), rows),
            (_campaign(), [*rows, "912345679,Eva,2"]),
        ]
    ]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 5
