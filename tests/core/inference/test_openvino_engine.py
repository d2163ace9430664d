from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
from numpy.typing import NDArray

from core.inference import engines, openvino_engine
from core.inference.engines import (
    default_engine,
    engine_name,
    recorded_engine,
    rest,
    same_precision,
    spare_networks,
)
from core.inference.openvino_engine import KEPT_FILES, OpenVINONetwork, openvino_network
from core.inference.openvino_runtime import find_openvino
from core.inference.torch_engine import torch_engine
from core.models import BINARY, MULTICLASS, ModelSpec
from core.networks.weights import LoadedModel
from core.types import Grid
from tests.core.inference.sources import small_unet

ROOT = Path(__file__).parents[3]
both = pytest.mark.parametrize("spec", [BINARY, MULTICLASS], ids=lambda s: s.key)


def noise(height: int = 32, width: int = 48, n: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((n, 5, height, width)).astype(np.float32)


def expect_torch_alone() -> Any:
    raise AssertionError("the network was built, though its compiled form is in the cache")


@both
def test_openvino_gives_what_torch_gives(spec: ModelSpec) -> None:
    model = small_unet(spec)
    warm = replace(model, card=replace(model.card, temperature=1.7))
    expected = torch_engine(warm, "cpu")(noise(n=2))
    given = openvino_network(find_openvino(), warm, precision="f32").engine()(noise(n=2))
    assert given.dtype == np.float32
    np.testing.assert_allclose(given, expected, atol=3e-6)


def test_one_engine_takes_inputs_of_every_size_and_its_results_stay() -> None:
    model = small_unet(BINARY)
    engine = openvino_network(find_openvino(), model, precision="f32").engine()
    reference = torch_engine(model, "cpu")
    inputs = [noise(32, 48), noise(64, 16), noise(32, 48)[..., ::-1]]
    for x, y in [(x, engine(x)) for x in inputs]:
        np.testing.assert_allclose(y, reference(np.ascontiguousarray(x)), atol=3e-6)


@both
def test_the_same_input_gives_the_same_bits_from_the_cache_as_compiled(
    spec: ModelSpec, tmp_path: Path
) -> None:
    model = small_unet(spec)
    compiled = default_engine(model, tmp_path / "engines")(noise())
    cached = default_engine(replace(model), tmp_path / "engines")(noise())
    np.testing.assert_array_equal(cached, compiled)


def test_what_is_in_the_cache_needs_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default_engine(small_unet(BINARY), tmp_path)
    monkeypatch.setattr(LoadedModel, "built", lambda _: expect_torch_alone())
    default_engine(small_unet(BINARY), tmp_path)
    for other in (
        replace(small_unet(BINARY), weights_sha256="ef" * 32),
        replace(small_unet(BINARY), card=replace(small_unet(BINARY).card, temperature=2.0)),
    ):
        with pytest.raises(AssertionError, match="was built"):
            default_engine(other, tmp_path)


def test_a_damaged_file_in_the_cache_is_made_again(tmp_path: Path) -> None:
    model = small_unet(BINARY)
    expected = default_engine(model, tmp_path)(noise())
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    at = len(whole) // 4  # among the weights, which OpenVINO does not check
    altered = whole[:at] + bytes(byte ^ 0x40 for byte in whole[at : at + 256]) + whole[at + 256 :]
    for damaged in (altered, whole[: 2 * at], b"", b"no network"):
        file.write_bytes(damaged)
        np.testing.assert_array_equal(default_engine(replace(model), tmp_path)(noise()), expected)
        assert file.read_bytes() != damaged


def test_the_next_run_of_a_process_finds_its_network_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = small_unet(BINARY)
    first = default_engine(model, tmp_path)
    expected = first(noise())
    monkeypatch.setattr(engines, "openvino_network", lambda *_: expect_torch_alone())
    second = default_engine(model, tmp_path)
    assert second is not first  # each is one thread's
    np.testing.assert_array_equal(second(noise()), expected)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with pytest.raises(AssertionError, match="was built"):
        default_engine(model, tmp_path)


def test_networks_stay_after_a_chip_and_go_after_a_scene(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = MagicMock(wraps=openvino_network)
    monkeypatch.setattr(engines, "openvino_network", made)
    model = small_unet(BINARY)
    for side, times in ((512, 1), (4096, 1), (512, 2)):
        default_engine(model, tmp_path)
        assert made.call_count == times
        spare_networks(Grid(None, (30.0, 0.0, 0.0, 0.0, -30.0, 0.0), side, side))


def test_what_large_windows_took_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_engine, "KEPT_PX", 32 * 48)
    compiled = MagicMock()
    for shape, times in (((32, 48), 0), ((64, 48), 1)):
        engine = OpenVINONetwork("a network", compiled).engine()
        engine(noise(*shape))
        del engine
        assert compiled.release_memory.call_count == times


def test_an_engine_that_rests_gives_back_what_large_windows_took_and_works_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled = MagicMock()
    monkeypatch.setattr(openvino_engine, "KEPT_PX", 32 * 48)
    monkeypatch.setattr(engines, "openvino_network", lambda *_: OpenVINONetwork("a network", compiled))
    engine = default_engine(small_unet(BINARY))
    for height, times in ((32, 0), (64, 1), (32, 1), (64, 2)):
        engine(noise(height, 48))
        rest(engine)
        assert compiled.release_memory.call_count == times
    del engine
    assert compiled.release_memory.call_count == 2


def test_a_real_network_gives_the_same_after_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_engine, "KEPT_PX", 0)
    engine = default_engine(small_unet(BINARY))
    before = engine(noise())
    rest(engine)
    np.testing.assert_array_equal(engine(noise()), before)


def test_what_a_busy_network_could_not_give_back_is_given_by_the_next_engine_that_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openvino_engine, "KEPT_PX", 32 * 48)
    compiled = MagicMock()
    network = OpenVINONetwork("a network", compiled)
    large, small, later = network.engine(), network.engine(), network.engine()
    for engine, height in ((large, 64), (small, 32), (later, 32)):
        engine(noise(height, 48))
    compiled.release_memory.side_effect = RuntimeError("a request is busy")
    del engine, large
    assert compiled.release_memory.call_count == 1
    compiled.release_memory.side_effect = None
    del small
    assert compiled.release_memory.call_count == 2
    del later  # nothing is owed any more
    assert compiled.release_memory.call_count == 2


def test_two_who_ask_first_compile_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def compile_slowly(*_: object) -> OpenVINONetwork:
        made.append(None)
        time.sleep(0.2)
        return OpenVINONetwork("a network", MagicMock())

    monkeypatch.setattr(engines, "openvino_network", compile_slowly)
    model = small_unet(BINARY)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(default_engine, [model, model]))
    assert len(made) == 1


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "engines").write_text("a file where the folder should be")
    assert default_engine(small_unet(BINARY), tmp_path / "engines")(noise()).shape == (1, 2, 32, 48)


def test_the_cache_keeps_a_few_files_a_model(tmp_path: Path) -> None:
    old = [tmp_path / f"binary-{number}.blob" for number in range(KEPT_FILES)]
    for number, file in enumerate([*old, tmp_path / "multiclass-0.blob"]):
        file.write_bytes(b"")
        os.utime(file, (number, number))
    default_engine(small_unet(BINARY), tmp_path)
    assert not old[0].exists()
    assert all(file.exists() for file in old[1:])
    assert len(list(tmp_path.glob("binary-*"))) == KEPT_FILES
    assert (tmp_path / "multiclass-0.blob").exists()


def test_what_a_killed_process_left_in_the_cache_is_swept_and_what_is_being_written_stays(
    tmp_path: Path,
) -> None:
    left, written = tmp_path / "binary-1.a.partial", tmp_path / "binary-1.b.partial"
    for file in (left, written):
        file.write_bytes(b"")
    os.utime(left, (0, 0))
    default_engine(small_unet(BINARY), tmp_path)
    assert not left.exists()
    assert written.exists()


@both
def test_bfloat16_is_near_float32_and_says_its_name(spec: ModelSpec, tmp_path: Path) -> None:
    runtime, model = find_openvino(), small_unet(spec)
    assert runtime is not None
    network = openvino_network(runtime, model, tmp_path, "bf16")
    assert network.name.endswith("bf16")
    exact = openvino_network(runtime, model, tmp_path, "f32").engine()(noise())
    assert np.abs(network.engine()(noise()) - exact).max() < 0.05
    assert len(list(tmp_path.iterdir())) == 2


def test_openvino_keeps_to_the_threads_that_a_crew_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = seen_settings(monkeypatch, "1")
    assert settings["INFERENCE_NUM_THREADS"] == "1"
    assert "INFERENCE_NUM_THREADS" not in seen_settings(monkeypatch, "")


def seen_settings(monkeypatch: pytest.MonkeyPatch, threads: str) -> dict[str, str]:
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    runtime = find_openvino()
    assert runtime is not None
    core = MagicMock(wraps=runtime.Core())
    openvino_network(SimpleNamespace(**vars(runtime) | {"Core": lambda: core}), small_unet(BINARY))
    return dict(core.compile_model.call_args.args[2])


def test_a_cpu_with_bfloat16_gets_it() -> None:
    seen: list[dict[str, str]] = []

    class Core:
        def get_property(self, device: str, name: str) -> Any:
            return {"OPTIMIZATION_CAPABILITIES": ["FP32", "BF16"]}.get(name, "a CPU")

        def compile_model(self, model: Any, device: str, settings: dict[str, str]) -> Any:
            seen.append(settings)
            return SimpleNamespace(create_infer_request=lambda: None)

    runtime = SimpleNamespace(__version__="1", Core=Core, convert_model=lambda *_, **__: MagicMock())
    assert openvino_network(runtime, small_unet(BINARY)).name == "OpenVINO 1, bf16"
    assert seen[0]["INFERENCE_PRECISION_HINT"] == "bf16"


def test_without_openvino_torch_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_openvino", lambda: None)
    engine = default_engine(small_unet(BINARY))
    assert engine_name(engine).startswith("PyTorch")
    assert engine(noise()).shape == (1, 2, 32, 48)


def test_an_engine_of_the_callers_is_named_as_such() -> None:
    assert engine_name(lambda x: x) == "given by the caller"
    assert engine_name(default_engine(small_unet(BINARY))).startswith("OpenVINO 20")


WITHOUT_NETWORK = """
import socket, sys
from pathlib import Path
import numpy as np

def refuse(*args, **kwargs):
    raise SystemExit("something asked for the network")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from core.inference.engines import (
    default_engine,
    engine_name,
    recorded_engine,
    same_precision,
    spare_networks,
)
from core.networks.stored import find_model
model = find_model("binary")
cache = Path(sys.argv[1])
for _ in range(2):
    engine = default_engine(model, cache)
    assert engine_name(engine).startswith("OpenVINO")
    engine(np.zeros((1, 5, 32, 32), np.float32))
assert [m for m in sys.modules if m.startswith("openvino_telemetry.")] == []
assert sys.modules["openvino_telemetry"] is None
print("torch" in sys.modules, len(list(cache.iterdir())) if cache.is_dir() else 0)
"""


def test_nothing_is_reported_to_anyone_and_a_process_that_maps_needs_no_torch(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()

    def run(cache: str, before: str = "") -> str:
        command = [sys.executable, "-c", before + WITHOUT_NETWORK, str(tmp_path / cache)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={"HOME": str(home), "PATH": "", "PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert run("here", "import torch") == "True 1"  # compiled here, all calls watched
    assert run("here") == "False 1"
    assert run("apart") == "False 1"  # compiled by another process
    (tmp_path / "file").touch()
    assert run("file/none") == "False 0"  # which hands it over where no cache can be kept
    assert not (home / "intel").exists()


@pytest.mark.parametrize("recorded", ["PyTorch 2.1.0, float32", "OpenVINO 2020.1, f32"])
def test_a_run_is_repeated_with_the_engine_and_precision_of_its_record(recorded: str) -> None:
    name = engine_name(recorded_engine(recorded, small_unet(BINARY)))
    assert name.split()[0] == recorded.split()[0]
    assert same_precision(name, recorded)


@pytest.mark.parametrize("recorded", ["", "a name of later days", "OpenVINO 2020.1, bf16"])
def test_what_is_not_at_hand_is_repeated_with_the_machines_own_engine(recorded: str) -> None:
    model = small_unet(BINARY)
    assert engine_name(recorded_engine(recorded, model)) == engine_name(default_engine(model))


def test_precisions_are_told_apart_by_the_engines_names() -> None:
    assert same_precision("PyTorch 2.1.0, float32", "OpenVINO 2026.2, f32")
    assert not same_precision("OpenVINO 2026.2, bf16", "OpenVINO 2026.2, f32")
    assert not same_precision("PyTorch 2.1.0 on NVIDIA H100", "PyTorch 2.1.0, float32")
