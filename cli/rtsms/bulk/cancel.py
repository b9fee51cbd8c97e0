"""Cancel a campaign: the same file and options give the request ids and content hashes of its publishing."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import batched

from rich import progress as bars

from realtime_sms.aws.cancel import Answer, Answered
from realtime_sms.aws.table import BATCH, StoreUnavailableError
from realtime_sms.outcomes.submission import Submission
from rtsms.bulk.campaign import Campaign
from rtsms.bulk.reading import COUNTS, show_progress
from rtsms.canceller import Canceller
from rtsms.errors import CommandError, Exit, aws_error
from rtsms.output import Output, plural
from rtsms.stack import Stack

_AGAIN = "run the same command again: it is safe to repeat"

type OnAnswers = Callable[[Iterable[Answered]], None]


def cancel_campaign(campaign: Campaign, stack: Stack, out: Output, *, ask: bool, parallel_calls: int) -> int:
    """Cancel every good row, and print how many were cancelled, and what became of the others."""
    campaign.check_journal()
    rows = campaign.validated.good
    bad = f"; {plural(campaign.validated.bad, 'bad row')} left out" if campaign.validated.bad else ""
    out.text(f"{campaign.file.path.name}: {plural(rows, 'request')} of campaign {campaign.campaign_id}{bad}")
    if rows and ask and not out.confirm(f"Cancel {plural(rows, 'request')} where not sent yet?", option="--yes"):
        out.text("Nothing was cancelled.")
        return Exit.DONE
    canceller = Canceller.of_stack(stack, parallel_calls)
    cancelled, states = 0, Counter[str]()
    with show_progress(out, bars.TextColumn("cancelling"), *COUNTS) as progress:
        task = progress.add_task("cancelling", total=rows)

        def count(answers: Iterable[Answered]) -> None:
            nonlocal cancelled
            for one in answers:
                if one.answer is Answer.CANCELLED:
                    cancelled += 1
                else:
                    states[one.held.status if one.held else "not known"] += 1
                progress.advance(task)

        _cancel_rows(campaign, canceller, count, parallel_calls)
    late = states.total()
    why = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    out.result(
        {
            "type": "cancelled",
            "campaign": campaign.campaign_id,
            "cancelled": cancelled,
            "tooLate": late,
            "states": dict(states),
        },
        f"{cancelled:,} cancelled, {late:,} too late" + (f": {why}" if late else ""),
    )
    canceller.check()
    return Exit.FAILED if late else Exit.DONE


def _cancel_rows(campaign: Campaign, canceller: Canceller, on_answers: OnAnswers, parallel_calls: int) -> None:
    """Cancel all rows; raise a `CommandError` if the table does not answer or the file changed."""
    wanted = campaign.cancellations(owner=secrets.token_hex(8), now=time.time())
    try:
        cancel_in_parallel(canceller, wanted, on_answers, parallel_calls)
    except StoreUnavailableError as error:
        failure = aws_error(error)
        raise CommandError(Exit.AWS, "the table", failure.what, to_do=f"{failure.to_do}; then {_AGAIN}") from error
    except KeyboardInterrupt:
        raise CommandError(Exit.INTERRUPTED, "rtsms cancel", "interrupted", to_do=_AGAIN) from None


def cancel_in_parallel(
    canceller: Canceller, wanted: Iterable[Submission], on_answers: OnAnswers, parallel_calls: int
) -> None:
    """Cancel in batches from several threads; `wanted` is read only as far as calls are in flight.

    Raises:
        StoreUnavailableError: the table did not answer for all of a batch; no further batch was begun.

    """

    def cancel(batch: Sequence[Submission]) -> list[Answered]:
        return list(canceller.cancel(batch).values())

    in_flight: set[Future[list[Answered]]] = set()
    with ThreadPoolExecutor(parallel_calls) as pool:
        for batch in batched(wanted, BATCH, strict=False):
            in_flight.add(pool.submit(cancel, batch))
            if len(in_flight) == parallel_calls:
                finished, in_flight = wait(in_flight, return_when=FIRST_COMPLETED)
                for one in finished:
                    on_answers(one.result())
        for one in in_flight:
            on_answers(one.result())
