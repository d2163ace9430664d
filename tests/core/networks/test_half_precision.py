"""Weights in half precision: the same labels as in single precision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from core.models import MODELS
from core.networks.catalogue import architecture_of, build_network
from core.networks.weights import load_model, normalise, save_model
from core.tiles.grouping import group_files
from core.tiles.reading import open_tile
from core.types import Window
from tests.core.networks.test_weights import CARD

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.networks.weights import LoadedModel

SAMPLE = Path(__file__).parents[3] / "samples" / "simulated_tile.tif"


@pytest.mark.parametrize("key", MODELS)
def test_of_all_measuring_tiles_rounding_kept_9999_of_10000_labels(key: str) -> None:
    """Measured at the end of the training, when the weights before the rounding were still there."""
    alike = load_model(key).card.half_precision_alike
    assert alike is not None
    assert alike >= 0.9999


@pytest.mark.parametrize("key", MODELS)
def test_on_a_single_tile_rounding_moves_few_labels(key: str, tmp_path: Path) -> None:
    """Shipped weights are rounded already, so the test moves them off the grid of half precision first.

    One tile may hold more ground at the threshold than all tiles on average: five in 10,000 are allowed.
    """
    shipped = load_model(key)
    generator = torch.Generator().manual_seed(0)
    exact = build_network(shipped.spec).eval()
    state = {
        name: tensor + tensor * 2**-11 * (torch.rand(tensor.shape, generator=generator) * 2 - 1)
        if tensor.is_floating_point() and tensor.ndim > 1
        else tensor
        for name, tensor in shipped.network.state_dict().items()
    }  # kernels that half precision cannot hold, within the rounding of those it does
    exact.load_state_dict(state)
    card = replace(
        CARD, model=key, architecture=architecture_of(shipped.spec), threshold=shipped.card.threshold
    )
    save_model(exact, card, tmp_path / f"{key}.safetensors")
    rounded = load_model(tmp_path / f"{key}.safetensors").network
    assert not torch.equal(exact.state_dict()["head.weight"], rounded.state_dict()["head.weight"])
    x = torch.from_numpy(sample_input(shipped))
    with torch.inference_mode():
        before, after = (labels_of(network(x)) for network in (exact, rounded))
    assert len(torch.unique(before)) > 1
    assert float((before == after).float().mean()) >= 0.9995


def sample_input(model: LoadedModel) -> NDArray[np.float32]:
    """The middle of the sample tile, as the network sees it (1, 5, 384, 384)."""
    (files,) = group_files([SAMPLE]).tiles
    with open_tile(files) as tile:
        return normalise(tile.read(Window(64, 64, 384, 384)), model.card)[None]


def labels_of(logits: torch.Tensor) -> torch.Tensor:
    return (logits > 0).squeeze(1) if logits.shape[1] == 1 else logits.argmax(dim=1)
