"""What cannot be is refused: the exception says what, where, the value and what is allowed, and the object is as before."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import memspike
import numpy as np
import pytest
from memspike import Device, Network, Population, Simulation, Source, fit
from memspike.units import Hz, V, ms, mV, nA

Built = tuple[Network, Source, Population]


def built() -> Built:
    network = Network()
    clock = network.spikes("clock", 2, ms * [1, 2], [0, 1])
    cells = network.population("cells", 3, tau_m=20 * ms, v_th=1 * mV, u_rest="0 V")
    return network, clock, cells


def running() -> Simulation:
    network, clock, cells = built()
    network.projection("in", clock, cells, weight=np.full((2, 3), 0.4) * mV)
    noise = network.poisson("noise", 5, rate=100 * Hz, changing=True)
    network.projection("noisy", noise, cells, weight=0.1 * mV)
    simulation = Simulation(network, seed=3)
    simulation.run(1.5 * ms)
    return simulation


def project(**keys: Any) -> Callable[[], object]:
    """A projection of three by two synapses that is told these."""
    network, clock, cells = built()
    return lambda: network.projection("in", clock, cells, **keys)


def spikes(*times: Any) -> Callable[[], object]:
    return lambda: Network().spikes("clock", 2, *times)


ARRAYS: list[tuple[str, Callable[[], object], type[Exception], str]] = [
    ("shape", project(weight=np.ones((3, 2)) * mV), ValueError, r"from 2 to 3.*\(3, 2\).*allowed: \(2, 3\)"),
    ("flat", project(weight=np.ones(6) * mV), ValueError, r"array of \(6,\); allowed: \(2, 3\)"),
    ("three axes", project(weight=np.ones((2, 3, 1)) * mV), ValueError, r"\(2, 3, 1\)"),
    ("complex", lambda: project(weight=np.ones((2, 3)) * 1j * mV)(), ValueError, "complex128 .*allowed: real numbers"),
    ("bool", project(weight=np.ones((2, 3), dtype=bool), kernel="current"), ValueError, "bool"),
    ("texts", project(weight=(np.full((2, 3), "one")), kernel="current"), ValueError, "weight"),
    ("objects", project(weight=np.full((2, 3), None), kernel="current"), ValueError, "weight"),
    ("NaN", project(weight=np.full((2, 3), np.nan) * mV), ValueError, "NaN; allowed: finite"),
    ("infinite", project(weight=np.full((2, 3), np.inf), kernel="current"), ValueError, "inf.*allowed: finite"),
    ("no unit", project(weight=np.ones((2, 3))), ValueError, r'without a unit; allowed: .*"10 mV"'),
    ("text without unit", project(weight="3", mask=np.ones((2, 3), dtype=bool)), ValueError, '"10 mV"'),
    ("unit of time", project(weight=np.ones((2, 3)) * ms), ValueError, "in 'ms'; allowed: V"),
    ("two kinds", project(weight=[["1 mV", "1 ms", "1 mV"], ["1 mV"] * 3]), ValueError, "'ms'; allowed: V"),
    ("mask of numbers", project(weight=1 * mV, mask=np.ones((2, 3))), ValueError, "float64 .*allowed: bool"),
    ("negative delay", project(weight=np.ones((2, 3)) * mV, delay=ms * [-1]), ValueError, "-1.*allowed: from 0 s"),
    ("negative whole delay", project(weight=np.ones((2, 3)) * mV, delay=-5), ValueError, "-5.*allowed: 0 to"),
    ("delay without unit", project(weight=np.ones((2, 3)) * mV, delay=1.5), ValueError, "whole femtoseconds"),
    ("delays of two kinds", project(weight=1 * mV, pre=[0, 1], post=[0, 1], delay=[1 * ms, 1 * mV]), ValueError, "'mV'; allowed: s"),
    ("NaN delay", project(weight=np.ones((2, 3)) * mV, delay=np.nan * ms), ValueError, "NaN"),
    ("pre beyond", lambda: Simulation(pairs([5], [0])), ValueError, "is 5; allowed: from 0 to 1"),
    ("negative post", lambda: Simulation(pairs([0], [-1])), ValueError, "is -1; allowed: from 0 to 2"),
    ("pre of reals", project(weight=1 * mV, pre=[0.5], post=[0]), ValueError, "float64; allowed: whole numbers"),
    ("time of reals", spikes([1.0, 2.0]), ValueError, "float64 without a unit"),
    ("time before the start", spikes(ms * [-1]), ValueError, "allowed: from 0 s"),
    ("time beyond", spikes(np.array([2**63], dtype=np.uint64)), ValueError, r"allowed: 0 to 2\^63 - 1"),
    ("times of two kinds", spikes(["1 ms", "2 mV"]), ValueError, "'mV'; allowed: s"),
    ("more times than lines", lambda: Simulation(listed(ms * [1, 2], [0])), ValueError, "2 times and 1 lines"),
    ("line beyond", lambda: Simulation(listed(ms * [1], [2])), ValueError, "is 2; allowed: from 0 to 1"),
]


def pairs(pre: list[int], post: list[int]) -> Network:
    network, clock, cells = built()
    network.projection("in", clock, cells, weight=1 * mV, pre=pre, post=post)
    return network


def listed(times: Any, lines: list[int]) -> Network:
    network = Network()
    clock = network.spikes("clock", 2, times, lines)
    cells = network.population("cells", 1)
    network.projection("in", clock, cells, weight=1 * mV)
    return network


@pytest.mark.parametrize(("call", "kind", "said"), [row[1:] for row in ARRAYS], ids=[row[0] for row in ARRAYS])
def test_arrays_that_cannot_be_are_refused(call: Callable[[], object], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        call()


def test_the_order_of_an_array_in_memory_does_not_matter() -> None:
    matrix = np.arange(6.0).reshape(2, 3) / 10
    wide = np.zeros((4, 6))
    wide[::2, ::2] = matrix
    seen = []
    for weights in (matrix, np.asfortranarray(matrix), wide[::2, ::2], matrix[::-1][::-1], matrix.astype(">f8"), matrix.astype(np.float32).astype(float)):
        network, clock, cells = built()
        network.projection("in", clock, cells, weight=weights * mV)
        seen.append(Simulation(network).weights("in").tolist())
    assert all(one == seen[0] for one in seen[:5])
    assert seen[5] == pytest.approx(seen[0])


CHANGES: list[tuple[str, Callable[[Simulation], object], type[Exception], str]] = [
    ("weights of another number", lambda s: s.set_weights("in", np.ones(5) * mV), ValueError, "5 .*6"),
    ("weights that are none", lambda s: s.set_weights("in", np.full(6, np.nan) * mV), ValueError, "NaN"),
    ("weights without a unit", lambda s: s.set_weights("in", np.ones(6)), ValueError, "without a unit"),
    ("weights of no projection", lambda s: s.set_weights("out", np.ones(6) * mV), KeyError, "there are: in, noisy"),
    ("a negative rate", lambda s: s.set_rate("noise", -5 * Hz), ValueError, "-5"),
    ("a rate that is none", lambda s: s.set_rate("noise", np.nan * Hz), ValueError, "NaN"),
    ("a rate in volts", lambda s: s.set_rate("noise", 5 * mV), ValueError, "'mV'; allowed: Hz"),
    ("two rates", lambda s: s.set_rate("noise", Hz * [1, 2]), ValueError, "2 values; allowed: one"),
    ("a rate of a list", lambda s: s.set_rate("clock", 5 * Hz), ValueError, "no `kind = \"poisson_steps\"`"),
    ("a current of a list", lambda s: s.set_current("clock", 1 * nA), ValueError, "no `kind = \"current_steps\"`"),
    ("a spike in the past", lambda s: s.set_spikes("clock", 1 * ms), ValueError, "allowed: from now on"),
    ("a time without a unit", lambda s: s.run(5.0), ValueError, "without a unit"),
    ("time that goes back", lambda s: s.run(-1), ValueError, "allowed: 0 to"),
    ("a text without a unit", lambda s: s.run("10"), ValueError, '"10 ms"'),
    ("no parameter", lambda s: s.set_parameters("cells", v_tj=1 * mV), KeyError, "did you mean `v_th`"),
    ("a parameter in seconds", lambda s: s.set_parameters("cells", v_th=1 * ms), ValueError, "v_th"),
    ("parameters of another number", lambda s: s.set_parameters("cells", v_th=mV * [1, 2]), ValueError, "v_th"),
    ("a threshold below a membrane", lambda s: s.set_parameters("cells", v_th=0.1 * mV), ValueError, "neuron 0 .*allowed: a threshold"),
    ("another size", lambda s: s.set_parameters("cells", size=5), ValueError, "`size` .* is no parameter"),
    ("bytes that are none", lambda s: s.restore(b"nothing"), ValueError, "."),
    ("half a snapshot", lambda s: s.restore(s.snapshot()[:-40]), ValueError, "."),
    ("another network", lambda s: s.membranes(built()[2]), ValueError, "belongs to another network"),
]


@pytest.mark.parametrize(("change", "kind", "said"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_what_is_refused_changes_nothing(change: Callable[[Simulation], object], kind: type[Exception], said: str) -> None:
    simulation, other = running(), running()
    with pytest.raises(kind, match=said):
        change(simulation)
    for one in (simulation, other):
        one.run(20 * ms)
    assert simulation.time == other.time
    assert np.array_equal(simulation.membranes("cells"), other.membranes("cells"))
    assert np.array_equal(simulation.spikes()["time"], other.spikes()["time"])


def test_a_mistake_of_ours_is_caught_and_the_object_refuses_use(capfd: pytest.CaptureFixture[str]) -> None:
    simulation = running()
    # No name leads to a population that is not there: only the number does, which nobody is given.
    with pytest.raises(RuntimeError, match="memspike has made a mistake, please report it: index out of bounds"):
        simulation._core.membranes(99)
    with pytest.raises(RuntimeError, match="has failed before"):
        simulation.run(1 * ms)
    with pytest.raises(RuntimeError, match="has failed before"):
        simulation.copy()
    other = running()
    other.run(1 * ms)


def test_memory_is_estimated_before_it_is_taken() -> None:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            free = 1024 * next(int(line.split()[1]) for line in file if line.startswith("MemAvailable"))
    except OSError:
        pytest.skip("the system does not say how much memory there is")
    # Eight bytes and more of each synapse; a projection has no more than 2^32 of them.
    size = int((1.3 * free / 8) ** 0.5)
    if size > 65_535:
        pytest.skip("there is enough")
    network = Network()
    cells = network.population("cells", size)
    network.projection("all", cells, cells, {"normal": ["1 mV", "1 mV"]}, delay=1 * ms)
    begun = time.monotonic()
    with pytest.raises(MemoryError, match="the network needs about .* of memory"):
        Simulation(network)
    assert time.monotonic() - begun < 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_in_the_middle_of_a_run_is_detected() -> None:
    simulation = running()
    forked: list[int] = []

    def fork() -> None:
        child = os.fork()
        if child == 0:
            # Of the parent's threads only this one is here.
            try:
                simulation.membranes("cells")
            except RuntimeError as error:
                os._exit(0 if "was made in process" in str(error) and "snapshot" in str(error) else 1)
            os._exit(2)
        forked.append(child)

    timer = threading.Timer(0.2, fork)
    timer.start()
    while not forked:
        simulation.run(1000 * ms)
    timer.join()
    assert os.waitpid(forked[0], 0)[1] == 0
    simulation.run(1 * ms)


def test_after_an_interrupt_it_stands_at_the_time_reached() -> None:
    simulation = running()
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        simulation.run("9000 s")
    reached = simulation.time
    assert 15 * 10**11 < reached < 9000 * 10**15
    # And goes on from there as if nothing had been.
    simulation.run(5 * ms)
    other = running()
    other.run(simulation.time - other.time)
    assert np.array_equal(simulation.membranes("cells"), other.membranes("cells"))
    assert np.array_equal(simulation.counts("cells"), other.counts("cells"))


def test_a_callback_that_raises_stops_the_run_and_nothing_else(scenario: Path, tmp_path: Path) -> None:
    def listen(progress: memspike.Progress) -> None:
        raise LookupError(progress.phase)

    with pytest.raises(LookupError, match="."):
        memspike.run(scenario, progress=listen, out=tmp_path / "out")
    assert memspike.run(scenario, out=tmp_path / "out", force=True).summary["status"] == "done"


def test_a_result_whose_directory_is_gone_says_so(scenario: Path, tmp_path: Path) -> None:
    result = memspike.run(scenario, out=tmp_path / "here")
    shutil.rmtree(tmp_path / "here")
    looks: list[Callable[[], object]] = [
        lambda: result.spikes,
        lambda: result.weights,
        lambda: result.conductances,
        lambda: result.manifest,
        lambda: result.report(),
        lambda: result.pictures(),
        lambda: result.records["membrane"],
        lambda: result.export("csv"),
        lambda: memspike.Result(tmp_path / "here"),
    ]
    for look in looks:
        with pytest.raises(FileNotFoundError, match="here"):
            look()
    # What was read stays.
    assert result.summary["spikes"] == {"cells": 6} and "cells" in repr(result)


def test_a_pickle_that_was_made_by_somebody_else_writes_nowhere_else(scenario: Path, tmp_path: Path) -> None:
    import io
    import tarfile

    state = memspike.run(scenario).__getstate__()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../outside"), io.BytesIO())
    state["packed"] = packed.getvalue()
    with pytest.raises(ValueError, match="which no run has"):
        memspike.Result.__new__(memspike.Result).__setstate__(state)


def test_what_is_no_number_of_a_run_is_refused(scenario: Path) -> None:
    for wrong in ({"threads": 0}, {"threads": 1.5}, {"seed": -1}, {"seed": 2**64}, {"seed": "1"}):
        with pytest.raises(ValueError, match="allowed: a whole number"):
            memspike.run(scenario, **wrong)
    with pytest.raises(ValueError, match="1025; allowed"):
        Simulation(built()[0], threads=1025)
    with pytest.raises(TypeError, match="allowed: a Network"):
        Simulation("network")  # type: ignore[arg-type]


def test_measurements_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="voltage: value 1 is nan"):
        fit.iv([0.1, np.nan], [1e-6, 1e-6])
    with pytest.raises(ValueError, match="as many of each"):
        fit.iv(V * [0.1, 0.2], np.ones(3))
    with pytest.raises(ValueError, match="allowed: A"):
        fit.iv(V * [0.1, 0.2], np.ones(2) * mV)
    with pytest.raises(ValueError, match="number"):
        Device("ag-tio2-pt-rs-binary").cycles(number=0)


def test_networks_and_simulations_go_through_pickles() -> None:
    simulation = running()
    again: Simulation = pickle.loads(pickle.dumps(simulation))
    for one in (simulation, again):
        one.run(20 * ms)
    assert np.array_equal(simulation.membranes("cells"), again.membranes("cells"))
    with pytest.raises(ValueError):
        again.set_rate("clock", 5 * Hz)
