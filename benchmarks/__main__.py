"""`python -m benchmarks`: every benchmark is a function in a module of its own and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from benchmarks import (
    arithmetic,
    clicks,
    clouds,
    compare,
    coverage,
    everything,
    history,
    layers,
    ledger,
    memory,
    peer,
    retreat,
    scene,
    series,
    tile,
    tiling,
    training,
)

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def benchmarks() -> None:
    """Figures as ratios measured in one run, on simulated input."""


COMMANDS: dict[str, Callable[..., None]] = {
    "tile": tile.measure,
    "arithmetic": arithmetic.measure,
    "layers": layers.measure,
    "scene": scene.measure,
    "memory": memory.measure,
    "tiling": tiling.measure,
    "app": clicks.measure,
    "history": history.measure,
    "training": training.measure,
    "peer": peer.measure,
    "compare": compare.measure,
    "ledger": ledger.measure,
    "series": series.measure,
    "coverage": coverage.measure,
    "clouds": clouds.measure,
    "retreat": retreat.measure,
    "all": everything.measure,
}
for name, command in COMMANDS.items():
    app.command(name)(command)

if __name__ == "__main__":
    app()
