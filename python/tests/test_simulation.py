"""Networks from arrays, and simulations in pieces: the events of a scenario, however time is sliced."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from pathlib import Path
from typing import Any

import memspike
import numpy as np
import pytest
from memspike import Network, Population, Simulation
from memspike.units import Hz, ms, mV, nA, pA, us
from numpy.typing import NDArray

SEED = 5


def balanced(rng: np.random.Generator | None = None, **drive: Any) -> Network:
    """A small network with lists, delays, a driven source and neurons that differ."""
    rng = rng or np.random.default_rng(3)
    network = Network()
    noise = network.poisson("noise", 40, rate=200 * Hz, **drive)
    cells = network.population("cells", 30, tau_m=20 * ms, v_th=np.linspace(5, 8, 30) * mV, t_ref=2 * ms)
    network.projection("drive", noise, cells, weight=rng.uniform(0, 2, (40, 30)) * mV, delay=1 * ms)
    pre, post = np.nonzero(rng.random((30, 30)) < 0.2)
    delay = rng.integers(10**12, 3 * 10**12, len(pre))
    network.projection("back", cells, cells, weight=-0.3 * mV, pre=pre, post=post, delay=delay)
    return network


def same(a: memspike.Spikes, b: memspike.Spikes) -> bool:
    return all(np.array_equal(a[name], b[name]) for name in ("time", "population", "id"))


def test_events_are_those_of_the_scenario(tmp_path: Path) -> None:
    network = balanced()
    network.to_scenario(tmp_path, 300 * ms, record={"spikes": ["cells"], "membrane": ["cells"], "membrane_interval": 50 * ms})
    result = memspike.run(tmp_path, seed=SEED)
    simulation = Simulation(network, seed=SEED)
    simulation.run(300 * ms)
    spikes = simulation.spikes()
    assert spikes.rows > 100
    assert np.array_equal(spikes["time"], result.spikes["time"]) and np.array_equal(spikes["id"], result.spikes["id"])
    last = result.records["membrane"].where(time=300 * 10**12)
    assert np.array_equal(last["u"], simulation.membranes("cells"))
    assert simulation.counts("cells").sum() == result.summary["spikes"]["cells"]


@pytest.mark.parametrize("threads", [1, 2])
def test_no_bit_depends_on_slices_or_threads(threads: int) -> None:
    whole, sliced = Simulation(balanced(), seed=SEED), Simulation(balanced(), seed=SEED, threads=threads)
    whole.run(100 * ms)
    for piece in (1 * ms, 33 * us, 0.5 * ms, 10**12):
        sliced.run(piece)
    sliced.run(100 * 10**12 - sliced.time)
    assert sliced.time == whole.time == 100 * 10**12
    assert same(whole.spikes(), sliced.spikes())
    assert np.array_equal(whole.membranes("cells"), sliced.membranes("cells"))


def test_spikes_are_those_since_the_last_call() -> None:
    simulation = Simulation(balanced(), seed=SEED)
    simulation.run(50 * ms)
    first = simulation.spikes()
    assert simulation.spikes().rows == 0
    simulation.run(50 * ms)
    second = simulation.spikes()
    assert first["time"].max() < 50 * 10**12 <= second["time"].min()
    assert first.rows + second.rows == simulation.counts("cells").sum()


def test_rates_that_change_are_the_steps_of_a_scenario(tmp_path: Path) -> None:
    def network(rates: list[Any]) -> Network:
        made = Network()
        noise = made.source("noise", 20, kind="poisson_steps", rates=rates)
        cells = made.population("cells", 4, tau_m=20 * ms, v_th=3 * mV)
        made.projection("drive", noise, cells, weight=1 * mV)
        return made

    planned = Simulation(network([["0 s", "100 Hz"], ["30 ms", "400 Hz"], ["70 ms", "0 Hz"]]), seed=SEED, sources=True)
    planned.run(100 * ms)
    live = Simulation(network([["0 s", "100 Hz"]]), seed=SEED, sources=True)
    live.run(30 * ms)
    live.set_rate("noise", 400 * Hz)
    live.run(40 * ms)
    early = live.spikes()
    live.set_rate("noise", "0 Hz")
    live.run(30 * ms)
    assert same(planned.source_spikes(), live.source_spikes())
    spikes = planned.spikes()
    assert spikes.rows > 50 and early.rows == spikes.rows


def test_currents_that_change_are_the_steps_of_a_scenario() -> None:
    def network(currents: list[Any]) -> Network:
        made = Network()
        bias = made.source("bias", kind="current_steps", currents=currents)
        cells = made.population("cells", 3, tau_m=20 * ms, v_th=5 * mV, r_m="100 MOhm", t_ref=1 * ms)
        made.projection("in", bias, cells, weight=[[1.0, 1.5, 2.0]], kernel="current")
        return made

    planned = Simulation(network([["0 s", "0 A"], ["10 ms", "60 pA"], ["80 ms", "0 A"], ["90 ms", "-20 pA"]]))
    planned.run(150 * ms)
    live = Simulation(network([["0 s", "0 A"]]))
    live.run(10 * ms)
    live.set_current("bias", 60 * pA)
    live.run(70 * ms)
    live.set_current("bias", 0 * nA)
    live.run(10 * ms)
    live.set_current("bias", -20 * pA)
    live.run(60 * ms)
    spikes = planned.spikes()
    assert spikes.rows > 5 and same(spikes, live.spikes())
    assert np.array_equal(planned.membranes("cells"), live.membranes("cells"))


def test_a_current_moves_the_membrane_as_its_equation_says() -> None:
    network = Network()
    bias = network.current("bias")
    cells = network.population("cells", 1, tau_m=20 * ms, v_th=1000 * mV, r_m="100 MOhm")
    network.projection("in", bias, cells, weight=[[1.0]], kernel="current")
    simulation = Simulation(network)
    simulation.run(5 * ms)
    rest = simulation.membranes(cells)[0]
    simulation.set_current(bias, 0.1 * nA)
    simulation.run(20 * ms)
    # u - u_rest = R I (1 - e^(-t/tau))
    assert simulation.membranes(cells)[0] - rest == pytest.approx(1e8 * 1e-10 * (1 - np.exp(-1)), rel=1e-12)


def test_spikes_that_are_given_while_it_runs() -> None:
    def network(times: Any) -> Network:
        made = Network()
        clock = made.spikes("clock", 2, times, np.arange(len(np.atleast_1d(times.magnitude))) % 2)
        cells = made.population("cells", 1, tau_m=20 * ms, v_th=1 * mV)
        made.projection("in", clock, cells, weight=2 * mV)
        return made

    planned = Simulation(network(ms * [1, 2, 12, 15.5]))
    planned.run(20 * ms)
    live = Simulation(network(ms * [1, 2, 18]))
    live.run(10 * ms)
    live.set_spikes("clock", ms * [12, 15.5], [0, 1])
    live.run(10 * ms)
    assert same(planned.spikes(), live.spikes())
    with pytest.raises(ValueError, match="a spike at 5 ms, and it is 20 ms"):
        live.set_spikes("clock", 5 * ms)
    with pytest.raises(ValueError, match="allowed: from 0 to 1"):
        live.set_spikes("clock", 50 * ms, [7])


def test_weights_are_seen_and_put_in_place() -> None:
    network = Network()
    clock = network.spikes("clock", 3, ms * [1, 11, 21], [0, 1, 2])
    cells = network.population("cells", 2, tau_m=20 * ms, v_th=1000 * mV, u_rest="0 V")
    given = np.arange(6.0).reshape(3, 2)
    network.projection("in", clock, cells, weight=given * mV)
    simulation = Simulation(network)
    pre, post = simulation.synapses("in")
    assert (pre.tolist(), post.tolist()) == ([0, 0, 1, 1, 2, 2], [0, 1] * 3)
    # From the digits: 3 mV is 0.003 V, and not 3 times 1e-3.
    assert simulation.weights("in").tolist() == [0.0, 0.001, 0.002, 0.003, 0.004, 0.005]
    assert simulation.weight_unit("in") == "V"
    simulation.run(10 * ms)
    before = simulation.membranes("cells").copy()
    simulation.set_weights("in", np.full(6, 7.0) * mV)
    assert simulation.weights("in").tolist() == [0.007] * 6
    simulation.run(1 * ms)
    simulation.run(1)
    after = simulation.membranes("cells")
    assert after == pytest.approx(before * np.exp(-1 / 20) + 0.007, rel=1e-9)
    for wrong in (np.ones(5) * mV, np.full(6, np.nan) * mV, np.ones(6)):
        with pytest.raises(ValueError):
            simulation.set_weights("in", wrong)
    assert simulation.weights("in").tolist() == [0.007] * 6


def test_learning_goes_on_over_slices_and_snapshots(tmp_path: Path) -> None:
    def network() -> Network:
        made = Network()
        noise = made.poisson("noise", 30, rate=40 * Hz)
        cells = made.population("cells", 3, tau_m=20 * ms, v_th=4 * mV)
        made.projection("in", noise, cells, weight="1 mV", plasticity={"rule": "stdp_pair", "w_max": "2 mV"})
        return made

    network().to_scenario(tmp_path, 500 * ms)
    result = memspike.run(tmp_path, seed=SEED)
    simulation = Simulation(network(), seed=SEED)
    simulation.run(200 * ms)
    middle = simulation.weights("in")
    kept = simulation.snapshot()
    simulation.run(300 * ms)
    assert np.array_equal(simulation.weights("in").reshape(30, 3), result.weights["in"])
    assert not np.array_equal(middle, simulation.weights("in"))
    other = Simulation(network(), seed=SEED)
    other.restore(kept)
    assert np.array_equal(other.weights("in"), middle) and other.time == 200 * 10**12
    other.run(300 * ms)
    assert np.array_equal(simulation.weights("in"), other.weights("in"))
    copied = pickle.loads(pickle.dumps(other))
    for one in (other, copied):
        one.run(100 * ms)
    assert np.array_equal(other.weights("in"), copied.weights("in"))


def test_reset_copy_snapshot_of_a_driven_simulation() -> None:
    simulation = Simulation(balanced(changing=True), seed=SEED)
    simulation.run(20 * ms)
    simulation.set_rate("noise", 50 * Hz)
    simulation.run(20 * ms)
    branch, kept = simulation.copy(), simulation.snapshot()
    simulation.spikes()
    branch.spikes()
    simulation.run(40 * ms)
    branch.run(40 * ms)
    spikes = simulation.spikes()
    assert spikes.rows > 0 and same(spikes, branch.spikes())
    simulation.restore(kept)
    assert simulation.time == 40 * 10**12
    simulation.run(40 * ms)
    assert same(spikes, simulation.spikes())
    simulation.reset()
    assert simulation.time == 0 and simulation.spikes().rows == 0
    fresh = Simulation(balanced(changing=True), seed=SEED)
    for one in (simulation, fresh):
        one.run(60 * ms)
    assert same(simulation.spikes(), fresh.spikes())
    with pytest.raises(ValueError, match="belongs to another run"):
        Simulation(balanced(changing=True), seed=SEED + 1).restore(kept)
    with pytest.raises(ValueError):
        fresh.restore(kept[: len(kept) // 2])
    assert fresh.time == 60 * 10**12


def test_joules_are_those_of_the_scenario(tmp_path: Path) -> None:
    network = Network()
    network.device("switch", "ag-tio2-pt-ts")
    network.device("synapse", "ag-tio2-pt-rs-analog")
    noise = network.poisson("noise", 20, rate=300 * Hz)
    cells = network.population("cells", 3, device="switch")
    network.projection(
        "in", noise, cells, weight={"normal": ["20 mV", "5 mV"]}, device="synapse",
        crossbar={"arrangement": "differential", "placement": "one_sided"},
    )
    network.to_scenario(tmp_path, 200 * ms)
    result = memspike.run(tmp_path, seed=SEED)
    simulation = Simulation(network, seed=SEED)
    simulation.run(100 * ms)
    half = simulation.energy["total"]
    simulation.run(100 * ms)
    assert simulation.energy == pytest.approx(result.energy, rel=1e-12)
    assert 0 < half < simulation.energy["total"]
    assert simulation.joules["in"]["read"] == pytest.approx(result.energy["read"], rel=1e-12)
    conductances = simulation.conductances()
    assert sorted(conductances) == ["in.minus", "in.plus"]
    assert np.array_equal(conductances["in.plus"], result.conductances["in.plus"])


def test_samples_are_the_membrane() -> None:
    simulation = Simulation(balanced(), seed=SEED)
    simulation.sample("cells", every=1 * ms)
    simulation.run(10 * ms)
    times, u = simulation.samples("cells")
    assert times.tolist() == [k * 10**12 for k in range(len(times))] and len(times) >= 10
    assert u.shape == (len(times), 30) and np.isfinite(u).all()
    assert len(simulation.samples("cells")[0]) == 0


def test_states_have_units() -> None:
    network = Network()
    clock = network.spikes("clock", 1, ms * [1])
    cells = network.population("cells", 2, model="adex")
    network.projection("in", clock, cells, weight=1 * mV)
    simulation = Simulation(network)
    simulation.run(2 * ms)
    states = simulation.states("cells")
    assert all(len(values) == 2 for values, _ in states.values())
    assert "V" in {unit for _, unit in states.values()} or "A" in {unit for _, unit in states.values()}


@pytest.mark.parametrize("form", ["matrix", "mask", "pairs", "sparse"])
def test_synapses_in_every_form_are_the_same(form: str) -> None:
    matrix = np.array([[1.0, 0, 2], [0, 3, 0]])
    network = Network()
    clock = network.spikes("clock", 2, ms * [1, 2], [0, 1])
    cells = network.population("cells", 3, tau_m=20 * ms, v_th=1000 * mV, u_rest="0 V")
    if form == "matrix":
        network.projection("in", clock, cells, weight=matrix * mV)
    elif form == "mask":
        network.projection("in", clock, cells, weight=matrix * mV, mask=matrix != 0, delay=np.zeros((2, 3), dtype=int))
    elif form == "pairs":
        pre, post = np.nonzero(matrix)
        order = [2, 0, 1]
        network.projection("in", clock, cells, weight=matrix[pre, post][order] * mV, pre=pre[order], post=post[order])
    else:
        scipy = pytest.importorskip("scipy.sparse")
        network.projection("in", clock, cells, weight=(scipy.csr_matrix(matrix), mV))
    simulation = Simulation(network)
    expected = [1, 0, 2, 0, 3, 0] if form == "matrix" else [1, 2, 3]
    assert simulation.weights("in").tolist() == [w / 1000 for w in expected]
    simulation.run(3 * ms)
    e = np.exp(-np.array([2, 1]) / 20)
    assert simulation.membranes("cells") == pytest.approx(1e-3 * (matrix * e[:, None]).sum(axis=0), rel=1e-12)


def simple() -> tuple[Network, memspike.Source, memspike.Population]:
    network = Network()
    return network, network.spikes("clock", 2, ms * [1]), network.population("cells", 3, tau_m=20 * ms, v_th=1 * mV)


@pytest.mark.parametrize(
    ("weight", "more", "said"),
    [
        (np.ones((3, 2)) * mV, {}, r"goes from 2 to 3.*array of \(3, 2\)"),
        (np.ones((2, 3)), {}, "without a unit"),
        (np.ones((2, 3)) * ms, {}, "allowed: V"),
        (np.full((2, 3), np.nan) * mV, {}, "NaN"),
        (1 * mV, {"pre": [0]}, "only one of"),
        (1 * mV, {"pre": [0, 1], "post": [0]}, "2 pre and 1 post"),
        (mV * [1, 2], {"pre": [0, 1, 1], "post": [0, 1, 2]}, "3 synapses and 2 weights"),
        (1 * mV, {"pre": [0.5], "post": [0]}, "float64; allowed: whole numbers"),
        (np.ones((2, 3)) * mV, {"mask": np.ones((2, 2), dtype=bool)}, "mask"),
        (np.ones((2, 3)) * mV, {"delay": [1.0, 2.0]}, "without a unit"),
        (np.ones((2, 3)) * mV, {"delay": ms * [-1]}, "from 0 s"),
        (np.ones((2, 3)) * mV, {"delay": ms * [1, 2, 3]}, "6 synapses and 3 delays"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(weight: Any, more: dict[str, Any], said: str) -> None:
    network, clock, cells = simple()
    with pytest.raises(ValueError, match=said):
        network.projection("in", clock, cells, weight=weight, **more)
    # The network is as it was.
    network.projection("in", clock, cells, weight=2 * mV)
    simulation = Simulation(network)
    simulation.run(2 * ms)
    assert simulation.spikes().rows == 3


@pytest.mark.parametrize(
    ("pre", "post", "said"), [([5], [0], "is 5; allowed: from 0 to 1"), ([0], [-1], "is -1"), ([0, 0], [1, 1], "more than one synapse 0 -> 1")]
)
def test_synapses_that_cannot_be_are_refused(pre: list[int], post: list[int], said: str) -> None:
    network, clock, cells = simple()
    network.projection("in", clock, cells, weight=1 * mV, pre=pre, post=post)
    with pytest.raises(ValueError, match=said):
        Simulation(network)


def test_faults_are_told_with_names_and_hints() -> None:
    network = Network()
    network.population("cells", 3, tau_n=20 * ms)
    with pytest.raises(memspike.UnknownKeyError, match="did you mean `tau_m`"):
        Simulation(network)
    network = Network()
    network.population("cells", 3, tau_m=ms * [1, 2])
    with pytest.raises(memspike.ScenarioError, match="tau_m"):
        Simulation(network)
    network, clock, cells = simple()
    other, _, foreign = simple()
    with pytest.raises(ValueError, match="allowed: one of this network"):
        network.projection("in", clock, foreign, weight=1 * mV)
    with pytest.raises(ValueError, match="already"):
        network.population("clock", 1)
    simulation = Simulation(network)
    with pytest.raises(ValueError, match="another network"):
        simulation.membranes(foreign)
    with pytest.raises(KeyError, match="no population `cell`; there are: cells"):
        simulation.membranes("cell")
    with pytest.raises(ValueError, match="cannot be changed"):
        simulation.set_rate("clock", 5 * Hz)
    for wrong in (5.0, -1, "10", "10 mV", ms * [1, 2], float("nan") * ms, True):
        with pytest.raises(ValueError):
            simulation.run(wrong)
    assert simulation.time == 0


def test_a_poisson_source_whose_rate_is_fixed_says_what_to_do() -> None:
    simulation = Simulation(balanced(), seed=SEED)
    with pytest.raises(ValueError, match="poisson_steps"):
        simulation.set_rate("noise", 5 * Hz)
    driven = Simulation(balanced(changing=True), seed=SEED)
    with pytest.raises(ValueError):
        driven.set_rate("noise", -5 * Hz)


def test_ctrl_c_leaves_the_simulation_where_it_is() -> None:
    network = balanced()
    simulation = Simulation(network, seed=SEED)
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        simulation.run("5000 s")
    assert time.monotonic() - begun < 5
    reached = simulation.time
    assert 0 < reached < 5000 * 10**15
    simulation.run(10 * ms)
    assert simulation.time == reached + 10 * 10**12
    whole = Simulation(network, seed=SEED)
    whole.run(simulation.time)
    assert np.array_equal(whole.membranes("cells"), simulation.membranes("cells"))


def test_a_simulation_that_has_failed_is_not_used_again() -> None:
    network = Network()
    clock = network.spikes("clock", 1, ms * [1])
    cells = network.population("cells", 1, tau_m=20 * ms, v_th=1 * mV, u_rest="0 V", reset="subtract")
    # A jump of 70 000 thresholds: more spikes at once than there may be.
    network.projection("in", clock, cells, weight="70 V")
    simulation = Simulation(network)
    with pytest.raises(ValueError, match="65"):
        simulation.run(2 * ms)
    with pytest.raises(RuntimeError, match="has failed before"):
        simulation.membranes(cells)


def test_another_thread_is_told_to_wait() -> None:
    simulation = Simulation(balanced(), seed=SEED)
    heard: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not heard and not done.is_set():
            try:
                simulation.membranes("cells")
            except RuntimeError as error:
                heard.append(str(error))

    thread = threading.Thread(target=look)
    thread.start()
    while not heard:
        simulation.run(100 * ms)
    done.set()
    thread.join()
    assert "runs in another thread" in heard[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_is_refused() -> None:
    simulation = Simulation(balanced(), seed=SEED)
    child = os.fork()
    if child == 0:
        try:
            simulation.run(1 * ms)
        except RuntimeError as error:
            os._exit(0 if "was made in process" in str(error) else 1)
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    simulation.run(1 * ms)


def test_units_of_numbers_are_taken_by_their_digits() -> None:
    from memspike import _core

    numbers = np.array([0.1, 0.3, 3.0, 1e-5, -2.5e20, 0.0, 123456789.123])
    scaled = _core.scaled(numbers, -3)
    expected = [float(f"{x:e}".partition("e")[0] + "e" + str(int(f"{x:e}".partition("e")[2]) - 3)) for x in [0.1, 0.3, 3.0]]
    assert scaled[:3].tolist() == expected == [0.0001, 0.0003, 0.003]
    assert scaled[3:].tolist() == [1e-8, -2.5e17, 0.0, 123456.789123]
    assert _core.times(np.array([0.1, 2.5, 1e-12]), -3).tolist() == [10**11, 2500000000000, 1]
    with pytest.raises(ValueError):
        _core.times(np.array([-1.0]), 0)


def test_quantities_of_pint_are_taken() -> None:
    pint = pytest.importorskip("pint")
    units = pint.UnitRegistry()
    network = Network()
    clock = network.spikes("clock", 2, np.array([1.0, 2.0]) * units.ms, [0, 1])
    cells = network.population("cells", 3, tau_m=20 * units.ms, v_th=1 * units.volt)
    network.projection("in", clock, cells, weight=np.ones((2, 3)) * units.millivolt, delay=0.5 * units.ms)
    simulation = Simulation(network)
    simulation.run(3 * units.ms)
    assert simulation.weights("in").tolist() == [0.001] * 6


def test_arrays_are_numpy_of_the_kinds_that_are_said() -> None:
    simulation = Simulation(balanced(), seed=SEED)
    simulation.run(20 * ms)
    spikes = simulation.spikes()
    kinds: list[tuple[NDArray[Any], str]] = [
        (spikes["time"], "int64"),
        (spikes["id"], "uint32"),
        (simulation.membranes("cells"), "float64"),
        (simulation.counts("cells"), "uint32"),
    ]
    assert all(array.dtype == kind for array, kind in kinds)
