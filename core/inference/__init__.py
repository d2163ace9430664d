"""Inference: engines, windows and post-processing."""
