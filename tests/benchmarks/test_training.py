"""A timed step is a step: it moves the weights, and leaves the number of threads as it was."""

from __future__ import annotations

import torch

from benchmarks.training import figures_of
from core.models import MULTICLASS
from core.networks.unet import UNet


def test_a_timed_step_trains_the_network_with_the_threads_that_were_asked_for() -> None:
    network = UNet(len(MULTICLASS.classes), (4, 6, 8))
    before, threads = [p.detach().clone() for p in network.parameters()], torch.get_num_threads()
    figures = list(figures_of(MULTICLASS, network, (2, 32), 1, threads=(1,)))
    assert figures[0].name == "multiclass: 1 thread, single precision"
    assert all(figure.value > 0 for figure in figures)
    assert any(not torch.equal(old, new) for old, new in zip(before, network.parameters(), strict=True))
    assert torch.get_num_threads() == threads
