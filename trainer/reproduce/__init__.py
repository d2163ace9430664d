"""Reproduction: the tiles that taught the shipped weights, made anew, and their training."""
