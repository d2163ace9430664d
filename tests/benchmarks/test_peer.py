"""The peer is given the same network and scene, and told what is missing where it is."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import typer

from benchmarks import peer
from benchmarks.landscape import write_scene
from core.models import model_spec
from tests.benchmarks.ground import made_tiles
from tests.core.inference.sources import small_unet

ROOT = Path(__file__).parents[2]
PINS, GUIDE = ROOT / "requirements-peer.txt", ROOT / "docs" / "benchmarks.md"


def test_without_the_peer_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "find_spec", lambda _name: None)
    with pytest.raises(typer.BadParameter, match="MONAI is not installed"):
        peer.measure(side=64)


def test_both_ways_map_the_whole_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []

    def in_one_piece(x: torch.Tensor, *args: Any, **_options: Any) -> torch.Tensor:
        seen.append(tuple(x.shape))
        network: Callable[[torch.Tensor], torch.Tensor] = args[2]
        return network(x)

    inferers = ModuleType("monai.inferers")
    inferers.sliding_window_inference = in_one_piece  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "monai", ModuleType("monai"))
    monkeypatch.setitem(sys.modules, "monai.inferers", inferers)
    model = small_unet(model_spec("multiclass"))
    paths = write_scene(tmp_path / "scene", 96, made_tiles(1))
    for way in peer.WAYS:
        assert peer.PeerOrder(paths, model, way, tmp_path, tmp_path)() > 0
    assert seen == [(1, 5, 96, 96)] * 2


def test_bars_are_held_against_the_peer_as_it_comes() -> None:
    taken = {"ours": (2.0, 1.0), "peer": (9.0, 3.0), "peer in bfloat16": (4.0, 3.0)}
    assert [f.verdict for f in peer.figures_of("binary", taken)] == ["met", "missed", "", ""]


def test_of_several_turns_the_median_time_and_the_highest_peak_count() -> None:
    assert peer.middle([(3.0, 1.0), (9.0, 1.2), (4.0, 1.1)]) == (4.0, 1.2)
    taken = dict.fromkeys(peer.WAYS, (8.0, 2.0))
    assert next(peer.figures_of("binary", taken, runs=3)).how.startswith("median of 3; ")


def test_the_hint_is_the_documents_command_with_the_pinned_version(monkeypatch: pytest.MonkeyPatch) -> None:
    (pinned,) = (line for line in PINS.read_text("utf-8").splitlines() if line.startswith("monai=="))
    monkeypatch.setattr(peer, "find_spec", lambda _name: None)
    command = f"uv pip install --no-deps --target PEER {pinned}"
    with pytest.raises(typer.BadParameter, match=re.escape(f"'{command}'")):
        peer.require_peer()
    assert f"    {command}\n" in GUIDE.read_text("utf-8")
