"""Spikes of a run for other packages: Neo, NWB."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import numpy as np
from numpy.typing import NDArray

from ._asked import path

if TYPE_CHECKING:
    from .result import Result

PathLike = Union[str, "os.PathLike[str]"]


def neo_block(result: Result) -> Any:
    """A segment for each episode, and in it a train for each neuron that spiked."""
    import neo
    import quantities

    block = neo.Block(name=result.summary["scenario"], description=result.summary["title"])
    block.annotate(fingerprint=result.fingerprint, seed=result.summary["seed"])
    for episode, seconds in _episodes(result):
        segment = neo.Segment(name=f"episode {episode}", index=episode)
        for name, neuron, times in _trains(result, episode):
            train = neo.SpikeTrain(times / 1e12 * quantities.ms, t_stop=1e3 * seconds, name=f"{name}[{neuron}]")
            train.annotate(population=name, id=neuron)
            segment.spiketrains.append(train)
        block.segments.append(segment)
    return block


def write_nwb(result: Result, to: PathLike) -> Path:
    """A unit for each neuron that spiked, of a run of one episode."""
    import pynwb

    episodes = list(_episodes(result))
    if len(episodes) != 1:
        raise ValueError(f"the spikes are of {len(episodes)} episodes, each with a time of its own; allowed: one; hint: `to_neo`")
    started = datetime.fromisoformat(result.manifest["started"].replace("Z", "+00:00"))
    file = pynwb.NWBFile(result.summary["title"], result.fingerprint, started)
    file.add_unit_column("population", "population or source in the scenario")
    file.add_unit_column("number", "neuron or line, from 0")
    for name, neuron, times in _trains(result, episodes[0][0]):
        interval = [[0.0, episodes[0][1]]]
        file.add_unit(spike_times=times / 1e15, obs_intervals=interval, population=name, number=neuron)
    place = Path(path("to", to))
    with pynwb.NWBHDF5IO(str(place), "w") as out:
        out.write(file)
    return place


def _episodes(result: Result) -> Iterator[tuple[int, float]]:
    """Number and length in seconds of the episodes of which there are spikes."""
    if "episode" not in result.spikes:
        yield 0, float(result.summary["sim_time_s"])
        return
    shown = result.records["presentations"]
    for episode, duration in zip(shown["episode"].tolist(), shown["duration"].tolist()):
        # Femtoseconds in arrays, milliseconds in tables.
        yield int(episode), duration / (1e15 if shown.units["duration"] == "fs" else 1e3)


def _trains(result: Result, episode: int) -> Iterator[tuple[str, int, NDArray[np.int64]]]:
    spikes = result.spikes
    if "episode" in spikes:
        spikes = spikes.where(episode=episode)
    for code, name in enumerate(spikes.labels["population"].tolist()):
        mine = spikes.codes["population"] == code
        times, ids = spikes["time"][mine], spikes["id"][mine]
        order = np.argsort(ids, kind="stable")
        neurons, first = np.unique(ids[order], return_index=True)
        for neuron, train in zip(neurons.tolist(), np.split(times[order], first[1:])):
            yield name, neuron, train
