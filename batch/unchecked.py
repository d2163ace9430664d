"""What a verification leaves unchecked: facts that a run says and nothing at hand can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch.input_facts import open_facts
from core.runs import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch.input_facts import Fact
    from core.networks.cards import Card
    from core.runs import Run

ALWAYS = ("the site in areas.csv", "the name of the tile", "id, times and software of the run")


def unchecked_files(run: Run, card: Card | None) -> Iterator[str]:
    """What cannot be told of a run that was not computed anew, beside facts of its input."""
    yield "whether its input and weights give these rasters and pictures"
    yield "the findings, the units of the values and the place on earth"
    if run.checks and run.checks.bands:
        yield "the fit of the bands to the training"
    if any(area.removed_px for area in run.areas):
        yield "the pixels that were removed as too small"
    if any(error.kind is ErrorKind.SPREAD for error in run.errors):
        yield "the errors by the spread of the views"
    if card is None and run.errors:
        yield "the errors by probability, because the card of the weights is not at hand"


def unchecked_facts(run: Run, facts: tuple[Fact, ...]) -> Iterator[str]:
    """What cannot be told of any run, and what names and tags of its input do not tell."""
    yield from open_facts(facts)
    if run.checks is None or (run.valid_area_km2 and not run.errors):
        yield "cross-checks and errors that the record does not have, being older"
    yield from ALWAYS
