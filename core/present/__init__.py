"""Presentation: composites, charts and maps as values, nothing drawn on a page."""
