"""Every shipped scenario, shortened as the table of fingerprints says, has from Python the bits that it has from the command line."""

from __future__ import annotations

import gzip
import json
import os
import struct
import wave
from pathlib import Path
from typing import Any

import memspike
import numpy as np
import pytest
from conftest import command

tomllib = pytest.importorskip("tomllib")

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "scenarios"
ROWS: list[dict[str, Any]] = tomllib.loads((ROOT / "tests/runs/fingerprints.toml").read_text(encoding="utf-8"))["run"]


def idx(values: np.ndarray[Any, Any]) -> bytes:
    """As MNIST's own files have them."""
    shape = values.shape
    return gzip.compress(struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + values.astype(np.uint8).tobytes())


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images in the form of MNIST: a bar for each class, and noise; and tones for spoken digits."""
    place = tmp_path_factory.mktemp("data") / "mnist"
    place.mkdir()
    rng = np.random.default_rng(1)
    for name, count in (("train", 200), ("t10k", 50)):
        labels = np.arange(count) % 10
        images = rng.integers(0, 60, (count, 28, 28))
        for image, label in zip(images, labels):
            image[2 * label + 3 : 2 * label + 6, 4:24] = 250
        (place / f"{name}-images-idx3-ubyte.gz").write_bytes(idx(images))
        (place / f"{name}-labels-idx1-ubyte.gz").write_bytes(idx(labels))
    sounds = place.parent / "fsdd" / "recordings"
    sounds.mkdir(parents=True)
    for digit, index in ((digit, index) for digit in range(10) for index in range(8)):
        tone = 8e3 * np.sin(2 * np.pi * 300 * (1 + digit) * np.arange(800) / 8e3) + rng.integers(-500, 500, 800)
        with wave.open(str(sounds / f"{digit}_nobody_{index}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(tone.astype("<i2").tobytes())
    return place.parent


def values(sets: list[str]) -> dict[str, Any]:
    """What stands after ``--set``, as values of Python."""

    def value(text: str) -> Any:
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except ValueError:
            return text

    return {key: value(text) for key, _, text in (one.partition("=") for one in sets)}


def of(row: dict[str, Any]) -> str:
    return f"{row['scenario']}{' (published)' if row.get('published') else ''}"


def takes(scenario: Path, word: str) -> bool:
    """Whether this is in a scenario, or in what it extends."""
    text = (scenario / "scenario.toml").read_text(encoding="utf-8")
    base = next((line.split('"')[1] for line in text.splitlines() if line.startswith("extends")), None)
    return word in text or (base is not None and takes(scenario / base if base.startswith(".") else SHIPPED / base, word))


@pytest.mark.filterwarnings("ignore::memspike.MemspikeWarning")
@pytest.mark.parametrize("row", ROWS, ids=of)
def test_the_bits_are_those_of_the_command(
    row: dict[str, Any], made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scenario, sets, published = row["scenario"], list(row.get("set", [])), row.get("published", False)
    environment = os.environ.get("MEMSPIKE_DATA")
    if published and environment is None:
        pytest.skip("MEMSPIKE_DATA is not set")
    data = environment if published and environment else str(made_up)
    if elsewhere := takes(SHIPPED / scenario, "weights_from"):
        trained = memspike.run("mnist", set=values(sets), data=data, out="trained")
        assert trained.weights
        sets.append("protocol.weights_from=trained")
    result = memspike.run(scenario, set=values(sets), data=data, threads=2, out="here")
    made = any(takes(SHIPPED / scenario, f'"{name}"') for name in ("mnist", "spoken_digits"))
    if elsewhere or (made and not published):
        # The table is of other images and sounds in these forms, or of other weights.
        options = ["--data", data, "--out", "there", "--format", "json", *(f"--set={one}" for one in sets)]
        done = command("run", scenario, *options, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert result.fingerprint == json.loads(done.stdout)["fingerprint"]
    else:
        assert result.fingerprint == row["fingerprint"]
