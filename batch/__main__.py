"""`python -m batch`: map tiles from the command line."""

from batch.command import app

if __name__ == "__main__":  # a worker process imports this module too
    app(prog_name="python -m batch")
