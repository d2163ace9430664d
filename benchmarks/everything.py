"""All benchmarks, each in a process of its own: one JSON with every figure and one table in Markdown."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmarks.figures import Figure, machine, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDER = (
    "tile", "arithmetic", "layers", "scene", "memory", "tiling", "peer", "app", "history", "training",
    "compare", "ledger", "series",
)  # fmt: skip
QUICK = {  # what makes each take seconds; such figures say that it runs, not how fast
    "tile": "--tiles 1 --repeats 1 --size 128",
    "arithmetic": "--side 128 --scene 512 --repeats 1",
    "layers": "--side 128 --repeats 1",
    "scene": "--side 512 --repeats 1",
    "memory": "--sides 512 --sides 1024",
    "tiling": "--side 1888 --tiles 1",  # more than one window of either model
    "peer": "--side 512",
    "app": "--repeats 1",
    "history": "--runs 100 --repeats 1",
    "training": "--batch 1 --patch 64 --repeats 1",
    "compare": "--side 512",
    "ledger": "--side 512 --outlines 9",
    "series": "--runs 20",
}
FAILED = 1  # the exit status when something did not run
Folder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for benchmarks.json and .md.")]
Quick = Annotated[bool, typer.Option("--quick", help="Small sizes: minutes, to see that everything runs.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="One benchmark alone; repeat it.")]


def measure(out: Folder, quick: Quick = False, only: Only = None) -> None:
    """Run every benchmark of time and memory, and write one JSON and one Markdown table.

    `coverage` and `clouds` test the science and take long: they are run by themselves.

    What cannot run here (no Chromium, no MONAI) is listed with its last words, and the exit status is 1.
    """
    unknown = [name for name in only or () if name not in ORDER]
    if unknown:
        raise typer.BadParameter(f"There is no benchmark {', '.join(unknown)}. Known are {', '.join(ORDER)}.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(
            f"The folder {out} cannot be made: {error.strerror}. Name another --out."
        ) from None
    records: dict[str, dict[str, Any]] = {}
    for name in only or ORDER:
        arguments = QUICK[name].split() if quick else []
        command = " ".join(("python -m benchmarks", name, *arguments))
        typer.echo(command)
        records[name] = {"command": command, **run_one(name, arguments, out / f"{name}.json")}
        told = {**machine(), "benchmarks": records}  # written after each: an hour's work can be interrupted
        (out / "benchmarks.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        (out / "benchmarks.md").write_text("\n".join(markdown(records)) + "\n", encoding="utf-8")
    if any("failed" in record for record in records.values()):
        raise typer.Exit(FAILED)


def run_one(name: str, arguments: list[str], path: Path) -> dict[str, Any]:
    """The record that a benchmark writes, or `failed` with the last line that it said."""
    path.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks", name, *arguments, "--out", str(path)]
    ended = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own
    if ended.returncode == 0:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return record
    said = [line.strip(" │╭╮╰╯─") for line in ended.stderr.splitlines()]
    return {"failed": next((line for line in reversed(said) if line), f"exit status {ended.returncode}")}


def markdown(records: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The lines of a table of all figures, each benchmark under its command."""
    yield "| figure | value | bar | | how |"
    yield "|---|---|---|---|---|"
    for record in records.values():
        yield f"| **`{record['command']}`** | | | | {record.get('failed', record.get('title'))} |"
        for told in record.get("figures", ()):
            figure = Figure(**{field: value for field, value in told.items() if field != "verdict"})
            bar = "" if figure.bar is None else f"{figure.sense} {shown(figure.bar, figure.unit)}"
            cells = (figure.name, shown(figure.value, figure.unit), bar, figure.verdict, figure.how)
            yield f"| {' | '.join(cells)} |"
