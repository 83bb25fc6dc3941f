#!/usr/bin/env python3
"""What the Python package costs over the command line. Prints each bar with what was measured; `--check` fails where one is broken.

    python python/benches.py [--times 5] [--check]

Ratios are of CPU seconds of this process and its children, the least of several of each, taken in turn, so that what else the machine does
matters little. It takes the package that is installed, which should be a release build.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import memspike
import numpy as np
from memspike import Network, Simulation
from memspike.units import Hz, mV, ms

DURATION = 300 * ms


def cpu() -> float:
    """Seconds that this process and its children have computed."""
    of = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in of)


def least(times: int, *works: Callable[[], object]) -> list[float]:
    """The least CPU seconds of each, taken in turn."""
    best = [float("inf")] * len(works)
    for _ in range(times):
        for index, work in enumerate(works):
            begun = cpu()
            work()
            best[index] = min(best[index], cpu() - begun)
    return best


def wall(times: int, work: Callable[[], object]) -> float:
    """The least seconds."""
    best = float("inf")
    for _ in range(times):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best


def run_over_command(times: int, place: Path) -> float:
    """`run` against the command in a process of its own, less what starting an interpreter and NumPy costs, on `networks/brunel`."""
    program = [sys.executable, "-c", "import sys; from memspike._core import main; sys.exit(main())"]
    options = ["run", "networks/brunel", "--set", f'protocol.duration="{DURATION}"', "--set", "record.spikes=[]", "--threads", "1"]
    count = iter(range(10**6))

    def command() -> None:
        subprocess.run([*program, *options, "--quiet", "--out", str(place / f"c{next(count)}")], check=True, capture_output=True)

    def start() -> None:
        subprocess.run([*program, "--version"], check=True, capture_output=True)

    def run() -> None:
        set = {"protocol.duration": DURATION, "record.spikes": []}
        memspike.run("networks/brunel", set=set, threads=1, out=place / f"r{next(count)}")

    ours, theirs, nothing = least(times, run, command, start)
    return ours / (theirs - nothing) - 1


def brunel() -> Network:
    """The network of networks/brunel, from Python."""
    network = Network()
    outside = network.poisson("outside", 10_000, rate=20_000 * Hz)
    more = network.poisson("more", 2_500, rate=20_000 * Hz)
    e = network.population("e", 10_000, tau_m=20 * ms, v_th=20 * mV, u_rest="0 V", reset="value", u_reset=10 * mV, t_ref=2 * ms)
    i = network.population("i", 2_500, tau_m=20 * ms, v_th=20 * mV, u_rest="0 V", reset="value", u_reset=10 * mV, t_ref=2 * ms)
    network.projection("to-e", outside, e, 0.1 * mV, connect="one_to_one")
    network.projection("to-i", more, i, 0.1 * mV, connect="one_to_one")
    for name, source, target, weight, degree in (
        ("ee", e, e, 0.1, 1000), ("ei", e, i, 0.1, 1000), ("ie", i, e, -0.5, 250), ("ii", i, i, -0.5, 250)
    ):
        network.projection(
            name, source, target, weight * mV, connect="fixed_in_degree", in_degree=degree, multapses=True, delay=1.5 * ms
        )
    return network


def slices_over_one_piece(times: int) -> float:
    """Slices of 1 ms against one piece, on the network of `networks/brunel`."""
    network = brunel()

    def run(pieces: int) -> Callable[[], None]:
        def work() -> None:
            simulation = Simulation(network, seed=1)
            for _ in range(pieces):
                simulation.run(300 // pieces * ms)
            simulation.spikes()

        return work

    sliced, whole, built = least(times, run(300), run(1), lambda: Simulation(network, seed=1))
    return (sliced - built) / (whole - built) - 1


def million_spikes(times: int) -> float:
    """Seconds until a million spikes are NumPy's."""
    network = Network()
    clock = network.spikes("clock", 1, np.arange(1, 1001) * ms)
    cells = network.population("cells", 1000, tau_m=20 * ms, v_th=1 * mV)
    network.projection("in", clock, cells, 2 * mV)
    best = float("inf")
    for _ in range(times):
        simulation = Simulation(network)
        simulation.run(1001 * ms)
        begun = time.perf_counter()
        spikes = simulation.spikes()
        best = min(best, time.perf_counter() - begun)
        assert spikes.rows == 1_000_000 and spikes["time"].max() == 10**15
    return best


def interrupt(times: int) -> float:
    """Seconds from Ctrl-C to KeyboardInterrupt, the least of several, of a run and of a simulation: the larger."""
    simulation = Simulation(brunel(), seed=1)

    def one(work: Callable[[], object]) -> float:
        sent: list[float] = []

        def send() -> None:
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

        threading.Timer(1.0, send).start()
        try:
            work()
        except KeyboardInterrupt:
            return time.perf_counter() - sent[0]
        raise AssertionError("nothing was interrupted")

    live = min(one(lambda: simulation.run("9000 s")) for _ in range(times))
    run = min(one(lambda: memspike.run("networks/brunel-small", set={"protocol.duration": "1000 s"})) for _ in range(times))
    return max(live, run)


def importing(times: int) -> float:
    """Seconds of `import memspike` with all its names, beyond NumPy."""

    def seconds(code: str) -> float:
        return wall(times, lambda: subprocess.run([sys.executable, "-c", code], check=True))

    names = "from memspike import Network, Simulation, Device, Result, Layers, run"
    return seconds(f"import numpy; {names}") - seconds("import numpy")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--times", type=int, default=5)
    options.add_argument("--check", action="store_true")
    given = options.parse_args()
    broken = 0
    with tempfile.TemporaryDirectory(prefix="memspike-") as name:
        place, times = Path(name), given.times
        bars: list[tuple[str, Callable[[], float], float, str]] = [
            ("`run` over the command", lambda: run_over_command(times, place), 0.01, "share"),
            ("slices of 1 ms over one piece", lambda: slices_over_one_piece(times), 0.10, "share"),
            ("a million spikes to NumPy", lambda: million_spikes(times), 0.020, "s"),
            ("Ctrl-C to KeyboardInterrupt", lambda: interrupt(min(times, 3)), 0.1, "s"),
            ("import beyond NumPy", lambda: importing(times), 0.060, "s"),
        ]
        for what, measure, bar, unit in bars:
            found = measure()
            broken += found > bar
            told = f"{100 * found:+.2f} %" if unit == "share" else f"{1e3 * found:.1f} ms"
            limit = f"{100 * bar:.0f} %" if unit == "share" else f"{1e3 * bar:.0f} ms"
            print(f"{what}: {told} (at most {limit}){'' if found <= bar else '  BROKEN'}", flush=True)
    return 1 if given.check and broken else 0


if __name__ == "__main__":
    sys.exit(main())
