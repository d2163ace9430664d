"""What the pages keep is what is there now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
import torch

from core.models import BINARY
from core.networks.catalogue import architecture_of
from core.networks.weights import save_model
from pages.parts import cached
from tests.core.inference.sources import card_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_weights_that_were_replaced_are_found_at_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "WEIGHTS", tmp_path)
    st.cache_resource.clear()
    card, path = card_of(BINARY, architecture=architecture_of(BINARY)), tmp_path / "binary.safetensors"
    first = save_model(torch.nn.Conv2d(1, 1, 1), card, path)
    model = cached.stored_model("binary")
    assert model.weights_sha256 == first.sha256
    assert cached.stored_model("binary") is model  # its compiled network is found by it
    second = save_model(torch.nn.Conv2d(1, 1, 1), card, path)
    assert second.sha256 != first.sha256
    assert cached.stored_model("binary").weights_sha256 == second.sha256
    st.cache_resource.clear()
