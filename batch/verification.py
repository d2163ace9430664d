"""Verification: a run's files against its record, and its result against one that is computed anew."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from batch.input_facts import contradictions, input_facts, own_names
from batch.recomputing import compare_runs
from batch.remeasuring import remeasure
from batch.unchecked import unchecked_facts, unchecked_files
from core.errors import TileError, WeightsError
from core.export.archive import INPUT_FOLDER, Difference, compare_files, read_record, unpack
from core.export.records import RUN_FILE
from core.export.table_checks import compare_tables
from core.inference.engines import recorded_engine
from core.networks.cards import read_card
from core.networks.stored import WEIGHTS_DIR, model_at
from core.pipeline import analyse
from core.tiles.grouping import assign_bands, group_files
from core.tiles.searching import search
from core.types import BANDS, ignore_progress
from db.archive import open_as, open_kept
from db.location import engine_cache

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch.recomputing import Recomputed
    from core.networks.cards import Card
    from core.networks.stored import StoredModel
    from core.runs import Run, TileFacts
    from core.tiles.files import TileFiles
    from core.tiles.tile import Tile
    from core.types import OnProgress


@dataclass(frozen=True, slots=True)
class Verification:
    """What the verification of a run found.

    `recomputed` is None where the input is not at hand or the files already differ. `unchecked`: what the
    run says and nothing that was looked at can tell.
    """

    run: Run
    differences: tuple[Difference, ...]
    recomputed: Recomputed | None = None
    unchecked: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether everything that was looked at is as it should be."""
        return not self.differences and (self.recomputed is None or self.recomputed.holds)


def verify(
    place: Path,
    inputs: Sequence[Path] = (),
    weights: Path | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Verification:
    """Verify a run in a ZIP or a folder. `inputs`: the files of its tile, where the ZIP does not hold them.

    Raises:
        ExportError: this is no run, it cannot be unpacked, or a raster is of another size than its tile.
        ModelError: the record names a model that this version does not have.
        HistoryError: its record cannot be read, or the input in it was altered.
        TileError: the given files are not the run's input.
        WeightsError: the run's weights are not at hand.
    """
    with tempfile.TemporaryDirectory(prefix="firnline-") as temporary:
        folder = place
        if not place.is_dir():
            folder = Path(temporary) / "run"
            folder.mkdir()
            unpack(place, folder)
        run = read_record(folder)
        card = _card(run, weights)
        differences = tuple(compare_files(run, folder))
        if not differences:
            differences = (*compare_tables(run, folder), *remeasure(run, folder, card))
        if differences or not (inputs or (folder / INPUT_FOLDER).is_dir()):
            unchecked = (*unchecked_files(run, card), *unchecked_facts(run, input_facts(run, None)))
            return Verification(run, differences, unchecked=unchecked)
        model = find_weights(run, weights)
        with _open_input(folder, run.tile, inputs) as tile:
            facts = input_facts(run, tile)
            renamed = not inputs and not own_names(run, tile)
            options = replace(run.options, threshold=run.threshold)
            engine = recorded_engine(run.versions.get("engine", ""), model, engine_cache())
            again = analyse(tile, model, options, Path(temporary) / "again", on_progress, engine)
        differences = tuple(contradictions(facts))
        if renamed:
            differences += (Difference(RUN_FILE, "names other files than the list of the input"),)
        found = compare_runs(run, folder, again, Path(temporary) / "again")
        return Verification(run, differences, found, tuple(unchecked_facts(run, facts)))


def find_weights(run: Run, given: Path | None = None) -> StoredModel:
    """The weights that made a run: the given file, or one of Firnline's own.

    Raises:
        WeightsError: none has the run's hash, or the file was altered.
    """
    candidates = [given] if given else sorted(WEIGHTS_DIR.rglob("*.safetensors"))
    for path in candidates:
        with suppress(WeightsError):  # a card that is broken is not the one that is sought
            if read_card(path.with_suffix(".json")).sha256 == run.weights_sha256:
                return model_at(path)
    where = given.name if given else f"the folder {WEIGHTS_DIR.name}"
    raise WeightsError(
        f"The weights of this run are not at hand: model '{run.model}', SHA-256 {run.weights_sha256[:12]}…; "
        f"{where} has others. Name the file of that training with --weights; its card must lie beside it."
    )


def _card(run: Run, given: Path | None) -> Card | None:
    """The card of the weights that made a run, where it is at hand."""
    with suppress(WeightsError):
        return find_weights(run, given).card
    return None


def _open_input(folder: Path, facts: TileFacts, inputs: Sequence[Path]) -> Tile:
    if not inputs:
        return open_kept(folder / INPUT_FOLDER, facts)
    found = None
    for files in _candidates(facts, [file for path in inputs for file in search(path, links=True).files]):
        with suppress(TileError):
            found = open_as(files, facts)
            if found.sha256 == facts.sha256:
                return found
            found.close()
    raise TileError(
        f"The given files are not the input of this run: {facts.name}, SHA-256 {facts.sha256[:12]}…"
        + (f"; theirs is {found.sha256[:12]}…" if found else "")
        + f". Give the files that the run was made from: {', '.join(sorted(set(facts.bands.values())))}."
    )


def _candidates(facts: TileFacts, paths: list[Path]) -> Iterator[TileFiles]:
    """The files as the run names them, band by band, then every tile that they make."""
    by_name = {path.name: path for path in paths}
    named = {}
    for band in BANDS:
        label, _, index = facts.bands.get(band, "").rpartition(":")
        path = by_name.get(label.replace("\\", "/").rpartition("/")[2])
        if path is not None:
            named[band] = (path, int(index))
    if len(named) == len(facts.bands):
        yield assign_bands(facts.name, named)
    yield from group_files(paths).tiles
