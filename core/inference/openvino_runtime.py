"""OpenVINO's door: the one place that imports it, and the place that keeps it quiet."""

from __future__ import annotations

import sys
from typing import Any


def find_openvino() -> Any | None:  # noqa: ANN401 - the module itself; it has no type of its own
    """The `openvino` module, or None where it is not installed.

    Importing OpenVINO, and every conversion, reports to its makers over the network unless the user opted
    out. The reporter is a package of its own, `openvino_telemetry`, and OpenVINO does without where it
    cannot be imported: a None among the loaded modules sees to that before OpenVINO looks for it.
    """
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError:
        return None
    return openvino
