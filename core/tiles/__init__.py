"""Tiles: naming, grouping, radiometry, reading and checking of raster files."""
