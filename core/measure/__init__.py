"""Measures: areas on the ellipsoid and scores."""
