"""`rtsms status`."""

import click

from rtsms import outcome
from rtsms.commands.options import on_stack, tells
from rtsms.output import Output, table
from rtsms.stack import Stack
from rtsms.status import Page, status


@click.command("status")
@click.argument("request_id")
@click.option("--page", type=click.IntRange(1), default=1, help="Which page.", show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, help="Recipients a page.", show_default=True)
@click.option("--show-numbers", is_flag=True, help="Show whole numbers.")
@tells
@on_stack
def command(  # noqa: PLR0913 (one an option)
    *, stack: Stack, out: Output, request_id: str, page: int, limit: int, show_numbers: bool
) -> None:
    """Show what became of a request, by recipient."""
    seen = status(stack.register(), request_id, page=page, limit=limit, numbers=show_numbers)
    listed = table(*outcome.HEADINGS)
    for one in seen.recipients:
        listed.add_row(*outcome.words(one))
    out.tell(seen.document, _summary(seen), listed, *_more(seen))


def _summary(seen: Page) -> str:
    rejection = seen.summary.rejection
    counts = ", ".join(f"{count} {state}" for state, count in sorted(seen.states.items())) or "no recipient is known"
    note = f"\na message of this id was rejected: {rejection.reason}: {rejection.detail}" if rejection else ""
    return f"{seen.request_id}: {counts}{note}\n"


def _more(seen: Page) -> list[str]:
    if seen.page > seen.pages:
        return [f"\nthere is no page {seen.page}: the last is {seen.pages}"]
    if seen.page == seen.pages:
        return []
    return [f"\npage {seen.page} of {seen.pages}; the next: rtsms status {seen.request_id} --page {seen.page + 1}"]
