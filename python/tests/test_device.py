"""One device on the bench, and fits of its curves."""

from __future__ import annotations

from pathlib import Path

import memspike
import numpy as np
import pytest
from memspike import Device, fit
from memspike.units import V, mV, ms, mS, s


def test_a_loop_is_that_of_the_command() -> None:
    loop = Device("ag-tio2-pt-ts").iv(amplitude=0.4 * V, samples=100)
    assert loop.units["voltage"] == "V" and loop.units["device energy"] == "J"
    assert loop.rows == 200 and loop["voltage"].max() == 0.4
    on = np.flatnonzero(loop["on"])
    # It turns on at its threshold.
    assert loop["voltage"][on[0]] == pytest.approx(0.25, abs=0.01)
    assert loop["time"].dtype == np.float64 and loop["on"].dtype == np.int64


def test_parameters_are_those_that_are_given() -> None:
    loop = Device("ag-tio2-pt-ts", v_th=0.35 * V).iv(through=[0 * V, 0.5 * V, 0 * V])
    assert loop["voltage"][np.flatnonzero(loop["on"])[0]] == pytest.approx(0.35, abs=0.01)


def test_the_other_experiments() -> None:
    memory = Device("ag-tio2-pt-rs-analog")
    train = memory.pulses(amplitude=200 * mV, width=120 * ms, count=20, reverse=-0.25 * V)
    assert train.rows == 41 and train["conductance"][20] > train["conductance"][0]
    assert train["conductance"][40] < train["conductance"][20]
    window = memory.stdp(points=10, reach=100 * ms, start=1 * mS)
    assert np.sign(window["change"][0]) == -1 and np.sign(window["change"][-1]) == 1
    assert memory.retention(until=1000 * s, points=5)["time"][-1] == 1000
    cycles = Device("ag-tio2-pt-rs-binary").cycles(number=50, seed=3)
    assert cycles.rows == 50 and cycles["r_on"].std() > 0
    again = Device("ag-tio2-pt-rs-binary").cycles(number=50, seed=3)
    assert np.array_equal(cycles["r_on"], again["r_on"])


def test_what_cannot_be_measured_says_why() -> None:
    with pytest.raises(ValueError, match="ag-tio2-pt-tz"):
        Device("ag-tio2-pt-tz").iv()
    with pytest.raises(ValueError, match="v_thh"):
        Device("ag-tio2-pt-ts", v_thh=0.3 * V).iv()
    with pytest.raises(ValueError, match="amplitud"):
        Device("ag-tio2-pt-ts").iv(amplitud=0.3 * V)
    with pytest.raises(ValueError, match="seed"):
        Device("ag-tio2-pt-ts").iv(seed=-1)


def test_a_fit_finds_what_was_measured_and_goes_into_a_network(tmp_path: Path) -> None:
    tau, state = 23e-3, 0.5
    time = np.linspace(0, 0.1, 60)
    noise = np.random.default_rng(1).normal(0, 4e-4, 60)
    found = fit.relaxation(time, state * np.exp(-time / tau) + noise, param={"u_rest": "0 V"})
    assert found.fits and found.preset is not None
    assert found.parameters["tau"].value == pytest.approx(tau, abs=4 * (found.parameters["tau"].error or 0))
    assert found.parameters["tau"].unit == "s"
    device = found.device(tmp_path / "mine.toml")
    assert device.iv().rows > 0
    result = memspike.run(
        "digits",
        set={
            "device.switch.preset": tmp_path / "mine.toml",
            "protocol.epochs": 1,
            "protocol.train_samples": 60,
            "protocol.test_samples": 20,
        },
    )
    assert result.manifest["plan"]["populations"][0]["neuron"]
    assert result.energy["neuron"] > 0


def test_units_of_measurements_do_not_matter() -> None:
    time, state = np.linspace(0, 100, 40), 400 * np.exp(-np.linspace(0, 100, 40) / 20) + np.sin(np.arange(40.0))
    plain = fit.relaxation(time / 1000, state / 1000, anyway=True)
    units = fit.relaxation(time * ms, state * mV, anyway=True)
    for name, parameter in plain.parameters.items():
        assert units.parameters[name].value == pytest.approx(parameter.value, rel=1e-6)


def test_arrays_that_are_no_measurement_are_refused() -> None:
    with pytest.raises(ValueError, match="5 of time .* 4 of state"):
        fit.relaxation(np.arange(5.0), np.ones(4))
    with pytest.raises(ValueError, match="state: value 1 is nan"):
        fit.relaxation(np.arange(3.0), [1.0, np.nan, 0.5])
    with pytest.raises(ValueError):
        fit.relaxation(np.arange(2.0), np.ones(2))
    with pytest.raises(ValueError, match="allowed: V"):
        fit.relaxation(np.arange(5.0), np.ones(5) * ms)
