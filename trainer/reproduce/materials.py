"""Materials: the data folders that taught the shipped weights, each made once."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from core.errors import TrainingError
from trainer.reproduce.archives import Archive, cut_archive
from trainer.simulate.command import simulate
from trainer.simulate.conditions import Season, Sensor

if TYPE_CHECKING:
    from collections.abc import Iterable

RECIPES = Path(__file__).with_name("materials.toml")
GUESSED = "*_filled*"  # labels with guesses where the truth is unknown: they teach nothing


@dataclass(frozen=True, slots=True)
class Reference:
    """Real tiles in the reference layout: the folder of bands and outlines, and folders of class labels."""

    tiles: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Archives:
    """Archives that are cut into the tiles of one folder, named by `names`, which takes a number."""

    names: str
    files: tuple[Archive, ...]


@dataclass(frozen=True, slots=True)
class Simulated:
    """A call of the simulator. `dem` and `outlines` are paths inside the sources."""

    tiles: int
    seed: int
    season: Season = "any"
    sensor: Sensor = "landsat8"
    dem: str | None = None
    outlines: str | None = None
    lakes: float = 1.0
    size: int = 512
    test: bool = False


@dataclass(frozen=True, slots=True)
class Recipes:
    """How to make each folder, by its name."""

    reference: dict[str, Reference]
    archives: dict[str, Archives]
    simulated: dict[str, Simulated]

    @property
    def tests(self) -> tuple[str, ...]:
        """The folders that neither teach nor choose."""
        return tuple(name for name, recipe in self.simulated.items() if recipe.test)


def read_recipes(path: Path = RECIPES) -> Recipes:
    """The recipes in a TOML file."""
    return TypeAdapter(Recipes).validate_python(tomllib.loads(path.read_text("utf-8")))


def make_folders(recipes: Recipes, names: Iterable[str], sources: Path, out: Path) -> list[Path]:
    """Make the named folders in `out`; one that is there stays as it is, one that was begun is begun anew.

    Raises:
        TrainingError: sources are missing, or nobody knows how to make a folder. Nothing was made then.
    """
    folders = [out / name for name in names]
    unmade = [folder for folder in folders if not folder.is_dir()]
    _require_sources(recipes, [folder.name for folder in unmade], sources)
    for folder in unmade:
        partial = out / f".{folder.name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            _make(recipes, folder.name, sources, partial)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folders


def _require_sources(recipes: Recipes, names: Iterable[str], sources: Path) -> None:
    missing = [path for name in names for path in _sources_of(recipes, name) if not (sources / path).exists()]
    if missing:
        raise TrainingError(
            f"{sources} lacks {', '.join(dict.fromkeys(missing))}. Give the folder that holds all of them as "
            "--sources; docs/training.md says what they are."
        )


def _sources_of(recipes: Recipes, name: str) -> list[str]:
    """The paths inside the sources that a folder is made from.

    Raises:
        TrainingError: there is no recipe for it.
    """
    if reference := recipes.reference.get(name):
        return [reference.tiles, *reference.labels]
    if archives := recipes.archives.get(name):
        return [archive.file for archive in archives.files]
    if recipe := recipes.simulated.get(name):
        return [path for path in (recipe.dem, recipe.outlines) if path]
    raise TrainingError(
        f"The configuration takes patches from '{name}', and there is no recipe for such a folder. "
        "Take a configuration that ships."
    )


def _make(recipes: Recipes, name: str, sources: Path, folder: Path) -> None:
    if reference := recipes.reference.get(name):
        _copy(sources / reference.tiles, folder)
        for labels in reference.labels:
            _copy(sources / labels, folder / Path(labels).name)
    elif archives := recipes.archives.get(name):
        names = (archives.names.format(number) for number in count())
        for archive in archives.files:
            cut_archive(sources, archive, folder, names)
    else:
        recipe = recipes.simulated[name]
        simulate(
            folder,
            tiles=recipe.tiles,
            seed=recipe.seed,
            size=recipe.size,
            season=recipe.season,
            sensor=recipe.sensor,
            dem=sources / recipe.dem if recipe.dem else None,
            outlines=sources / recipe.outlines if recipe.outlines else None,
            lakes=recipe.lakes,
        )


def _copy(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(GUESSED))
