"""Precision: half only where it is faster."""

from __future__ import annotations

import pytest
import torch

from trainer.precision import training_precision


def test_whoever_does_not_ask_gets_single_precision() -> None:
    assert training_precision(half=False) == "32-true"


@pytest.mark.parametrize(
    ("able", "precision"),
    [
        ({"amx_bf16": True}, "bf16-mixed"),
        ({"avx512_bf16": True, "amx_bf16": False}, "bf16-mixed"),
        ({"avx512_f": True, "avx512_bf16": False}, "32-true"),
        ({}, "32-true"),
    ],
)
def test_a_processor_that_emulates_bfloat16_keeps_single_precision(
    able: dict[str, bool], precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert training_precision(half=True) == precision


@pytest.mark.parametrize(("able", "precision"), [(True, "bf16-mixed"), (False, "16-mixed")])
def test_a_graphics_card_without_bfloat16_takes_float16(
    able: bool, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: able)
    assert training_precision(half=True) == precision
