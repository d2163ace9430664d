"""Evaluation: what a model's maps are worth on labelled tiles, beside rules that anybody can apply."""
