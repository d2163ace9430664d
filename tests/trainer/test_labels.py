"""Labels: encodings on disk, and what each model learns from them."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import TrainingError
from core.models import BINARY, MULTICLASS
from trainer.labels import GLACIER, UNKNOWN, Encoding, decode, encoding_of, stated_encoding, training_labels


@pytest.mark.parametrize(
    ("values", "encoding"),
    [
        ({0, 255}, Encoding.OUTLINE),
        ({0}, Encoding.OUTLINE),
        ({0, 85, 170}, Encoding.SURFACE_MASK),
        ({0, 85, 255}, Encoding.SURFACE_MASK),
        ({0, 1, 2, 3, 255}, Encoding.SURFACE_INDEX),
        ({0, 2}, Encoding.SURFACE_INDEX),
    ],
)
def test_a_folder_of_labels_tells_its_encoding(values: set[int], encoding: Encoding) -> None:
    assert encoding_of({"a.tif": values, "b.tif": {0}}, "labels") is encoding


@pytest.mark.parametrize("values", [{0, 100}, {0, 1, 85}, {4}])
def test_other_values_are_no_labels(values: set[int]) -> None:
    with pytest.raises(TrainingError, match=r"labels in gt hold the values .* Needed are 0 and 255; or"):
        encoding_of({"a.tif": values}, "gt")


def test_the_file_that_does_not_fit_the_others_is_named() -> None:
    files = {"a.tif": {0, 85}, "b.tif": {0, 7, 255}, "c.tif": {0, 170}}
    with pytest.raises(TrainingError, match=r"values 0, 7, 85, 170, 255; b\.tif alone holds 7\. Needed"):
        encoding_of(files, "gt")


@pytest.mark.parametrize(
    ("folder", "encoding"),
    [
        ("labels_outline", Encoding.OUTLINE),
        ("Label4-Classes", Encoding.SURFACE_MASK),
        ("mask.indices", Encoding.SURFACE_INDEX),
        ("labels", None),
        ("outline", None),
    ],
)
def test_the_last_word_of_a_folders_name_may_state_the_encoding(
    folder: str, encoding: Encoding | None
) -> None:
    assert stated_encoding(folder) is encoding


def test_values_that_a_folders_name_denies_are_refused() -> None:
    assert encoding_of({"a.tif": {0, 255}}, "gt", Encoding.SURFACE_MASK) is Encoding.SURFACE_MASK
    with pytest.raises(TrainingError, match=r"a\.tif alone holds 85\. The folder's name states 0 and 255"):
        encoding_of({"a.tif": {0, 85}, "b.tif": {0, 255}}, "gt", Encoding.OUTLINE)


def test_255_is_a_class_in_masks_and_unknown_in_indices() -> None:
    last, known = np.array([[0, 255]], np.uint8), np.ones((1, 2), np.bool_)
    assert decode(last, known, Encoding.OUTLINE).tolist() == [[0, 1]]
    assert decode(last, known, Encoding.SURFACE_MASK).tolist() == [[0, 3]]
    assert decode(last, known, Encoding.SURFACE_INDEX).tolist() == [[0, UNKNOWN]]
    for encoding in Encoding:
        assert decode(last, ~known, encoding).tolist() == [[UNKNOWN, UNKNOWN]]


def test_an_outline_teaches_the_surface_model_glacier_of_unknown_kind() -> None:
    labels = training_labels(MULTICLASS, np.array([[0, 1]], np.uint8), None)
    assert labels is not None
    assert labels.tolist() == [[0, GLACIER]]


def test_an_outline_fills_what_surface_labels_leave_unknown() -> None:
    outline = np.array([[0, 1, 1, 0]], np.uint8)
    surface = np.array([[UNKNOWN, UNKNOWN, 2, 3]], np.uint8)
    labels = training_labels(MULTICLASS, outline, surface)
    assert labels is not None
    assert labels.tolist() == [[0, GLACIER, 2, 3]]


def test_surface_labels_alone_teach_the_outline_without_water() -> None:
    labels = training_labels(BINARY, None, np.array([[0, 1, 2, 3, UNKNOWN]], np.uint8))
    assert labels is not None
    assert labels.tolist() == [[0, 1, 1, 0, UNKNOWN]]


def test_an_outline_decides_for_the_binary_model() -> None:
    labels = training_labels(BINARY, np.array([[1]], np.uint8), np.array([[3]], np.uint8))
    assert labels is not None
    assert labels.tolist() == [[1]]


@pytest.mark.parametrize("spec", [BINARY, MULTICLASS])
def test_a_tile_without_labels_teaches_nothing(spec: object) -> None:
    assert training_labels(spec, None, None) is None  # type: ignore[arg-type]
