"""What the tests share."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

RING = """
[source.clock]
kind = "spike_list"
size = 1
spikes = [["1 ms", 0], ["5 ms", 0]]

[population.cells]
model = "lif"
size = 3
tau_m = "10 ms"
v_th = "1 mV"

[projection.drive]
from = "clock"
to = "cells"
connect = "all_to_all"
weight = "2 mV"
kernel = "delta"

[protocol]
kind = "simulate"
duration = "10 ms"

[record]
spikes = ["cells", "clock"]
membrane = ["cells"]
membrane_interval = "1 ms"
connections = ["drive"]
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A scenario whose spikes are known: all three cells at 1 and 5 ms."""
    file = tmp_path / "small.toml"
    file.write_text(RING)
    return file


def command(*args: str, **more: object) -> subprocess.CompletedProcess[str]:
    """The command that the package has installed."""
    program = Path(sys.executable).parent / "memspike"
    return subprocess.run([program, *args], capture_output=True, text=True, **more)  # type: ignore[call-overload,no-any-return]


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """Ctrl-C interrupts, also where the tests run in the background of a shell, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
