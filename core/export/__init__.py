"""Export: rasters, pictures, tables and records on disk."""
