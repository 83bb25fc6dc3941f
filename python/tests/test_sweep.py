"""Many runs at once."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import memspike
import numpy as np
import pytest
from memspike.units import ms

KEY = "protocol.duration"


def test_every_combination_is_run_with_every_seed() -> None:
    sweep = memspike.sweep("networks/ring", {KEY: [10 * ms, 20 * ms, 30 * ms]}, seeds=[1, 2], jobs=2)
    assert sweep.shape == (3, 2) and len(sweep) == 6
    assert sweep.measure("sim_time_s").tolist() == [[0.01] * 2, [0.02] * 2, [0.03] * 2]
    assert sweep.mean("sim_time_s").tolist() == [0.01, 0.02, 0.03]
    single = memspike.run("networks/ring", seed=2, set={KEY: 20 * ms})
    assert sweep[3].result.fingerprint == single.fingerprint and sweep[3].seed == 2


def test_values_that_vary_together() -> None:
    sweep = memspike.sweep("networks/ring", {KEY: ["10 ms", "20 ms"], "scenario.seed": [5, 6]}, together=True)
    assert sweep.shape == (2,) and [point.result.summary["seed"] for point in sweep] == [5, 6]


def test_an_executor_may_do_the_runs() -> None:
    with ThreadPoolExecutor(2) as client:
        sweep = memspike.sweep("networks/ring", {KEY: ["10 ms", "20 ms"]}, client=client)
    assert sweep.measure("sim_time_s").tolist() == [0.01, 0.02]
    import multiprocessing

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as client:
        other = memspike.sweep("networks/ring", {KEY: ["10 ms", "20 ms"]}, client=client)
    assert [point.result.fingerprint for point in other] == [point.result.fingerprint for point in sweep]


def test_a_data_frame_has_a_row_for_each_run() -> None:
    pytest.importorskip("pandas")
    sweep = memspike.sweep("networks/ring", {KEY: ["10 ms", "20 ms"]}, seeds=[1])
    frame = sweep.to_pandas("sim_time_s")
    assert list(frame.columns) == [KEY, "seed", "sim_time_s"] and len(frame) == 2


def test_faults_of_sweeps() -> None:
    with pytest.raises(ValueError, match="nothing is varied"):
        memspike.sweep("networks/ring", {})
    with pytest.raises(ValueError, match="no values of protocol.duration"):
        memspike.sweep("networks/ring", {KEY: []})
    with pytest.raises(ValueError, match="2 of `protocol.duration`, 1 of `scenario.seed`"):
        memspike.sweep("networks/ring", {KEY: ["1 ms", "2 ms"], "scenario.seed": [1]}, together=True)
    with pytest.raises(memspike.ScenarioError, match="-1 ms"):
        memspike.sweep("networks/ring", {KEY: ["10 ms", "-1 ms"]})
    sweep = memspike.sweep("networks/ring", {KEY: ["10 ms"]})
    with pytest.raises(KeyError, match="no `accuracy.test` in the summary"):
        sweep.measure("accuracy.test")
    with pytest.raises(KeyError, match="no number"):
        sweep.measure("status")


def test_pictures_are_drawn() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from memspike import plot

    sweep = memspike.sweep("networks/ring", {KEY: ["10 ms", "20 ms"], "scenario.seed": [1, 2, 3]})
    (x, y) = sweep.keys.items()
    ax = plot.heat(sweep.measure("sim_time_s").T, x, y, "simulated [s]")
    assert ax.get_xlabel() == KEY and len(ax.texts) == 6
    with pytest.raises(ValueError, match="rows for y"):
        plot.heat(np.zeros((2, 3)), x, y, "")
    result = memspike.run("networks/brunel-small", set={KEY: 20 * ms, "record.membrane": ["e[0..3]"], "record.membrane_interval": "1 ms"})
    assert result.plot.raster().get_xlabel() == "time [ms]"
    assert result.plot.membrane().get_ylabel() == "membrane [mV]"
    assert len(result.plot.membrane(ids=[1]).lines) == 1
    assert "weight" in result.plot.weights().get_xlabel()
    with pytest.raises(ValueError, match="no energy is known"):
        result.plot.energy()
    with pytest.raises(ValueError, match="no epochs"):
        result.plot.accuracy()
    trained = memspike.run("digits", set={"protocol.epochs": 2, "protocol.train_samples": 40, "protocol.test_samples": 20})
    assert trained.plot.accuracy().get_ylabel() == "accuracy [%]"
    assert trained.plot.energy().get_xlabel().startswith("energy [")
    assert trained.plot.weights().get_ylabel() == "to"
    import matplotlib.pyplot

    matplotlib.pyplot.close("all")
