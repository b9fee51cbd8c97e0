"""`rtsms optout`."""

import time
from collections.abc import Iterator
from itertools import islice

import click

from realtime_sms.aws.item import iso
from realtime_sms.aws.opt_outs import OptOut, OptOuts
from realtime_sms.requests.recipients import mask
from rtsms.commands.numbers import e164
from rtsms.commands.options import on_stack, tells
from rtsms.fault import Exit, Fault
from rtsms.output import Output
from rtsms.stack import Stack
from rtsms.wording import counted

_SOURCE = "operator"
_PAGE = 100


@click.group("optout")
def command() -> None:
    """Keep the list of numbers that are not written to."""


_whole = click.option("--show-numbers", is_flag=True, help="Show whole numbers.")


@command.command("add")
@click.argument("number")
@_whole
@tells
@on_stack
def add(*, stack: Stack, out: Output, number: str, show_numbers: bool) -> None:
    """Put a NUMBER on the list; one that is there stays as it is."""
    entry = _list(stack).add(e164(number, stack), source=_SOURCE, now=time.time())
    out.tell(_document(entry, whole=show_numbers), f"{_line(entry, whole=show_numbers)}  on the list")


@command.command("remove")
@click.argument("number")
@_whole
@tells
@on_stack
def remove(*, stack: Stack, out: Output, number: str, show_numbers: bool) -> None:
    """Take a NUMBER off the list."""
    entry = _list(stack).remove(e164(number, stack))
    if entry is None:
        raise _absent(number, stack)
    out.tell(_document(entry, whole=show_numbers), f"{_line(entry, whole=show_numbers)}  taken off the list")


@command.command("show")
@click.argument("number")
@_whole
@tells
@on_stack
def show(*, stack: Stack, out: Output, number: str, show_numbers: bool) -> None:
    """Show since when and by what way a NUMBER is on the list."""
    entry = _list(stack).get(e164(number, stack))
    if entry is None:
        raise _absent(number, stack)
    out.tell(_document(entry, whole=show_numbers), _line(entry, whole=show_numbers))


@command.command("list")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@_whole
@tells
@on_stack
def list_(*, stack: Stack, out: Output, limit: int | None, show_numbers: bool) -> None:
    """List the numbers, in their order."""
    count = 0
    for count, entry in enumerate(islice(_all(_list(stack)), limit), 1):  # noqa: B007 (told afterwards)
        out.tell(_document(entry, whole=show_numbers), _line(entry, whole=show_numbers))
    out.show(counted(count, "number"))


def _list(stack: Stack) -> OptOuts:
    return OptOuts(stack.session.client("dynamodb"), stack.table)


def _all(numbers: OptOuts) -> Iterator[OptOut]:
    after = ""
    while some := numbers.page(after, _PAGE):
        yield from some
        after = some[-1].number


def _absent(number: str, stack: Stack) -> Fault:
    return Fault(Exit.NOT_FOUND, "opt-out list", f"{mask(e164(number, stack))} is not on it")


def _document(entry: OptOut, *, whole: bool) -> dict[str, object]:
    number = entry.number if whole else mask(entry.number)
    return {"number": number, "source": entry.source, "createdAt": iso(entry.created_at)}


def _line(entry: OptOut, *, whole: bool) -> str:
    return "  ".join(map(str, _document(entry, whole=whole).values()))
