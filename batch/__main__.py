"""`python -m batch`: map tiles from the command line."""

from batch.command import app

app(prog_name="python -m batch")
