"""Export: rasters, pictures and tables on disk."""
