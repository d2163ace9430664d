"""Inference: engines, windows, decisions and the minimum mapping unit."""
