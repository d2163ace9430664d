"""The pipeline without a browser: `python -m batch`."""
