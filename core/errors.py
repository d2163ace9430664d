"""Every error that Firnline raises on purpose, as one tree.

    FirnlineError
    ├── TileError       a file or a group of files cannot serve as a tile
    ├── OutlineError    a file or a drawing cannot serve as glacier outlines
    │   └── OutlineCrsError    it does not say where on earth it lies
    ├── ModelError      a model key or an option that no model knows
    ├── WeightsError    a weights file or its card is missing, wrong or altered
    ├── ComparisonError two runs cannot be compared
    ├── ExportError     a result cannot be written
    ├── HistoryError    the database or a stored run cannot be read or written
    ├── ClusterError    the machines that share the work cannot be reached or used
    ├── TrainingError   training data or a training configuration cannot be used
    └── Cancelled       the user stopped a job

A message says what was found, what is needed and what to do, in one or two plain sentences. Pages and
batch catch `FirnlineError` alone: anything else is a defect and stays loud.
"""


class FirnlineError(Exception):
    """Base of all expected errors; its text is meant for the user."""


class TileError(FirnlineError):
    """A file or a group of files cannot serve as a tile."""


class OutlineError(FirnlineError):
    """A file or a drawing cannot serve as glacier outlines."""


class OutlineCrsError(OutlineError):
    """The outlines lie nowhere on earth until somebody states their coordinate reference system."""


class ModelError(FirnlineError):
    """A model key or an option that no model knows."""


class WeightsError(FirnlineError):
    """A weights file or its card is missing, wrong or altered."""


class ComparisonError(FirnlineError):
    """Two runs cannot be compared."""


class ExportError(FirnlineError):
    """A result cannot be written."""


class HistoryError(FirnlineError):
    """The database or a stored run cannot be read or written."""


class TrainingError(FirnlineError):
    """Training data or a training configuration cannot be used."""


class ClusterError(FirnlineError):
    """The machines that share the work cannot be reached or used."""


class Cancelled(FirnlineError):  # noqa: N818 - a decision of the user, not an error
    """The user stopped a job."""
