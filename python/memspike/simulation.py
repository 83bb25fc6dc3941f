"""Networks that run, looked into and driven from Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._asked import mapping, number, shown
from ._numbers import femtoseconds, finite, one, si, time, whole
from ._tables import Spikes
from ._values import key, text
from .network import Network, Population, Source

# Network, seed, threads, and whether spikes of sources are recorded.
_Origin = tuple[Network, "int | None", int, bool]

# Text, spikes of sources, synapses of projections.
_Described = tuple[
    str,
    dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]],
    dict[str, tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], "NDArray[np.int64] | None"]],
]


class Simulation:
    """A network that runs, in pieces of any length: the bits are those of one run.

    Parameters
    ----------
    network
        What runs. What is added to it later does not matter to this simulation.
    seed
        Of every random draw, 0 to 2^64 - 1. Default: 1.
    threads
        1 to 1024; no result depends on it.
    sources
        Whether spikes of sources are recorded too: `source_spikes`. It costs time.

    Raises
    ------
    ScenarioError
        A ValueError: the network has faults; all of them are in the text.
    UnknownKeyError
        A ScenarioError and a KeyError: all faults are keys that are not known.
    MemoryError
        There is no memory for its synapses.

    Notes
    -----
    What is refused changes nothing; a simulation in which a run has failed (`run`) is not used again. After Ctrl-C (KeyboardInterrupt) it stands at the time that is reached,
    and may be run on. It belongs to its process: after a fork it refuses, and `snapshot` and `restore` take it across.
    """

    def __init__(
        self, network: Network, *, seed: int | None = None, threads: int = 1, sources: bool = False
    ) -> None:
        if not isinstance(network, Network):
            raise TypeError(f"a simulation of {network!r}; allowed: a Network")
        number("threads", threads, 1, 1024)
        if seed is not None:
            seed = int(number("seed", seed, 0, 2**64 - 1))
        synapses = {
            name: (one.pre, one.post, one.weights, one.delays) for name, one in network._synapses.items()
        }
        self._begin((network, seed, int(threads), bool(sources)), (network.text(), dict(network._spikes), synapses))

    def _begin(self, origin: _Origin, described: _Described) -> None:
        """A simulation of what was described then, whatever has become of the network."""
        _, seed, threads, sources = origin
        text, spikes, synapses = described
        self._core = _core.Simulation(text, seed, spikes, synapses, threads)
        self._origin, self._described = origin, described
        self._index()
        if sources:
            self._core.record_sources(True)

    def _index(self) -> None:
        self._populations = {name: index for index, (name, _) in enumerate(self._core.populations())}
        self._sources = {name: index for index, (name, _) in enumerate(self._core.sources())}
        self._projections = {
            name: (index, unit, shape) for index, (name, unit, shape) in enumerate(self._core.projections())
        }

    def _population(self, which: Population | str) -> int:
        return self._of(which, "population", self._populations)

    def _source(self, which: Source | str) -> int:
        return self._of(which, "source", self._sources)

    def _projection(self, which: str) -> int:
        return self._of(which, "projection", {name: index for name, (index, _, _) in self._projections.items()})

    def _of(self, which: Population | Source | str, what: str, known: Mapping[str, int]) -> int:
        if isinstance(which, Population if what == "population" else Source) and what != "projection":
            if which.network is not self._origin[0]:
                raise ValueError(f"{what} `{which.name}` belongs to another network; allowed: {', '.join(known) or 'none'}")
            which = which.name
        if not isinstance(which, str) or which not in known:
            raise KeyError(f"no {what} `{which if isinstance(which, str) else shown(which)}`; there are: {', '.join(known) or 'none'}")
        return known[which]

    # Time

    def run(self, duration: Any) -> None:
        """Runs on, for ``10 * ms`` or so many whole femtoseconds.

        Raises
        ------
        ValueError
            If a neuron would spike more than 65 535 times at once, or a membrane leaves the finite numbers; or if it would
            run beyond 9.223 ks, where time ends.
        MemoryError
            If what is recorded fills the memory, and nobody takes it: `spikes`, `samples`, `source_spikes`. It stands at the
            time that is reached then, and may be run on.
        KeyboardInterrupt
            After Ctrl-C; `time` says how far it is.
        """
        now, span = self._core.now(), time(duration, "duration")
        if now + span >= 2**63:
            raise ValueError(f"duration is {span} fs, and it is {now} fs; allowed: up to {2**63 - 1 - now} fs, where time ends")
        self._core.run(now + span)

    @property
    def time(self) -> int:
        """Every event before this time has been handled; femtoseconds."""
        return self._core.now()

    def reset(self) -> None:
        """Begins anew, at time 0, with the weights, the parameters and the drive of the start."""
        self._core.reset()
        if self._origin[3]:
            self._core.record_sources(True)

    # What is seen

    def spikes(self) -> Spikes:
        """Spikes of populations since the last call: time in femtoseconds, population, neuron.

        They are over, and are seen where they were recorded: no copy, not to be written into.
        """
        return _spikes(self._core.spikes(), list(self._populations))

    def source_spikes(self) -> Spikes:
        """Spikes of sources since the last call, of a simulation with ``sources=True``."""
        if not self._origin[3]:
            raise ValueError("spikes of sources are not recorded; allowed: Simulation(network, sources=True)")
        return _spikes(self._core.emissions(), list(self._sources))

    def counts(self, population: Population | str) -> NDArray[np.uint32]:
        """Spikes of each neuron since the start."""
        return self._core.counts(self._population(population))

    def membranes(self, population: Population | str) -> NDArray[np.float64]:
        """Potential of each neuron now, in volts: a copy."""
        return self._core.membranes(self._population(population))

    def states(self, population: Population | str) -> dict[str, tuple[NDArray[np.float64], str]]:
        """Every variable of the neurons of a population in their own time now: a value for each neuron, and its unit."""
        states = self._core.states(self._population(population))
        return {name: (values, unit) for name, unit, values in states}

    def sample(self, population: Population | str, every: Any) -> None:
        """Samples the membranes of a population from now on, at every multiple of ``0.1 * ms``: `samples`."""
        self._core.sample_every(self._population(population), time(every, "every"))

    def samples(self, population: Population | str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Samples since the last call: times in femtoseconds; volts, of shape (times, neurons)."""
        return self._core.samples(self._population(population))

    def synapses(self, projection: str) -> tuple[NDArray[np.uint32], NDArray[Any]]:
        """Pre and post of each synapse, in the order in which `weights` has them.

        Post are seen where they are kept, and cannot be written into: uint16 where the target has no more than 65 536
        neurons, uint32 where it has more. Where every row reaches every neuron, or one, they are made when they are asked for.
        """
        return self._core.ends(self._projection(projection))

    def weights(self, projection: str) -> NDArray[np.float64]:
        """Weight of each synapse now, in the order of `synapses`: volts, siemens or amperes, as `weight_unit` says; one
        number where all are one that never changes.

        Weights that do not learn are seen where they are kept, if synapses are listed or drawn: no copy, not to be written
        into, and what they were after `set_weights` too. What learns is copied. (A projection that is ``all_to_all`` keeps its
        rows apart, and is copied too.)
        """
        return self._core.weights(self._projection(projection))

    def delays(self, projection: str) -> NDArray[np.int64]:
        """Delay of each synapse in femtoseconds, in the order of `synapses`, seen where they are kept; one number where all are
        one."""
        return self._core.delays(self._projection(projection))

    def weight_unit(self, projection: str) -> str:
        """Symbol of the unit of the weights of a projection; "" of plain numbers."""
        self._projection(projection)
        return self._projections[projection][1]

    def conductances(self) -> dict[str, NDArray[np.float64]]:
        """Conductances of devices now, in siemens: ``NAME.plus`` and ``NAME.minus`` of projection NAME, or ``NAME.device``."""
        return dict(self._core.conductances())

    @property
    def energy(self) -> dict[str, float]:
        """Joules up to now by category, and ``total``; empty where nothing has a device or a price."""
        lines, _ = self._core.energy()
        sums: dict[str, float] = {}
        for _, category, joules in lines:
            sums[category] = sums.get(category, 0.0) + joules
        if sums:
            sums["total"] = sum(sums.values())
        return sums

    @property
    def joules(self) -> dict[str, dict[str, float]]:
        """Joules up to now by the population or projection that spent them, and by category."""
        lines, _ = self._core.energy()
        owners: dict[str, dict[str, float]] = {}
        for owner, category, joules in lines:
            owners.setdefault(owner, {})[category] = joules
        return owners

    # What is changed between two pieces

    def set_rate(self, source: Source | str, rate: Any) -> None:
        """The rate of each line of ``network.poisson(..., changing=True)`` from now on, such as ``80 * Hz``."""
        self._core.set_rate(self._source(source), one(rate, "Hz", "rate"))

    def set_current(self, source: Source | str, value: Any) -> None:
        """The current of ``network.current(...)`` from now on, such as ``0.2 * nA``."""
        self._core.set_current(self._source(source), one(value, "A", "current"))

    def set_spikes(self, source: Source | str, times: Any, lines: Any = None) -> None:
        """The spikes of ``network.spikes(...)`` from now on, in place of those that are still to come.

        Parameters
        ----------
        times
            From the start, not from now: whole femtoseconds, or with a unit.
        lines
            Which line spikes at each of them. Default: line 0.
        """
        fs = femtoseconds(times, "times")
        which = np.zeros(len(fs), dtype=np.int64) if lines is None else whole(lines, "lines")
        self._core.set_spikes(self._source(source), fs, which)

    def set_parameters(self, population: Population | str, **parameters: Any) -> None:
        """Gives neurons other parameters from now on: ``v_th=18 * mV``, ``i_bias=array * pA``.

        Potentials, dead times that have begun, the other variables of a model and what flows in stay; a dead time ends where
        there is to be none. `reset` goes back to the parameters of the network.

        Parameters
        ----------
        parameters
            Keys of the model, as in ``network.population``: one value, or one for each neuron.

        Raises
        ------
        ScenarioError
            A ValueError: a value is not allowed; UnknownKeyError if there is no such key.
        ValueError
            The neurons are made of a device, or compete; or a membrane is above a threshold that is lowered.
        """
        index = self._population(population)
        named = mapping("parameters", parameters, "v_th=20 * mV")
        given = [(key(name), text(value, name)) for name, value in named.items()]
        self._core.set_parameters(index, given)

    def set_weights(self, projection: str, weights: Any) -> None:
        """Puts weights in place of those of a projection, one for each synapse in the order of `synapses`, with a unit."""
        index = self._projection(projection)
        _, base, shape = self._projections[projection]
        given = np.shape(getattr(weights, "magnitude", weights))
        if len(given) > 1 and given != shape:
            raise ValueError(
                f"projection `{projection}` goes from {shape[0]} to {shape[1]}, and its weights are an array of {given}; allowed: "
                f"{shape}, or one for each synapse in the order of `synapses`"
            )
        values = si(weights, base, "weights") if base else finite(weights, "weights")
        self._core.set_weights(index, values)

    # Elsewhere

    def snapshot(self) -> bytes:
        """Everything that is needed to go on: `restore` takes it, in any process, with any number of threads."""
        return bytes(self._core.snapshot())

    def restore(self, snapshot: bytes) -> None:
        """Goes on from a snapshot of a simulation of the same network and seed.

        Raises
        ------
        ValueError
            If it is damaged, or of another network, seed or version. The simulation is as before then.
        """
        if not isinstance(snapshot, (bytes, bytearray, memoryview)):
            raise TypeError(f"`snapshot` is {shown(snapshot)}; allowed: the bytes that `snapshot()` returned")
        self._core.restore(bytes(snapshot))

    def copy(self) -> Simulation:
        """Another simulation that has got as far; the two go on independently."""
        other = object.__new__(Simulation)
        other._core = self._core.copy()
        other._origin, other._described = self._origin, self._described
        other._index()
        return other

    def __getstate__(self) -> dict[str, Any]:
        return {"origin": self._origin, "described": self._described, "snapshot": self.snapshot()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._begin(state["origin"], state["described"])
        self.restore(state["snapshot"])

    def __repr__(self) -> str:
        try:
            at = f"at {self.time / 1e12:g} ms"
        except RuntimeError:
            at = "that runs in another thread, or cannot be used"
        return f"<Simulation of {', '.join(self._populations)} {at}>"


def _spikes(rows: tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint32]], names: list[str]) -> Spikes:
    times, populations, neurons = rows
    labels = np.array(names, dtype=np.str_)
    return Spikes({"time [fs]": times, "population": populations, "population labels": labels, "id": neurons})
