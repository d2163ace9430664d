"""`python -m trainer.simulate`: the simulator alone, without the trainer's heavy imports."""

from trainer.simulate.command import app

if __name__ == "__main__":
    app()
