"""The pages' files, by what they are: the one place that links between pages look them up."""

SEGMENT = "pages/segment_tile.py"
HISTORY = "pages/list_runs.py"
RUN = "pages/show_run.py"
MODELS = "pages/show_models.py"
