"""Records on disk: a run as JSON and as a table of areas, and the fingerprints of its files."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from core.errors import HistoryError
from core.export.tables import area_rows, error_lines, write_csv
from core.runs import Artifact, Run

if TYPE_CHECKING:
    from pathlib import Path

AREAS_FILE, ERRORS_FILE, RUN_FILE = "areas.csv", "errors.csv", "run.json"
_RUN = TypeAdapter(Run)


def run_to_json(run: Run) -> str:
    """A run as JSON that people can read; `run_from_json` gives back an equal one."""
    return _RUN.dump_json(run, indent=2).decode() + "\n"


def write_record(run: Run, folder: Path) -> None:
    """Write the run's JSON into its folder, as its last file."""
    (folder / RUN_FILE).write_text(run_to_json(run), "utf-8")


def write_areas(run: Run, folder: Path, site: str | None = None) -> Run:
    """Write the run's table of areas into its folder; the run with the table among its artifacts.

    Where the areas have errors, there is a table of these, too.
    """
    tables = {"areas": (AREAS_FILE, write_csv(area_rows(run, site)))}
    if run.errors:
        tables["errors"] = ERRORS_FILE, "".join(error_lines(run))
    for name, text in tables.values():
        (folder / name).write_text(text, "utf-8", newline="")
    others = tuple(artifact for artifact in run.artifacts if artifact.kind not in tables)
    written = (artifact_of(kind, folder / name) for kind, (name, _) in tables.items())
    return replace(run, artifacts=(*others, *written))


def name_site(run: Run, folder: Path, site: str | None) -> Run:
    """Write table and JSON again with the site that the run belongs to; the run that they describe."""
    if site is None:
        return run
    named = write_areas(run, folder, site)
    write_record(named, folder)
    return named


def run_from_json(text: str | bytes) -> Run:
    """The run in a JSON text.

    Raises:
        HistoryError: the text is no record of a run.
    """
    try:
        return _RUN.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise HistoryError(
            f"This is not the record of a run: {place}: {first['msg']}. Use a run.json that Firnline wrote."
        ) from None


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def artifact_of(kind: str, path: Path) -> Artifact:
    """The artifact that a file is, as it lies on disk now."""
    return Artifact(kind, path.name, file_sha256(path), path.stat().st_size)
