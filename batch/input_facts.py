"""Input facts: what names and tags of a run's input tell of date and sensor, against its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.export.archive import Difference
from core.export.records import RUN_FILE
from core.tiles.checks import STATED_DATE, STATED_SENSOR
from core.tiles.grouping import assign_bands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.runs import Run
    from core.tiles.tile import Tile


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a record. `told`: what names and tags tell, None for nothing or where nobody looked."""

    what: str
    recorded: str | None
    told: str | None
    stated: bool

    @property
    def contradicted(self) -> bool:
        """Whether names or tags tell otherwise, and the record does not say that the user stated it."""
        return self.told not in {None, self.recorded} and not self.stated


def input_facts(run: Run, tile: Tile | None) -> tuple[Fact, Fact]:
    """The date and the sensor of a run. `tile`: its input, None where that is not at hand.

    Files that were renamed since speak by their tags alone. The tile's own name is the record's word, and
    tells nothing.
    """
    codes = {finding.code for finding in run.findings}
    day = sensor = None
    if tile is not None:
        kept = own_names(run, tile)
        names = {file.path: file.label if kept else "" for file in tile.bands.values()}
        files = assign_bands("", {band: (f.path, f.index) for band, f in tile.bands.items()}, names=names)
        day, sensor = files.acquired_on.isoformat() if files.acquired_on else None, files.sensor
    recorded = run.tile.acquired_on.isoformat() if run.tile.acquired_on else None
    return (
        Fact("acquisition date", recorded, day, STATED_DATE in codes),
        Fact("sensor", run.tile.sensor, sensor, STATED_SENSOR in codes),
    )


def own_names(run: Run, tile: Tile) -> bool:
    """Whether the files have the names that the record says, wherever they lie."""
    then = {band: _last(label.rpartition(":")[0]) for band, label in run.tile.bands.items()}
    return then == {band: _last(file.label) for band, file in tile.bands.items()}


def contradictions(facts: tuple[Fact, ...]) -> Iterator[Difference]:
    """The facts that names or tags contradict."""
    for fact in facts:
        if fact.contradicted:
            recorded = fact.recorded or "nothing"
            what = f"has {recorded} as {fact.what}, and names or tags of the input tell {fact.told}"
            yield Difference(RUN_FILE, what)


def open_facts(facts: tuple[Fact, ...]) -> Iterator[str]:
    """The facts that nothing at hand confirms."""
    for fact in facts:
        if fact.told is None:
            yield f"the {fact.what} ({fact.recorded or 'none'})"
        elif fact.told != fact.recorded:
            yield f"the {fact.what} ({fact.recorded} as stated; names or tags give {fact.told})"


def _last(label: str) -> str:
    return label.replace("\\", "/").rpartition("/")[2]
