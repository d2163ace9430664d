"""Resumption: what a checkpoint or kept scores must share with the training that asks for them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from core.errors import TrainingError
from trainer.complaints import as_toml
from trainer.configuration import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from trainer.configuration import Configuration
    from trainer.datasets import LabelledTile

Identity = dict[str, Any]  # values of JSON: Lightning reads nothing else without being told to trust it
# The schedule judges the first, maps alone are cleaned by the second, the third comes after the last step.
NO_MATTER = ("epochs", "min_area_km2", "logit_shift")
HASHED = {  # parts of an identity that name tiles -> what of them is hashed
    "teaching": "labels",
    "measuring": "labels",
    "given": "pixels or labels",
    "testing": "pixels or labels",
}
SHOWN = 3  # differences; who sees these knows that another training is meant
REMEDY = (
    "Give the same --data, --init, --config, --split, --folds, --fold, --epochs and --seed as then, or "
    "another --out."
)


def identity_of(
    configuration: Configuration,
    parts: tuple[Sequence[LabelledTile], Sequence[LabelledTile]],
    started_from: str,
) -> Identity:
    """What decides the weights of a training, for its checkpoints.

    `parts`: teaching and measuring tiles, of which names and hashes of labels are kept. `started_from`: hash
    of the start weights, empty for none.
    """
    named = dict(zip(("teaching", "measuring"), parts, strict=True))
    return _identity(configuration, started_from, named, _hash)


def scored_identity(
    configuration: Configuration,
    parts: tuple[Sequence[LabelledTile], Sequence[LabelledTile]],
    started_from: str,
) -> Identity:
    """What decides the scores of a training, to be kept beside them.

    `parts`: the tiles given and those that only test, of which names and hashes of pixels and labels are
    kept. `started_from` as for `identity_of`.
    """
    named = dict(zip(("given", "testing"), parts, strict=True))
    return _identity(configuration, started_from, named, _whole_hash)


def _identity(
    configuration: Configuration,
    started_from: str,
    parts: Mapping[str, Sequence[LabelledTile]],
    hash_of: Callable[[LabelledTile], str],
) -> Identity:
    """Settings, start weights, and the hash of every tile of each part."""
    tiles = {
        part: {f"{one.source}/{one.name}": hash_of(one) for one in given} for part, given in parts.items()
    }
    return {"settings": settings_of(configuration), "start weights": started_from[:12], **tiles}


def check_scored(kept: Identity, ours: Identity, folder: Path) -> None:
    """Compare what made the scores in a folder with the training that would take them.

    Raises:
        TrainingError: something else made them.
    """
    found = [*_differences(kept, ours, no_matter=())]
    if found:
        raise TrainingError(
            f"The scores in {folder} are of another training: {_some(found)}. Give the same options and "
            "tiles as then, or another --out."
        )


def check_identity(kept: Identity, ours: Identity, folder: Path) -> None:
    """Compare what a checkpoint keeps with the training that asks for it. `folder` is the training's.

    More or fewer epochs are another training only where the learning rate follows them.

    Raises:
        TrainingError: another training made the checkpoint.
    """
    found = [*_differences(kept, ours, no_matter=NO_MATTER)]
    if found:
        raise TrainingError(f"The checkpoint in {folder} is of another training: {_some(found)}. {REMEDY}")
    planned, asked = (one["settings"].get("epochs") for one in (kept, ours))
    if planned != asked and ours["settings"]["schedule"] == "one-cycle":
        raise TrainingError(
            f"The training in {folder} was planned for epochs = {planned}, not {asked}: its learning rate "
            f"runs one cycle over them. Give --epochs {planned}; to train its weights further, give them to "
            "--init with another --out."
        )


def check_epochs(epoch: int, epochs: int, folder: Path) -> None:
    """See that a training does not end before its checkpoint. `epoch`: the checkpoint's, from 0.

    Raises:
        TrainingError: it would.
    """
    if epoch >= epochs:
        raise TrainingError(
            f"The training in {folder} has reached epoch {epoch + 1}; asked for are {epochs}. Give --epochs "
            f"{epoch + 1} or more, or take what is there with 'python -m trainer finish'."
        )


def check_cycle(schedule: Mapping[str, Any], steps: int, folder: Path) -> None:
    """See that a learning rate's one cycle is as long as the training. `schedule`: its state, if it is one.

    Raises:
        TrainingError: it is longer or shorter.
    """
    planned = schedule.get("total_steps", steps)
    if planned != steps:
        raise TrainingError(
            f"The training in {folder} was planned for {planned} steps, not {steps}: its learning rate runs "
            "one cycle over them. Give as many --epochs, --devices and --num-nodes as then, or another --out."
        )


def check_whole(checkpoint: Path, remedy: str) -> None:
    """See that a checkpoint can be read to its end, where there is one. `remedy` ends the message.

    Raises:
        TrainingError: it is cut off or was altered.
    """
    if not checkpoint.is_file():
        return
    try:
        with ZipFile(checkpoint) as parts:  # what torch writes
            damaged = parts.testzip() is not None
    except (BadZipFile, EOFError, NotImplementedError):
        damaged = True
    if damaged:
        raise TrainingError(f"The checkpoint {checkpoint} is cut off or was altered. {remedy}")


def _some(found: Sequence[str]) -> str:
    """The first differences, and how many more."""
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more


def _differences(kept: Identity, ours: Identity, *, no_matter: Collection[str]) -> Iterator[str]:
    """What was made otherwise then, the model first."""
    then, now = kept["settings"], ours["settings"]
    for name in now:
        if name in then and name not in no_matter:  # else an older version wrote it, which knew no such field
            yield from _entries(name, then[name], now[name])
    if kept["start weights"] != ours["start weights"]:
        yield f"start weights {kept['start weights'] or 'none'}, not {ours['start weights'] or 'none'}"
    for part in [name for name in ours if name in HASHED]:
        yield from _tiles(part, kept[part], ours[part])


def _entries(name: str, then: object, now: object) -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in {**then, **now}:
            yield from _entries(f"{name}.{key}", then.get(key), now.get(key))
    elif then != now:
        yield f"{name} = {as_toml(then)}, not {as_toml(now)}"


def _tiles(part: str, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    gone, added = then.keys() - now.keys(), now.keys() - then.keys()
    if gone:
        yield f"{min(gone)} was {part}" + (f", and {len(gone) - 1} more" if len(gone) > 1 else "")
    if added:
        yield f"{min(added)} was not {part}" + (f", nor {len(added) - 1} more" if len(added) > 1 else "")
    changed = sorted(name for name in then.keys() & now.keys() if then[name] != now[name])
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        yield f"{changed[0]}{more} had other {HASHED[part]}"


def _hash(tile: LabelledTile) -> str:
    """Hash of what is known where: labels and the pixels on which they count."""
    found = sha256(repr(tile.labels.shape).encode())
    found.update(tile.labels.tobytes())
    found.update(tile.pixels.valid.tobytes())
    return found.hexdigest()[:16]


def _whole_hash(tile: LabelledTile) -> str:
    """Hash of all that decides what a tile teaches and scores."""
    found = sha256(_hash(tile).encode())
    found.update(tile.pixels.values.tobytes())
    return found.hexdigest()[:16]
