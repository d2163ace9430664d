"""Searching: which files of a folder are GeoTIFFs that may belong to a tile."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import TileError
from core.tiles.files import Unplaced
from core.tiles.naming import parse_name

_SUFFIXES = frozenset({".tif", ".tiff"})


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a folder, in order of their names, and what was left out though it may hold some."""

    files: tuple[Path, ...]
    unplaced: tuple[Unplaced, ...] = ()


def find_files(path: Path) -> list[Path]:
    """The GeoTIFFs of a folder and the folders below it; a file is returned as it is.

    Labels, hidden files and the folders of saved runs are left out; links that lead out of the folder are
    not followed.

    Raises:
        TileError: there is no such file or folder.
    """
    return list(search(path, links=False).files)


def search(path: Path, *, links: bool) -> Found:
    """As `find_files`, with what cannot be read and the links that are not followed.

    `links`: whether links to files are followed wherever they lead, for a folder that the user named, who
    may read what they lead to. Links to folders never are: they may lead in a circle.

    Raises:
        TileError: there is no such file or folder, or nobody may look.
    """
    try:
        if path.is_file():
            return Found((path,))
        found = path.is_dir()
    except OSError as error:  # a folder on the way that may not be entered, a name that is too long
        raise TileError(
            f"{path} cannot be looked at ({error.strerror or error}). Give the path of a GeoTIFF or of a "
            "folder that holds GeoTIFFs, and allow entering every folder on its way."
        ) from error
    if not found:
        raise TileError(f"{path} was not found. Give a GeoTIFF or a folder that holds GeoTIFFs.")
    looking = _Search(path, path.resolve(), links)
    looking.walk()
    return Found(tuple(sorted(looking.files)), tuple(sorted(looking.unplaced, key=lambda left: left.name)))


@dataclass(slots=True)
class _Search:
    named: Path
    root: Path
    links: bool
    files: list[Path] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)

    def walk(self) -> None:
        """Look at every folder below the root."""
        for folder, below, names in os.walk(self.root, onerror=self._refused, followlinks=False):
            below[:] = [name for name in below if not name.startswith(".")]
            if "run.json" in names:  # the folder of a run: results, not input
                continue
            below[:] = [name for name in below if self._look_at_folder(Path(folder, name))]
            for name in names:
                self._look_at(Path(folder, name))

    def _look_at_folder(self, folder: Path) -> bool:
        """Whether to go into a folder; says so where a link leads to one that the search does not meet."""
        try:
            if not folder.is_symlink():
                return True
            target = folder.resolve()
        except OSError as error:
            self._refused(error)
            return False
        if not target.is_relative_to(self.root) or _is_hidden(target.relative_to(self.root)):
            self._leave_out(folder, "a link to a folder, which is not followed. Name that folder itself")
        return False

    def _look_at(self, file: Path) -> None:
        if file.suffix.lower() not in _SUFFIXES or file.name.startswith("."):
            return
        if parse_name(str(Path(self.root.name, file.relative_to(self.root)))).label:
            return
        reason = self._reason_against(file)
        if reason is None:
            self.files.append(self.named / file.relative_to(self.root))
        else:
            self._leave_out(file, reason)

    def _reason_against(self, file: Path) -> str | None:
        """Why a file is not taken; None where it is."""
        try:
            usual = file.is_file()
            if not usual and file.is_symlink():
                return (
                    f"a link that leads to no file ({file.readlink()}). Put the file there, or name it itself"
                )
            leads_out = not self.links and not file.resolve().is_relative_to(self.root)
        except OSError as error:
            return f"it cannot be read ({error.strerror or error}). Allow reading it and its folder"
        if not usual:
            return "it is no file"
        return "a link out of the folder. Name the file itself" if leads_out else None

    def _refused(self, error: OSError) -> None:
        folder = Path(error.filename or self.root)
        self._leave_out(
            folder,
            f"the folder cannot be read ({error.strerror or error}). Allow reading it, or leave it out",
        )

    def _leave_out(self, place: Path, reason: str) -> None:
        name = place.relative_to(self.root).as_posix() if place != self.root else self.named.name
        self.unplaced.append(Unplaced(name, place, f"Left out: {reason}."))


def _is_hidden(place: Path) -> bool:
    return any(part.startswith(".") for part in place.parts)
