from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import TileError
from core.tiles import opening
from core.tiles.opening import open_raster, read_header
from tests.rasters import level2_numbers, write_tile


def _declare(path: Path, width: int, height: int, *, count: int = 1) -> Path:
    """A TIFF of a few hundred bytes that declares a size and holds no pixels."""
    short, long = 3, 4
    bits = 8 + 2 + 9 * 12 + 4
    entries = [
        (256, long, 1, width),
        (257, long, 1, height),
        (258, short, 1, 16),
        (259, short, 1, 8),  # deflate: an uncompressed strip can be read in parts
        (262, short, 1, 1),
        (273, long, 1, bits),
        (277, short, 1, count),
        (278, long, 1, height),
        (279, long, 1, 8),
    ]
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    path.write_bytes(
        b"II*\x00" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", 0) + b"\x00" * 16
    )
    return path


def test_a_header_tells_what_the_file_declares(tmp_path: Path) -> None:
    path = write_tile(
        tmp_path / "a.tif",
        level2_numbers(4, 6),
        descriptions=["blue"],
        tags={"sensor": "Landsat 8"},
        nodata=0,
    )
    header = read_header(path)
    assert (header.height, header.width, header.count, header.dtype) == (4, 6, 5, "uint16")
    assert header.descriptions == ("blue", "", "", "", "")
    assert header.tags["SENSOR"] == "Landsat 8"
    assert header.nodatas == (0.0,) * 5
    assert header.scale_of(1) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"<html>", "is not a TIFF"),
        (b"\x89PNG\r\n", "is not a TIFF"),
        (b"II", "is not a TIFF"),
        (b"II*\x00\x08\x00", "cannot be opened as a GeoTIFF"),
        (b"II*\x00" + b"\xff" * 64, "cannot be opened as a GeoTIFF"),
    ],
)
def test_a_file_that_is_no_tiff_is_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "upload-1"
    path.write_bytes(content)
    with pytest.raises(TileError, match=f"my scene.tif {said}"):
        read_header(path, "my scene.tif")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.tif"):
        with pytest.raises(TileError, match="was not found"):
            read_header(path)


VRT = """<VRTDataset rasterXSize="4" rasterYSize="4"><VRTRasterBand dataType="UInt16" band="1">
<SimpleSource><SourceFilename>{0}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"""


def test_a_vrt_in_disguise_does_not_read_another_file(tmp_path: Path) -> None:
    secret = write_tile(tmp_path / "secret.tif", np.ones((4, 4), np.uint16))
    path = tmp_path / "x.tif"
    path.write_text(VRT.format(secret))
    with pytest.raises(TileError, match="is not a TIFF"):
        read_header(path)


def test_a_vrt_is_refused_even_past_the_signature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_SIGNATURES", (b"<VRT",))
    secret = write_tile(tmp_path / "secret.tif", np.ones((4, 4), np.uint16))
    path = tmp_path / "x.tif"
    path.write_text(VRT.format(secret))
    with pytest.raises(TileError, match="cannot be opened as a GeoTIFF"):
        read_header(path)


def test_only_geotiffs_are_opened_even_past_the_signature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_SIGNATURES", (b"\x89PNG",))
    path = tmp_path / "x.tif"
    Image.new("L", (4, 4)).save(path, "PNG")
    with pytest.raises(TileError, match="cannot be opened as a GeoTIFF"):
        read_header(path)


def test_drivers_that_follow_references_are_switched_off_for_the_whole_process(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "a.tif", np.ones((4, 4), np.uint16))
    script = (
        "import sys; from pathlib import Path; from core.tiles.opening import read_header; import rasterio\n"
        "read_header(Path(sys.argv[1]))\n"
        "with rasterio.Env() as env: sys.exit(int(bool({'VRT', 'WMS', 'WCS', 'HTTP'} & set(env.drivers()))))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "GDAL_SKIP"}
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False, env=environment, timeout=60)
    assert done.returncode == 0


def test_sidecar_files_are_ignored(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "a.tif", np.ones((4, 4), np.uint16))
    path.with_name("a.tif.aux.xml").write_text(
        "<PAMDataset><Metadata><MDI key='SENSOR'>Landsat 5</MDI></Metadata></PAMDataset>"
    )
    assert "SENSOR" not in read_header(path).tags


def test_a_header_that_declares_terabytes_is_refused_unread(tmp_path: Path) -> None:
    path = _declare(tmp_path / "bomb.tif", 1_000_000, 1_000_000)
    assert path.stat().st_size < 600
    with pytest.raises(TileError, match=r"1,000,000 x 1,000,000 pixels; the limit is 40,000"):
        read_header(path)


def test_many_bands_count_towards_the_byte_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_BYTES", 159)
    path = write_tile(tmp_path / "a.tif", np.ones((5, 4, 4), np.uint16))
    with pytest.raises(TileError, match="GiB of pixels"):
        read_header(path)


def test_one_huge_block_is_refused(tmp_path: Path) -> None:
    path = _declare(tmp_path / "strip.tif", 30_000, 30_000)
    with pytest.raises(TileError, match=r"blocks of 30,000 x 30,000 pixels \(1,717 MiB\)"):
        read_header(path)


@pytest.mark.parametrize("dtype", ["complex64", "complex128", "int8", "int64", "uint64"])
def test_types_that_are_no_measurement_are_refused(tmp_path: Path, dtype: str) -> None:
    path = write_tile(tmp_path / "a.tif", np.ones((4, 4)), dtype=dtype)
    with pytest.raises(TileError, match=f"a.tif holds {dtype} values"):
        read_header(path)


@pytest.mark.parametrize("dtype", sorted(opening.TYPES))
def test_usual_types_are_taken(tmp_path: Path, dtype: str) -> None:
    assert read_header(write_tile(tmp_path / "a.tif", np.ones((4, 4)), dtype=dtype)).dtype == dtype


def test_one_bit_values_are_refused(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "a.tif", np.ones((4, 4), np.uint8), nbits=1)
    with pytest.raises(TileError, match="1-bit values"):
        read_header(path)


def test_twelve_bit_values_are_taken(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "a.tif", np.full((4, 4), 4000, np.uint16), nbits=12)
    assert read_header(path).dtype == "uint16"


def test_a_palette_image_is_refused(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "a.tif", np.ones((4, 4), np.uint8), photometric="palette")
    with pytest.raises(TileError, match="palette"):
        read_header(path)


def test_an_opened_file_can_be_deleted_after_closing(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "a.tif", np.ones((4, 4), np.uint16))
    with open_raster(path, "a.tif") as dataset:
        assert dataset.read(1).sum() == 16
    assert dataset.closed
