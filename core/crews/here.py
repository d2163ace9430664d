"""The smallest crew: this process, one item after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.crews.work import Ended, Item, Report, Result, Work
from core.errors import Cancelled, FirnlineError


def work_here(work: Work[Item, Result], items: Sequence[Item], report: Report) -> Iterator[Ended[Result]]:
    """Work on every item in turn; how each ended."""
    for number, item in enumerate(items):

        def tell(fraction: float, number: int = number) -> None:
            report(number, fraction)

        try:
            yield Ended(number, work(item, tell))
        except Cancelled:
            raise
        except FirnlineError as error:
            yield Ended(number, error=str(error))
