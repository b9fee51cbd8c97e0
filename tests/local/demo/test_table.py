"""What `make demo` shows, in terminals of several widths."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from local.demo import table_of

ROWS = [
    ("submitted-after-refused-token", "+56900001401", "submitted", "accepted", "0", "1", "Token refused, once"),
    ("failed-bad-number", "+56911110303", "submitted", "accepted", "0", "1", "The good number gets it " * 3),
    ("", "recipients[1]", "failed", "invalid_recipient", "", "", ""),
    ("unknown-bad-gateway", "+56900002502", "unknown", "ambiguous_http_status", "0", "1", "502 says nothing 🚚"),
]


def _printed(width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as captured:
        console.print(table_of(ROWS, width))
    return captured.get()


@pytest.mark.parametrize("width", [80, 99, 100, 120, 121, 160, 200])
def test_no_outcome_is_cut(width: int) -> None:
    """Who runs the demo sees by name what became of each message, in a terminal of the usual 80 columns too."""
    printed = _printed(width)
    assert all(cell in printed for row in ROWS for cell in row[:4])
    assert max(map(cell_len, printed.splitlines())) <= width


@pytest.mark.parametrize(
    ("width", "missing"),
    [(80, {"charset", "segments", "the handset shows"}), (104, {"charset", "segments"}), (130, set())],
)
def test_a_wider_terminal_shows_more(width: int, missing: set[str]) -> None:
    """The text before charset and segments: it is what the demo is about."""
    _, header, *_ = _printed(width).splitlines()
    assert {name for name in ("charset", "segments", "the handset shows") if name not in header} == missing


def test_a_text_that_does_not_fit_says_so() -> None:
    """It ends in an ellipsis."""
    assert "…" not in _printed(200)
    assert "The good number gets it The good …" in _printed(116)
