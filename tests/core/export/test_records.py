from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import HistoryError
from core.export.records import artifact_of, file_sha256, run_from_json, run_to_json
from core.runs import AreaError, Artifact, ErrorKind
from tests.core.export.runs import example_run


def test_a_run_comes_back_equal() -> None:
    run = example_run()
    assert run_from_json(run_to_json(run)) == run
    bare = replace(run, map_bounds=None, threshold=None, findings=(), artifacts=(), versions={})
    assert run_from_json(run_to_json(bare)) == bare


def test_a_record_can_be_read_by_people() -> None:
    text = run_to_json(example_run())
    assert '\n  "model": "binary",\n' in text
    assert '"acquired_on": "2023-09-15"' in text
    assert "zażółć" in text


@pytest.mark.parametrize("text", ["", "[]", "{}", "no json", '{"id": 3}', b"\xff\xfe"])
def test_what_is_no_record_is_told(text: str | bytes) -> None:
    with pytest.raises(HistoryError, match="not the record of a run"):
        run_from_json(text)


def test_an_artifact_knows_its_file(tmp_path: Path) -> None:
    path = tmp_path / "classes.tif"
    path.write_bytes(b"ice" * 1000)
    expected = hashlib.sha256(b"ice" * 1000).hexdigest()
    assert file_sha256(path) == expected
    assert artifact_of("classes", path) == Artifact("classes", "classes.tif", expected, 3000)


def test_a_record_from_before_errors_were_estimated_can_be_read() -> None:
    run = example_run()
    old = json.loads(run_to_json(run))
    del old["errors"], old["options"]["symmetries"]
    assert run_from_json(json.dumps(old)) == run


def test_errors_come_back_equal() -> None:
    run = replace(example_run(), errors=(AreaError("ice", ErrorKind.SPREAD, 2.0, 0.5, 1.0, 3.0),))
    assert run_from_json(run_to_json(run)) == run
    assert run.error("ice", ErrorKind.SPREAD) == run.errors[0]
    assert run.error("ice", ErrorKind.BUFFER) is None
