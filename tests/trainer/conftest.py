"""What the trainer's tests share: a tiny network, one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from tests.trainer.scenes import tiny_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.models import ModelSpec


@pytest.fixture
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of a few hundred weights in place of the real ones."""

    def build(spec: ModelSpec, *, encoder_weights: str | None = None) -> torch.nn.Module:
        return tiny_network(1 if spec.has_threshold else len(spec.classes))

    monkeypatch.setattr("trainer.fitting.build_network", build)
    monkeypatch.setattr("core.networks.weights.build_network", build)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Threads cost more than they give on arrays this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
