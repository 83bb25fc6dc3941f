"""`run`: the command line, called."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import memspike
import numpy as np
import pytest
from conftest import command
from memspike.units import ms


def test_spikes_are_those_of_the_scenario(scenario: Path) -> None:
    result = memspike.run(scenario)
    times, ids = result.spikes.of("cells")
    assert times.dtype == np.int64 or times.dtype == np.uint64
    assert times.tolist() == [10**12] * 3 + [5 * 10**12] * 3
    assert ids.tolist() == [0, 1, 2, 0, 1, 2]
    assert result.spikes.units == {"time": "fs", "population": "", "id": ""}
    assert result.summary["spikes"] == {"cells": 6}
    assert set(result.spikes["population"]) == {"cells", "clock"}
    assert result.spikes.ms[-1] == 5.0


def test_records_weights_and_energy_have_units(scenario: Path) -> None:
    result = memspike.run(scenario)
    assert sorted(result.records) == ["connections", "membrane", "spikes"]
    membrane = result.records["membrane"].where(population="cells", id=0)
    assert membrane.units["u"] == "V"
    # Reset to rest at 1 ms; 0 before.
    assert membrane["u"].max() < 1e-3
    assert result.weights["drive"].tolist() == [[0.002] * 3]
    # The kernel's unit is that of the record, which says it with every row.
    assert result.weights.units["drive"] == "V" == result.records["connections"]["unit"][0]
    assert result.energy == {}
    with pytest.raises(KeyError, match="no record `states`"):
        result.records["states"]
    with pytest.raises(KeyError, match="no spikes of `e` were recorded; there are those of: cells, clock"):
        result.spikes.of("e")


def test_units_of_weights_are_those_of_the_record() -> None:
    result = memspike.run("networks/vogels-abbott-currents", seed=1, set={"protocol.duration": 1 * ms})
    assert result.weights.units == {"start-e": "V", "start-i": "V", "ee": "A", "ei": "A", "ie": "A", "ii": "A"}


def test_the_fingerprint_is_that_of_the_command(tmp_path: Path) -> None:
    for scenario, values in [("networks/ring", {}), ("digits", {"protocol.epochs": 1, "protocol.train_samples": 60, "protocol.test_samples": 20})]:
        result = memspike.run(scenario, seed=3, set=values, threads=2)
        args = [f"--set={key}={value}" for key, value in values.items()]
        done = command("run", scenario, "--seed", "3", "--format", "json", "--out", str(tmp_path / scenario), *args)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["fingerprint"] == result.fingerprint


def test_what_is_set_is_what_is_run(scenario: Path) -> None:
    sets = [
        {"population.cells.v_th": "4 mV"},
        {"population.cells.v_th": np.full(3, 4.0) * memspike.units.mV},
        {"protocol.duration": 500 * memspike.units.us},
        {"projection.drive.weight": {"uniform": [0.1 * memspike.units.mV, "0.2 mV"]}},
    ]
    for values in sets:
        assert memspike.run(scenario, set=values).summary["spikes"] == {"cells": 0}, values


def test_pint_and_numpy_are_understood(scenario: Path) -> None:
    pint = pytest.importorskip("pint")
    units = pint.UnitRegistry()
    assert memspike.run(scenario, set={"population.cells.v_th": 4 * units.mV}).summary["spikes"] == {"cells": 0}
    assert memspike.run(scenario, seed=np.uint64(7)).summary["seed"] == 7


def test_a_temporary_directory_lives_as_long_as_the_result(scenario: Path) -> None:
    result = memspike.run(scenario)
    path = result.path
    assert (path / "report.html").is_file() and result.report() == path / "report.html"
    again = pickle.loads(pickle.dumps(result))
    del result
    assert not path.exists()
    assert again.spikes.of("cells")[1].tolist() == [0, 1, 2, 0, 1, 2]


def test_a_directory_that_is_named_stays(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "here"
    result = memspike.run(scenario, out=out)
    assert memspike.Result(out).fingerprint == result.fingerprint
    assert pickle.loads(pickle.dumps(result)).path == out
    with pytest.raises(ValueError, match="exists and is not empty"):
        memspike.run(scenario, out=out)
    assert memspike.run(scenario, out=out, force=True).fingerprint == result.fingerprint
    with pytest.raises(ValueError, match="is finished"):
        memspike.resume(out)
    for file in out.iterdir():
        file.unlink()
    with pytest.raises(FileNotFoundError, match="has no summary.json"):
        result.spikes


def test_records_in_other_formats_are_read_all_the_same(scenario: Path) -> None:
    first = memspike.run(scenario)
    other = memspike.run(scenario, set={"record.formats": ["log"]})
    assert first.spikes["time"].tolist() == other.spikes["time"].tolist()
    assert first.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        (memspike.UnknownKeyError, {"protocol.duratoin": "1 ms"}, "did you mean `duration`"),
        (memspike.ScenarioError, {"population.cells.tau_m": 5}, "tau_m"),
        (memspike.ScenarioError, {"population.cells.tau_m": "-5 ms"}, "-5 ms"),
    ],
)
def test_faults_of_scenarios_are_exceptions(
    scenario: Path, kind: type[Exception], change: dict[str, object], said: str
) -> None:
    with pytest.raises(kind) as caught:
        memspike.run(scenario, set=change)
    assert said in str(caught.value) and "allowed" in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, KeyError) == (kind is memspike.UnknownKeyError)


def test_all_faults_are_told_at_once(scenario: Path) -> None:
    with pytest.raises(memspike.ScenarioError) as caught:
        memspike.run(scenario, set={"population.cells.tau_m": 5, "protocol.duratoin": "1 ms"})
    assert "2 errors" in str(caught.value) and not isinstance(caught.value, KeyError)


def test_what_is_not_there_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nor is it anywhere else.
    monkeypatch.setenv("MEMSPIKE_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="there is no scenario `digit`"):
        memspike.run("digit")
    with pytest.raises(FileNotFoundError, match="data set `mnist` was not found"):
        memspike.run("mnist", data=tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"threads": 0},
        {"threads": True},
        {"seed": -1},
        {"seed": 1.5},
        {"set": {"protocol.duration": float("nan")}},
        {"force": True},
    ],
)
def test_arguments_are_checked(scenario: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        memspike.run(scenario, **wrong)  # type: ignore[arg-type]


def test_an_object_without_meaning_is_refused(scenario: Path) -> None:
    with pytest.raises(TypeError, match="protocol.duration is .*object"):
        memspike.run(scenario, set={"protocol.duration": object()})


def test_a_set_of_scenarios_is_refused() -> None:
    with pytest.raises(ValueError, match="set of scenarios"):
        memspike.run("paper")


def test_nothing_prints_unasked(scenario: Path, capfd: pytest.CaptureFixture[str]) -> None:
    memspike.run(scenario)
    assert capfd.readouterr() == ("", "")
    memspike.run(scenario, progress=True)
    said = capfd.readouterr()
    assert said.out == "" and "simulate" in said.err and said.err.endswith("\r")


def test_warnings_are_those_of_python(scenario: Path) -> None:
    with pytest.warns(memspike.MemspikeWarning, match="warning"):
        memspike.run(scenario, set={"population.cells.tau_m": "10000 s"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(memspike.MemspikeWarning):
            memspike.run(scenario, set={"population.cells.tau_m": "10000 s"})


def test_progress_is_told(scenario: Path) -> None:
    told: list[memspike.Progress] = []
    memspike.run(scenario, progress=told.append)
    assert told[-1].phase == "simulate" and told[-1].done == told[-1].total == 200


def test_who_listens_may_stop_the_run(scenario: Path) -> None:
    class Enough(Exception):
        pass

    def listen(_: memspike.Progress) -> None:
        raise Enough

    with pytest.raises(Enough):
        memspike.run(scenario, progress=listen)
    assert memspike.run(scenario).summary["status"] == "done"


LONG = {"protocol.duration": "1000 s"}


def test_ctrl_c_is_a_keyboard_interrupt(tmp_path: Path) -> None:
    out = tmp_path / "stopped"
    sent = []

    def interrupt() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(1.0, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        memspike.run("networks/brunel-small", set=LONG, out=out)
    # 0.1 s on a machine that does nothing else.
    assert time.monotonic() - sent[0] < 2.0
    assert json.loads((out / "manifest.json").read_text())["status"] == "interrupted"


def test_other_threads_go_on(scenario: Path) -> None:
    counted = [0]
    done = threading.Event()

    def count() -> None:
        while not done.is_set():
            counted[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    before = counted[0]
    memspike.run("networks/ring")
    during = counted[0] - before
    done.set()
    thread.join()
    assert during > 100


def test_several_threads_run_at_once(scenario: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda seed: memspike.run("networks/ring", seed=seed), [1, 2, 1, 2]))
    prints = [result.fingerprint for result in results]
    assert prints[:2] == prints[2:]


def test_the_command_is_there(tmp_path: Path) -> None:
    done = command("--version")
    assert done.stdout == f"memspike {memspike.__version__}\n" and done.returncode == 0
    assert command("run", "nonsense").returncode == 2
    done = command("run", "networks/ring", cwd=tmp_path)
    assert done.returncode == 0 and (tmp_path / "runs/networks/ring/001/report.html").is_file()


def test_the_command_answers_signals_itself(tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "memspike"
    out = tmp_path / "stopped"
    run = subprocess.Popen(
        [program, "run", "networks/brunel-small", "--set", 'protocol.duration="1000 s"', "--out", out],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (out / "manifest.json").is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "--resume" in said and "Traceback" not in said


def test_importing_the_command_does_not_import_numpy() -> None:
    code = "import sys, memspike; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_the_shown_result_has_numbers_and_pictures(scenario: Path) -> None:
    result = memspike.run(scenario)
    page = result._repr_html_()
    assert "spikes of cells" in page and "data:image/svg+xml;base64," in page and result.fingerprint in page
    assert "cells 6 spikes" in repr(result)


def test_tables_become_data_frames(scenario: Path) -> None:
    pytest.importorskip("pandas")
    frames = memspike.run(scenario).to_pandas()
    assert list(frames["spikes"].columns) == ["time [fs]", "population", "id"]
    assert list(frames["spikes"]["population"].unique()) == ["clock", "cells"]
    assert (frames["membrane"].groupby("id")["u [V]"].max() < 1e-3).all()


def test_neo_and_nwb_have_every_spike(scenario: Path, tmp_path: Path) -> None:
    pytest.importorskip("neo")
    result = memspike.run(scenario)
    block = result.to_neo()
    trains = {train.name: train.magnitude.tolist() for train in block.segments[0].spiketrains}
    assert trains == {"clock[0]": [1.0, 5.0], **{f"cells[{k}]": [1.0, 5.0] for k in range(3)}}
    few = {"protocol.epochs": 1, "protocol.train_samples": 20, "protocol.test_samples": 10}
    trained = memspike.run("digits", set=few, record="output")
    several = trained.to_neo()
    assert len(several.segments) == trained.summary["episodes"]
    assert sum(len(train) for segment in several.segments for train in segment.spiketrains) == trained.spikes.rows
    pynwb = pytest.importorskip("pynwb")
    with pynwb.NWBHDF5IO(str(result.to_nwb(tmp_path / "run.nwb")), "r") as file:
        units = file.read().units
        assert [units["spike_times"][k].tolist() for k in range(4)] == [[0.001, 0.005]] * 4
        assert sorted(units["population"].data[:]) == ["cells"] * 3 + ["clock"]
    with pytest.raises(ValueError, match="episodes"):
        trained.to_nwb(tmp_path / "other.nwb")
