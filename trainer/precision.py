"""Precision: half where the hardware gains by it, single elsewhere."""

from __future__ import annotations

from typing import Literal

import torch

Precision = Literal["32-true", "16-mixed", "bf16-mixed"]


def training_precision(*, half: bool) -> Precision:
    """The precision to train with on this machine.

    `half` asks for mixed precision. CUDA gives it, as bfloat16 where the card has it. A processor gives it
    only where it computes in bfloat16 (AMX, AVX-512 BF16): others emulate it and take twice as long.
    """
    if not half:
        return "32-true"
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"
    able = torch.cpu.get_capabilities()
    return "bf16-mixed" if able.get("amx_bf16") or able.get("avx512_bf16") else "32-true"
