"""Glacier outlines: reading, checking and the values they become."""
