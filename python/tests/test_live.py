"""What is seen without a copy, and what may be changed while a network runs."""

from __future__ import annotations

import gc
import pickle
from typing import Any

import numpy as np
import pytest
from memspike import Network, Simulation
from memspike.units import Hz, mV, ms, nA, pA
from numpy.typing import NDArray

TAU, V_TH, R = 20e-3, 15e-3, 1e8


def connected(plastic: bool = False) -> Network:
    rng = np.random.default_rng(2)
    network = Network()
    noise = network.poisson("noise", 20, rate=300 * Hz)
    cells = network.population("cells", 30, tau_m=20 * ms, v_th=5 * mV)
    learning: dict[str, Any] = {"plasticity": {"rule": "stdp_pair", "w_max": "2 mV"}} if plastic else {}
    network.projection("drive", noise, cells, weight=rng.uniform(0, 2, (20, 30)) * mV, **learning)
    pre, post = np.nonzero(rng.random((30, 30)) < 0.3)
    delay = rng.integers(10**12, 3 * 10**12, len(pre))
    network.projection("back", cells, cells, weight=-0.3 * mV, pre=pre, post=post, delay=delay)
    return network


def address(array: NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])


def test_what_does_not_change_is_seen_where_it_is() -> None:
    simulation = Simulation(connected(), seed=1)
    simulation.run(50 * ms)
    for look in (simulation.weights, simulation.delays, lambda name: simulation.synapses(name)[1]):
        one, other = look("back"), look("back")
        assert address(one) == address(other) and np.shares_memory(one, other)
        assert not one.flags.writeable and not one.flags.owndata
        with pytest.raises(ValueError, match="read-only"):
            one[0] = 1
    # Copies of a simulation share what neither of them changes.
    branch = simulation.copy()
    assert address(branch.weights("back")) == address(simulation.weights("back"))
    assert simulation.synapses("back")[1].dtype == np.uint16 and simulation.delays("back").dtype == np.int64


def test_what_is_seen_outlives_what_it_was_seen_in() -> None:
    simulation = Simulation(connected(), seed=1)
    simulation.run(100 * ms)
    weights, delays, spikes = simulation.weights("back"), simulation.delays("back"), simulation.spikes()
    kept = (weights.copy(), delays.copy(), spikes["time"].copy(), spikes["id"].copy())
    simulation.set_weights("back", np.full(len(weights), -0.7) * mV)
    assert (simulation.weights("back") == -0.7e-3).all()
    simulation.run(100 * ms)
    simulation.reset()
    del simulation
    gc.collect()
    churn = [np.random.default_rng(3).random(100_000) for _ in range(20)]
    assert len(churn) == 20
    for seen, was in zip((weights, delays, spikes["time"], spikes["id"]), kept):
        assert np.array_equal(seen, was)


def test_records_are_columns_of_the_same_rows() -> None:
    simulation = Simulation(connected(), seed=1)
    simulation.run(100 * ms)
    spikes = simulation.spikes()
    assert spikes.rows > 100
    time, neuron = spikes["time"], spikes["id"]
    assert time.dtype == np.int64 and neuron.dtype == np.uint32
    # Time, population and neuron of a spike lie in sixteen bytes.
    assert time.strides == neuron.strides == (16,)
    assert abs(address(neuron) - address(time)) < 16
    assert not time.flags.writeable and not neuron.flags.writeable
    assert (np.diff(time) >= 0).all() and np.bincount(neuron, minlength=30).tolist() == simulation.counts("cells").tolist()
    assert Simulation(connected(), seed=1).spikes().rows == 0


def test_what_learns_is_copied() -> None:
    simulation = Simulation(connected(plastic=True), seed=1)
    before = simulation.weights("drive")
    assert before.flags.writeable
    kept = before.copy()
    simulation.run(200 * ms)
    assert np.array_equal(before, kept) and not np.array_equal(simulation.weights("drive"), kept)


def driven(size: int = 3, **keys: Any) -> tuple[Network, Simulation]:
    """Neurons under a constant current, which spike as their closed form says."""
    network = Network()
    bias = network.current("bias", 0.3 * nA)
    given = {"tau_m": 20 * ms, "r_m": "100 MOhm", "v_th": 15 * mV, "u_rest": "0 V", **keys}
    cells = network.population("cells", size, **given)
    network.projection("in", bias, cells, weight=np.ones((1, size)), kernel="current")
    return network, Simulation(network)


def crossing(start: float, drive: float, theta: float, tau: float = TAU) -> float:
    """Seconds from a potential to a threshold: u = d + (u_0 - d) e^(-t/tau)."""
    return float(tau * np.log((drive - start) / (drive - theta)))


def test_a_threshold_that_is_changed_is_the_one_that_is_crossed() -> None:
    _, simulation = driven()
    simulation.run(5 * ms)
    u = simulation.membranes("cells")[0]
    simulation.set_parameters("cells", v_th=mV * [12.0, 15.0, 20.0])
    assert simulation.membranes("cells")[0] == pytest.approx(u, rel=1e-15)
    simulation.run(60 * ms)
    spikes = simulation.spikes()
    for neuron, theta in enumerate((12e-3, 15e-3, 20e-3)):
        first = spikes["time"][spikes["id"] == neuron][0] * 1e-15
        assert first == pytest.approx(5e-3 + crossing(u, R * 0.3e-9, theta), rel=1e-12)


def test_time_constant_rest_and_bias_act_from_now_on() -> None:
    _, simulation = driven(1, v_th=1000 * mV)
    simulation.run(5 * ms)
    u = simulation.membranes("cells")[0]
    simulation.set_parameters("cells", tau_m=7 * ms)
    simulation.run(3 * ms)
    one = 0.03 + (u - 0.03) * np.exp(-3 / 7)
    assert simulation.membranes("cells")[0] == pytest.approx(one, rel=1e-12)
    # The current stays what it is, and moves the membrane by another resistance towards another rest.
    simulation.set_parameters("cells", r_m="50 MOhm", u_rest=-10 * mV)
    assert simulation.membranes("cells")[0] == pytest.approx(one, rel=1e-12)
    simulation.run(3 * ms)
    asymptote = -0.01 + 5e7 * 0.3e-9
    two = asymptote + (one - asymptote) * np.exp(-3 / 7)
    assert simulation.membranes("cells")[0] == pytest.approx(two, rel=1e-12)
    simulation.set_parameters("cells", i_bias=100 * pA)
    simulation.run(3 * ms)
    asymptote += 5e7 * 0.1e-9
    assert simulation.membranes("cells")[0] == pytest.approx(asymptote + (two - asymptote) * np.exp(-3 / 7), rel=1e-12)


@pytest.mark.parametrize("form", ["shared", "scaled", "own"])
def test_every_form_goes_on_from_where_it_was(form: str) -> None:
    """Jumps alone, in each arithmetic form, against the sum of what decays."""
    network = Network()
    clock = network.spikes("clock", 2, ms * [1, 3, 6, 9], [0, 1, 0, 1])
    cells = network.population("cells", 2, tau_m=20 * ms, v_th=1000 * mV, u_rest="0 V")
    jumps = np.array([[1.0, 2.0], [0.5, 0.25]])
    if form == "shared":
        network.source("extra", 1, kind="spike_list", spikes=[])
        network.projection("in", clock, cells, weight=1 * mV)
        jumps = np.ones((2, 2))
    elif form == "scaled":
        network.projection("in", clock, cells, weight=jumps * mV)
    else:
        network.projection("in", clock, cells, weight=jumps * mV)
        network.projection("other", clock, cells, weight="0 A", kernel="exponential", tau_syn=5 * ms)
    simulation = Simulation(network)
    simulation.run(5 * ms)
    simulation.set_parameters("cells", tau_m=5 * ms)
    simulation.run(6 * ms)
    at5 = 1e-3 * (jumps[0] * np.exp(-4 / 20) + jumps[1] * np.exp(-2 / 20))
    at11 = at5 * np.exp(-6 / 5) + 1e-3 * (jumps[0] * np.exp(-5 / 5) + jumps[1] * np.exp(-2 / 5))
    assert simulation.membranes("cells") == pytest.approx(at11, rel=1e-12)


@pytest.mark.parametrize("form", ["shared", "scaled", "own"])
def test_dead_times_that_have_begun_end_as_they_were_going_to(form: str) -> None:
    network = Network()
    clock = network.spikes("clock", 1, ms * [1, 4, 8, 12])
    cells = network.population("cells", 2, tau_m=20 * ms, v_th=1 * mV, u_rest="0 V", t_ref=5 * ms)
    if form == "scaled":
        network.projection("in", clock, cells, weight=np.full((1, 2), 2) * mV)
    else:
        network.projection("in", clock, cells, weight=2 * mV)
    if form == "own":
        network.projection("other", clock, cells, weight="0 A", kernel="exponential", tau_syn=5 * ms)
    simulation = Simulation(network)
    simulation.run(2 * ms)
    # Dead until 6 ms: the spike at 4 ms is lost; the one at 8 ms makes it dead for 1 ms more, and the one at 12 ms counts.
    simulation.set_parameters("cells", t_ref=1 * ms)
    simulation.run(20 * ms)
    assert simulation.spikes()["time"].tolist() == [t * 10**12 for t in (1, 1, 8, 8, 12, 12)]
    simulation.reset()
    simulation.run(2 * ms)
    simulation.set_parameters("cells", t_ref="0 s")
    simulation.run(20 * ms)
    assert simulation.spikes()["time"].tolist() == [t * 10**12 for t in (1, 1, 4, 4, 8, 8, 12, 12)]


def test_no_bit_depends_on_slices_or_on_where_it_goes_on() -> None:
    def changed(pieces: list[Any], threads: int = 1) -> Simulation:
        simulation = Simulation(connected(), seed=1, threads=threads)
        for piece in pieces:
            simulation.run(piece)
        simulation.set_parameters("cells", v_th=mV * np.linspace(6, 8, 30), tau_m=15 * ms)
        return simulation

    whole = changed([40 * ms])
    whole.run(60 * ms)
    for other in (changed([10 * ms, 30 * ms]), changed([40 * ms], threads=2)):
        other.run(1 * ms)
        other.run(59 * ms)
        assert np.array_equal(whole.membranes("cells"), other.membranes("cells"))
        assert np.array_equal(whole.counts("cells"), other.counts("cells"))
    first = changed([40 * ms])
    kept = first.snapshot()
    fresh = Simulation(connected(), seed=1)
    fresh.restore(kept)
    copied, pickled = first.copy(), pickle.loads(pickle.dumps(first))
    for other in (first, fresh, copied, pickled):
        other.run(60 * ms)
        assert np.array_equal(whole.membranes("cells"), other.membranes("cells"))
    # Back to the parameters of the network.
    unchanged = Simulation(connected(), seed=1)
    start = unchanged.snapshot()
    first.restore(start)
    for one in (first, unchanged):
        one.run(60 * ms)
    assert np.array_equal(first.membranes("cells"), unchanged.membranes("cells"))
    first.reset()
    first.run(60 * ms)
    assert np.array_equal(first.membranes("cells"), unchanged.membranes("cells"))


def test_the_same_parameters_again_change_nothing_that_can_be_seen() -> None:
    one, other = Simulation(connected(), seed=1), Simulation(connected(), seed=1)
    for simulation in (one, other):
        simulation.run(37 * ms)
    one.set_parameters("cells", v_th=5 * mV)
    for simulation in (one, other):
        simulation.run(100 * ms)
    assert one.membranes("cells") == pytest.approx(other.membranes("cells"), rel=1e-9, abs=1e-15)
    assert np.array_equal(one.counts("cells"), other.counts("cells"))


def test_other_models_keep_their_variables() -> None:
    network = Network()
    clock = network.spikes("clock", 1, ms * np.arange(1, 60))
    cells = network.population("cells", 2, model="adex")
    network.projection("in", clock, cells, weight=3 * mV)
    simulation = Simulation(network)
    simulation.run(30 * ms)
    before = simulation.states("cells")
    u = simulation.membranes("cells")
    simulation.set_parameters("cells", tau_w=50 * ms)
    after = simulation.states("cells")
    assert simulation.membranes("cells") == pytest.approx(u, rel=1e-12)
    assert after["w"][0] == pytest.approx(before["w"][0], rel=1e-12)
    simulation.run(10 * ms)


def test_neurons_that_are_devices_or_compete_keep_their_parameters() -> None:
    network = Network()
    network.device("switch", "ag-tio2-pt-ts")
    clock = network.spikes("clock", 1, ms * [1])
    cells = network.population("cells", 2, device="switch")
    network.projection("in", clock, cells, weight=10 * mV)
    with pytest.raises(ValueError, match="made of a device"):
        Simulation(network).set_parameters("cells", r_m="1 MOhm")
