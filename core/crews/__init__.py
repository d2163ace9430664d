"""Crews: who does the work when there is more of it than one process should take."""
