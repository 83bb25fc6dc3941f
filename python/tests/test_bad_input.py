"""What cannot be is refused: the exception says what, where, the value and what is allowed, and the object is as before."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import memspike
import numpy as np
import pytest
from memspike import Device, Network, Population, Simulation, Source, fit, units
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
    ("transposed delays", project(weight=np.ones((2, 3)) * mV, delay=np.ones((3, 2)) * ms), ValueError, r"\(3, 2\); allowed: one, or \(2, 3\)"),
    ("delays of one weight", project(weight=1 * mV, delay=[1, 2, 3]), ValueError, "3 values; allowed: one"),
    ("no delay in a list", project(weight=1 * mV, delay=[]), ValueError, "0 values; allowed: one"),
    ("masked", lambda: project(weight=np.ma.masked_array(np.ones((2, 3)), mask=np.eye(2, 3, dtype=bool)) * mV)(), ValueError, "masked"),
    ("masked numbers", project(weight=np.ma.masked_array(np.ones((2, 3)), mask=np.eye(2, 3, dtype=bool)), kernel="current"), ValueError, "masked"),
    ("rows of two lengths", spikes([[1], [1, 2]]), ValueError, "rows of different lengths"),
    ("ragged quantity", lambda: mV * [[1], [1, 2]], ValueError, "rows of different lengths"),
    ("true with a unit", lambda: True * mV, ValueError, "bool with a unit"),
    ("unit of another kind", lambda: units.Quantity(1, None), TypeError, "a unit is None; allowed: a symbol"),  # type: ignore[arg-type]
    ("pre beyond int64", project(weight=1 * mV, pre=np.array([2**64 - 1], dtype=np.uint64), post=[0]), ValueError, r"18446744073709551615; .*2\^63"),
    ("pre beyond uint64", project(weight=1 * mV, pre=[2**70], post=[0]), ValueError, r"\[1180591620717411303424\]; allowed: whole numbers"),
    ("a mask beside pre", project(weight=1 * mV, pre=[0], post=[0], mask=np.zeros((2, 3), dtype=bool)), ValueError, "one or the other"),
    ("a kernel that is none", project(weight=1 * mV, kernel={"delta": 1}), TypeError, 'allowed: a text, such as "delta"'),
    ("another from", project(weight=1 * mV, **{"from": "cells"}), TypeError, "`from` of projection `in` is said by its arguments"),
    ("a size of reals", lambda: Network().population("cells", 3.5), ValueError, "`size` of population `cells` is 3.5; allowed: a whole"),  # type: ignore[arg-type]
    ("a size in an array", lambda: Network().poisson("noise", np.array([3]), rate=1 * Hz), ValueError, "`size` of source `noise`"),  # type: ignore[arg-type]
    ("a huge size", lambda: Network().population("cells", 2**40), ValueError, "1099511627776; allowed: a whole number from 1 to 100000000"),
    ("a name that is a place", lambda: Network().spikes("../outside", 1), ValueError, "'../outside'; allowed: 1 to 64 letters"),
    ("half a surrogate", lambda: Network().population("cells", 1, model="\ud800"), ValueError, "allowed: text that is UTF-8"),
    ("bytes for a text", lambda: Network().population("cells", 1, tau_m=b"5 ms"), TypeError, "b'5 ms', of type bytes"),
    ("a list in itself", lambda: Network().population("cells", 1, tau_m=endless()), ValueError, "more than 32 deep"),
    ("a record that is none", lambda: built()[0].text("1 s", "cells"), TypeError, "`record` is 'cells'; allowed: a dict"),  # type: ignore[arg-type]
    ("line beyond", lambda: Simulation(listed(ms * [1], [2])), ValueError, "is 2; allowed: from 0 to 1"),
]


def endless() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


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
    ("a negative rate", lambda s: s.set_rate("noise", -5 * Hz), ValueError, "-5 Hz; allowed: from 0 Hz"),
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
    ("no bytes", lambda s: s.restore("nothing"), TypeError, "`snapshot` is 'nothing'; allowed: the bytes"),  # type: ignore[arg-type]
    ("transposed weights", lambda s: s.set_weights("in", np.ones((3, 2)) * mV), ValueError, r"goes from 2 to 3, .*\(3, 2\); allowed: \(2, 3\)"),
    ("time beyond its end", lambda s: s.run(2**63 - 1), ValueError, "it is 1500000000000 fs; allowed: up to 9223370536854775807 fs, where time ends"),
    ("a list for a name", lambda s: s.counts(["cells"]), KeyError, "there are: cells"),  # type: ignore[arg-type]
    ("a population for a projection", lambda s: s.weights(Population(s._origin[0], "in", 3)), KeyError, "there are: in, noisy"),  # type: ignore[arg-type]
    ("a population for a source", lambda s: s.set_rate(Population(s._origin[0], "noise", 5), 1 * Hz), KeyError, "there are: clock"),  # type: ignore[arg-type]
    ("a key of two lines", lambda s: s.set_parameters("cells", **{'v_th = "5 mV"\nsize': 5}), ValueError, "`parameters` has the key"),
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
    assert "cannot be used" in repr(simulation)
    for look in ("ends", "delays", "weights", "states", "counts"):
        with pytest.raises(RuntimeError, match="memspike has made a mistake"):
            getattr(running()._core, look)(99)
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


def refused() -> list[tuple[str, Callable[[Path], object], type[Exception], str]]:
    ring, short = "networks/ring", {"protocol.duration": ["10 ms"]}
    # Nothing here has the type that it is to have.
    package: Any = memspike
    run, sweep, made, fits = package.run, package.sweep, package.Device, package.fit
    switch = made("ag-tio2-pt-ts")
    looks: list[tuple[str, Any, type[Exception], str]] = [
        ("no scenario", lambda p: run(None), TypeError, "`scenario` is None; allowed: a text or a path"),
        ("an empty scenario", lambda p: run(""), ValueError, "`scenario` is empty"),
        ("half a surrogate", lambda p: run("\ud800"), ValueError, "allowed: text that is UTF-8"),
        ("seeds for a seed", lambda p: run(ring, seed=np.array([1, 2])), ValueError, "allowed: a whole number"),
        ("a list to set", lambda p: run(ring, set=["a"]), TypeError, "`set` is .*allowed: a dict"),
        ("a key with a value", lambda p: run(ring, set={"a=b": 1}), ValueError, "has the key 'a=b'"),
        ("nothing recorded", lambda p: run(ring, record=None), TypeError, "`record` is None; allowed: names"),
        ("who cannot listen", lambda p: run(ring, progress=5), TypeError, "`progress` is 5; allowed: True, False, or a function"),
        ("out that is a number", lambda p: run(ring, out=5), TypeError, "`out` is 5"),
        ("nothing to resume", lambda p: package.resume(p), FileNotFoundError, "there is no run in .*that was stopped"),
        ("values in a text", lambda p: sweep(ring, {"protocol.duration": "10 ms"}), TypeError, "'10 ms'; allowed: a list"),
        ("one quantity", lambda p: sweep(ring, {"protocol.duration": 10 * ms}), TypeError, "10 ms; allowed: a list"),
        ("nothing varied", lambda p: sweep(ring, None), TypeError, "`vary` is None"),
        ("no seeds", lambda p: sweep(ring, short, seeds=[]), ValueError, "`seeds` is empty"),
        ("a number of seeds", lambda p: sweep(ring, short, seeds=3), TypeError, "`seeds` are 3"),
        ("one place for all runs", lambda p: sweep(ring, short, out=p, force=True), KeyError, "no option `out`; allowed: data, record"),
        ("a client that is none", lambda p: sweep(ring, short, client=5), TypeError, "`client` is 5; allowed: an object with `submit`"),
        ("no preset", lambda p: made(None), TypeError, "`preset` is None"),
        ("a preset that is an option", lambda p: made("--help").iv(), ValueError, "--help"),
        ("another output", lambda p: switch.iv(format="json"), KeyError, "`iv` has no option `format`; allowed: amplitude"),
        ("help", lambda p: switch.iv(help=True), KeyError, "no option `help`"),
        ("a misspelt option", lambda p: switch.iv(amplitud=1 * V), KeyError, "did you mean `amplitude`"),
        ("a number that is True", lambda p: switch.iv(samples=True), ValueError, "`samples` is True; allowed: a whole number"),
        ("a yes that is a text", lambda p: switch.iv(vary="yes"), TypeError, "allowed: True or False"),
        ("a parameter in a key", lambda p: made("ag-tio2-pt-ts", **{"v_th=1 V": 2}), ValueError, "has the key"),
        ("another preset of a fit", lambda p: fits.iv([0, 1], [0, 1], out="x"), KeyError, "`fit.iv` has no option `out`"),
        ("held numbers in a list", lambda p: fits.iv([0, 1], [0, 1], param=[1]), TypeError, "`param` is"),
        ("changes in volts", lambda p: fits.stdp(ms * [1, 2], mV * [1, 2]), ValueError, r"change is \[1, 2\] mV; allowed: real numbers"),
        ("a masked curve", lambda p: fits.iv(np.ma.masked_array(np.ones(3), mask=[False, True, False]), np.ones(3)), ValueError, "voltage has values that are masked"),
        ("no file to save in", lambda p: made(p / "no.toml").iv(), ValueError, "no.toml"),
        ("no result", lambda p: package.Result(None), TypeError, "`path` is None"),
        ("a file for a result", lambda p: package.Result(__file__), FileNotFoundError, "is a file, and has no summary.json"),
        ("an unknown loss", lambda p: package.Layers([3], loss="nope"), ValueError, "allowed: first_spike, mean_voltage"),
        ("sizes in a text", lambda p: package.Layers("53"), TypeError, "allowed: neurons of each layer"),
    ]
    return looks


@pytest.mark.parametrize(("call", "kind", "said"), [row[1:] for row in refused()], ids=[row[0] for row in refused()])
def test_what_no_call_takes_is_refused(call: Callable[[Path], object], kind: type[Exception], said: str, tmp_path: Path) -> None:
    with pytest.raises(kind, match=said):
        call(tmp_path)


def test_a_fault_of_the_data_does_not_speak_of_a_file_that_is_gone() -> None:
    with pytest.raises(ValueError, match="^row 2: time 0.0 does not come after 0.0"):
        fit.relaxation(np.zeros(5), np.ones(5))
    with pytest.raises(ValueError, match="^0 rows of data"):
        fit.iv([], [])
    with pytest.raises(ValueError) as refusal:
        Device("ag-tio2-pt-ts").iv(amplitude=1 * ms)
    assert "--help" not in str(refusal.value) and "Usage" not in str(refusal.value)
    assert "for `amplitude`: `1 ms` is in `ms`; expected a voltage" in str(refusal.value)


def test_messages_name_arguments_and_no_options(scenario: Path, tmp_path: Path) -> None:
    memspike.run(scenario, out=tmp_path / "out")
    with pytest.raises(ValueError, match="hint: replace the run with `force`"):
        memspike.run(scenario, out=tmp_path / "out")
    with pytest.raises(ValueError, match="add `beyond_range` to"):
        Device("ag-tio2-pt-ts").iv(amplitude=5 * V)
    with pytest.raises(ValueError, match="fit it with `ohmic`"):
        fit.iv(np.linspace(-1, 1, 50), np.zeros(50))
    # What is a command, and where a fault is, stay.
    with pytest.raises(ValueError, match="--> --set"):
        memspike.run(scenario, set={"protocol.duration": 5})


def test_a_result_that_is_damaged_says_so(scenario: Path, tmp_path: Path) -> None:
    result = memspike.run(scenario, out=tmp_path / "out")
    for name, look in (("weights.npz", lambda: result.weights), ("manifest.json", lambda: result.manifest)):
        whole = (result.path / name).read_bytes()
        (result.path / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ValueError, match=f"{name}` is damaged"):
            look()
    for said in (b"{", b"\xff\xfe", b"[]", b"{}"):
        (result.path / "summary.json").write_bytes(said)
        with pytest.raises(ValueError, match="summary.json` is (damaged|not that of a run)"):
            memspike.Result(result.path)


def test_rows_are_chosen_by_one_value(scenario: Path) -> None:
    spikes = memspike.run(scenario).spikes
    with pytest.raises(ValueError, match=r"`id` is to be \[1, 2\]; allowed: one value"):
        spikes.where(id=[1, 2])
    with pytest.raises(ValueError, match="allowed: one value"):
        spikes.where(population=["cells"])


def test_a_network_is_as_before_what_it_refuses() -> None:
    network, clock, cells = built()
    for wrong in (
        lambda: network.population("more", 3.5),  # type: ignore[arg-type]
        lambda: network.spikes("more", 1, 1 * mV),
        lambda: network.projection("in", clock, cells, weight=1 * mV, delay=[1, 2, 3]),
        lambda: network.projection("in", clock, cells, weight=np.ones((3, 2)) * mV),
    ):
        with pytest.raises(ValueError):
            wrong()
    network.population("more", 3)
    network.projection("in", clock, cells, weight=1 * mV)
    assert Simulation(network).membranes("more").shape == (3,)


def test_a_scenario_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    network = built()[0]
    (tmp_path / "file").write_text("kept")
    with pytest.raises(FileExistsError, match="is a file; allowed: a directory"):
        network.to_scenario(tmp_path / "file", 1 * ms)
    with pytest.raises(ValueError, match="duration"):
        network.to_scenario(tmp_path / "new", None)
    assert not (tmp_path / "new").exists() and (tmp_path / "file").read_text() == "kept"


def test_sparse_matrices_say_all_of_it() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_matrix(np.ones((2, 3)))
    with pytest.raises(ValueError, match="in 5 mV; allowed: a unit"):
        project(weight=(matrix, 5 * mV))()
    with pytest.raises(ValueError, match="the matrix alone"):
        project(weight=(matrix, "mV"), mask=np.zeros((2, 3), dtype=bool))()
    with pytest.raises(ValueError, match=r"\(3, 2\); allowed: \(2, 3\)"):
        project(weight=(matrix.T, "mV"))()


def test_arrays_that_are_given_are_copied() -> None:
    network = Network()
    times, lines = np.array([10**12, 2 * 10**12]), np.array([0, 1])
    network.spikes("clock", 2, times, lines)
    times[:], lines[:] = 5, 0
    network.population("cells", 1)
    simulation = Simulation(network, sources=True)
    simulation.run(5 * ms)
    assert simulation.source_spikes().of("clock")[0].tolist() == [10**12, 2 * 10**12]


def test_a_pickle_is_of_the_network_as_it_was() -> None:
    simulation = running()
    simulation._origin[0].population("later", 3)
    again: Simulation = pickle.loads(pickle.dumps(simulation))
    assert again.time == simulation.time and "later" not in repr(again)


@pytest.mark.skipif(sys.platform != "linux", reason="no limit of the address space here")
def test_what_nobody_takes_does_not_fill_the_memory() -> None:
    # A limit of its own: 1.5 GB beyond what the process has.
    code = """
import resource
from memspike import Network, Simulation
from memspike.units import ms
network = Network()
network.population("cells", 1_000_000)
simulation = Simulation(network)
simulation.sample("cells", 1)
has = 1024 * int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmSize")))
resource.setrlimit(resource.RLIMIT_AS, (has + 1_500_000_000, -1))
try:
    simulation.run(1 * ms)
except MemoryError as error:
    assert "hint: take them with `spikes`, `samples`" in str(error), error
times, volts = simulation.samples("cells")
reached = simulation.time
assert 8 <= len(times) <= reached + 1 and volts.shape == (len(times), 1_000_000), (len(times), reached)
simulation.run(5)
assert simulation.time == reached + 5 and len(simulation.samples("cells")[0]) >= 4
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="no limit of the address space here")
def test_neurons_of_models_with_more_variables_are_estimated_as_such() -> None:
    code = """
import resource
from memspike import Network, Simulation
network = Network()
network.population("cells", 3_000_000, model="adex")
has = 1024 * int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmSize")))
resource.setrlimit(resource.RLIMIT_AS, (has + 300_000_000, -1))
try:
    Simulation(network)
except MemoryError as error:
    assert "the network needs about 500 MB" in str(error), error
else:
    raise AssertionError
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="no limit of the address space here")
def test_what_there_is_no_memory_for_is_not_copied() -> None:
    code = """
import pickle, resource
from memspike import Network, Simulation
network = Network()
network.population("cells", 5_000_000)
simulation = Simulation(network)
has = 1024 * int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmSize")))
resource.setrlimit(resource.RLIMIT_AS, (has + 200_000_000, -1))
for look in (lambda: simulation.membranes("cells"), lambda: simulation.states("cells"), simulation.copy, simulation.snapshot, lambda: pickle.dumps(simulation)):
    try:
        look()
    except MemoryError as error:
        assert "MB of memory, and there is" in str(error), error
    else:
        raise AssertionError(look)
resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
assert simulation.membranes("cells").shape == (5_000_000,) and simulation.time == 0
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


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


@pytest.mark.skipif(sys.platform != "linux", reason="no limit of the address space here")
def test_threads_whose_stacks_do_not_fit_are_refused() -> None:
    code = """
import resource
from memspike import Network, Simulation
network = Network()
network.population("cells", 10)
has = 1024 * int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmSize")))
resource.setrlimit(resource.RLIMIT_AS, (has + 1_000_000_000, -1))
for _ in range(20):
    try:
        Simulation(network, threads=1024)
    except ValueError as error:
        assert "1024 threads cannot be started: they take 2112 MiB of addresses" in str(error), error
    else:
        raise AssertionError("they were started")
Simulation(network, threads=2)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_cannot_be_written_is_an_oserror(scenario: Path, tmp_path: Path) -> None:
    result = memspike.run(scenario, out=tmp_path / "run")
    file = tmp_path / "file"
    file.write_text("a file, and no directory")
    for place in (tmp_path / "none" / "spikes.npz", file / "spikes.npz", tmp_path):
        with pytest.raises(OSError, match=r"(?s)spikes\.npz|is a directory"):
            result.export("npz", record="spikes", to=place)
    with pytest.raises(ValueError, match="is not a record of this run"):
        result.export("npz", record="spokes")
    result.export("npz", record="spikes", to=tmp_path / "spikes.npz")
    assert (tmp_path / "spikes.npz").is_file()
