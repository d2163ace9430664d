"""`python -m benchmarks`: every benchmark is a function in a module of its own and a line here."""

from __future__ import annotations

import typer

from benchmarks import arithmetic, compare, coverage, ledger, memory, scene, series, tile

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def benchmarks() -> None:
    """Figures as ratios measured in one run, on simulated input."""


app.command("coverage")(coverage.measure)
app.command("tile")(tile.measure)
app.command("arithmetic")(arithmetic.measure)
app.command("scene")(scene.measure)
app.command("memory")(memory.measure)
app.command("compare")(compare.measure)
app.command("ledger")(ledger.measure)
app.command("series")(series.measure)

if __name__ == "__main__":
    app()
