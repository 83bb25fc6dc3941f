"""Networks from arrays."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

from ._asked import mapping, number, path, shown
from ._numbers import array, femtoseconds, finite, quantity, si, time, whole
from ._values import key as written
from ._values import quoted, symbol, text, unit_of

PathLike = Union[str, "os.PathLike[str]"]

_LARGEST = 100_000_000

# Unit of the weights of a kernel; volts of all that have no other.
_WEIGHTS = {"delta": "V", "conductance": "S", "current": ""}


@dataclass(frozen=True)
class Source:
    """A source of a network."""

    network: Network
    name: str
    size: int


@dataclass(frozen=True)
class Population:
    """A population of a network."""

    network: Network
    name: str
    size: int


@dataclass
class _Synapses:
    pre: NDArray[np.int64]
    post: NDArray[np.int64]
    weights: NDArray[np.float64]
    delays: NDArray[np.int64] | None


class Network:
    """A network of sources, populations, devices and projections, described from Python.

    What a scenario calls a key is an argument here, with the same name, default and range: the reference of scenarios is that
    of this class too. Numbers carry units (`memspike.units`, pint, or texts such as "20 mV"); a parameter of a population
    may be an array with a value for each neuron. Everything is checked when a `Simulation` is made of it, and every fault
    is told then.

    Examples
    --------
    >>> import numpy as np
    >>> from memspike import Network, Simulation
    >>> from memspike.units import Hz, ms, mV
    >>> network = Network()
    >>> noise = network.poisson("noise", 100, rate=50 * Hz)
    >>> cells = network.population("cells", 2, model="lif", tau_m=20 * ms, v_th=[15, 20] * mV)
    >>> drive = network.projection("drive", noise, cells, weight=np.full((100, 2), 1.0) * mV)
    >>> simulation = Simulation(network, seed=1)
    >>> simulation.run(100 * ms)
    >>> len(simulation.spikes()) > 0
    True
    """

    def __init__(self) -> None:
        self._sections: dict[str, dict[str, dict[str, Any]]] = {
            "source": {},
            "device": {},
            "population": {},
            "projection": {},
        }
        self._spiking: set[str] = set()
        self._spikes: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._synapses: dict[str, _Synapses] = {}

    # Sources

    def source(self, name: str, size: int | None = None, *, kind: str, **keys: Any) -> Source:
        """Adds a source of any kind that scenarios have: "regular", "bursts", "poisson_sine", "current_ramps", ...

        Parameters
        ----------
        size
            Number of lines; currents have none.
        keys
            As in ``[source.NAME]``.
        """
        lines = None if size is None else int(number(f"size` of source `{name}", size, 1, _LARGEST))
        given = {"kind": kind, **({} if lines is None else {"size": lines}), **keys}
        self._add("source", name, given)
        return Source(self, name, lines or 1)

    def poisson(self, name: str, size: int, rate: Any, *, changing: bool = False, **keys: Any) -> Source:
        """Adds independent Poisson processes of one rate, such as ``100 * Hz``.

        With `changing` the rate may be changed while the network runs: `Simulation.set_rate`.
        """
        if changing:
            return self.source(name, size, kind="poisson_steps", rates=[["0 s", rate]], **keys)
        return self.source(name, size, kind="poisson", rate=rate, **keys)

    def spikes(self, name: str, size: int, times: Any = (), lines: Any = None) -> Source:
        """Adds spikes that are given.

        Parameters
        ----------
        times
            Whole femtoseconds, or with a unit: ``[1, 2.5] * ms``, rounded to the nearest femtosecond.
        lines
            Which line spikes at each of the times, from 0. Default: line 0.
        """
        what = f"times of source `{name}`"
        fs = femtoseconds(times, what)
        which = np.zeros(len(fs), dtype=np.int64) if lines is None else whole(lines, f"lines of source `{name}`")
        source = self.source(name, size, kind="spike_list", spikes=[])
        self._spikes[name] = (fs, which)
        return source

    def current(self, name: str, value: Any = "0 A") -> Source:
        """Adds a current from outside, such as ``0.2 * nA``, which may be changed while the network runs
        (`Simulation.set_current`). It reaches neurons by a projection with ``kernel="current"``, whose weights are numbers.
        """
        return self.source(name, kind="current_steps", currents=[["0 s", value]])

    # What there is besides

    def device(self, name: str, preset: PathLike, **keys: Any) -> str:
        """Adds a device, from a shipped preset or a file that ``memspike fit`` wrote; populations and projections name it
        with ``device=``.

        Parameters
        ----------
        keys
            As in ``[device.NAME]``: ``parameters={"v_th": 0.3 * V}``.
        """
        self._add("device", name, {"preset": path(f"preset` of device `{name}", preset), **keys})
        return name

    def population(self, name: str, size: int, *, model: str | None = None, **keys: Any) -> Population:
        """Adds neurons of one model.

        Parameters
        ----------
        model
            "lif", "switch", "adex", ...: ``memspike models`` lists them. Default: "lif".
        keys
            As in ``[population.NAME]``: ``tau_m=20 * ms``, ``v_th=array * mV``, ``device="switch"``.
        """
        neurons = int(number(f"size` of population `{name}", size, 1, _LARGEST))
        given = {"model": model or "lif", "size": neurons, **keys}
        self._add("population", name, given)
        return Population(self, name, neurons)

    def projection(
        self,
        name: str,
        source: Source | Population,
        target: Population,
        weight: Any,
        *,
        pre: Any = None,
        post: Any = None,
        mask: Any = None,
        delay: Any = None,
        kernel: str = "delta",
        connect: str | None = None,
        **keys: Any,
    ) -> str:
        """Adds synapses from the lines of a source or the neurons of a population to a population.

        Parameters
        ----------
        weight
            One value with a unit for all, or a distribution such as ``{"normal": [1 * mV, 0.1 * mV]}``; or a matrix, a
            row for each line and a column for each neuron, NumPy with a unit or a pair (SciPy sparse, unit); or, with
            `pre` and `post`, one value for each synapse. Volts with ``kernel="delta"``, siemens with "conductance", amperes
            with kernels that are currents, plain numbers with "current".
        pre, post
            Which synapses there are: indices, one of each for every synapse.
        mask
            Of a matrix: where there are synapses. Default: everywhere. Sparse matrices have those that they store.
        delay
            One for all, or one for each synapse, in the shape of `weight`; femtoseconds or with a unit.
        connect
            How synapses are made of one `weight`: "all_to_all" (default), "one_to_one", "probability", "fixed_in_degree",
            ...
        keys
            As in ``[projection.NAME]``: ``device="synapse"``, ``plasticity={"rule": "pair"}``, ``probability=0.1``.

        Raises
        ------
        ValueError
            If shapes do not fit each other, a number has no unit, or an object belongs to another network.
        """
        for what, end in (("source", source), ("target", target)):
            if not isinstance(end, (Source, Population)) or end.network is not self:
                raise ValueError(f"the {what} of projection `{name}` is {_called(end)}; allowed: one of this network")
        if not isinstance(target, Population):
            raise ValueError(f"the target of projection `{name}` is a source; allowed: a population")
        if not isinstance(kernel, str):
            raise TypeError(f"`kernel` of projection `{name}` is {shown(kernel)}; allowed: a text, such as \"delta\" or \"rect\"")
        said = sorted({"from", "to", "synapses"} & keys.keys())
        if said:
            raise TypeError(f"`{said[0]}` of projection `{name}` is said by its arguments; allowed: other keys of [projection.NAME]")
        base = _WEIGHTS.get(kernel, "A")
        given: dict[str, Any] = {"from": source.name, "to": target.name, "kernel": kernel}
        listed = _listed((source.size, target.size), weight, (pre, post, mask), base, f"projection `{name}`")
        if listed is None:
            given |= {"connect": connect or "all_to_all", "weight": weight}
            given |= {} if delay is None else {"delay": _text_time(delay, f"delay of projection `{name}`")}
            self._add("projection", name, {**given, **keys})
            return name
        if connect is not None:
            raise ValueError(f"projection `{name}` has its synapses listed, and connect = {connect!r}; omit one of them")
        rows, columns, weights, chosen = listed
        delays = None
        if delay is not None:
            fs = femtoseconds(delay, f"delay of projection `{name}`")
            shape = np.shape(getattr(delay, "magnitude", delay))
            if len(fs) == 1:
                given["delay"] = f"{fs[0]} fs"
            elif chosen is not None and shape == chosen.shape:
                delays = fs[chosen.ravel()]
            elif len(shape) > 1:
                allowed = "one for each synapse" if chosen is None else f"{chosen.shape}"
                raise ValueError(f"the delays of projection `{name}` are an array of {shape}; allowed: one, or {allowed}")
            elif len(fs) == len(weights):
                delays = fs
            else:
                raise ValueError(
                    f"projection `{name}` has {len(weights)} synapses and {len(fs)} delays; allowed: one, or one for each"
                )
        if delays is not None and len(delays):
            # The shortest there is: what the text alone says of the list.
            given["delay"] = f"{delays.min()} fs"
        self._add("projection", name, {**given, "connect": "list", "synapses": [], **keys})
        self._synapses[name] = _Synapses(rows, columns, weights, delays)
        return name

    def _add(self, section: str, name: str, keys: dict[str, Any]) -> None:
        # What files are called by, too.
        if not isinstance(name, str) or not re.fullmatch("[A-Za-z0-9_-]{1,64}", name):
            raise ValueError(f"the name of a {section} is {shown(name)}; allowed: 1 to 64 letters, digits, `_` and `-`")
        taken = self._sections[section]
        if name in taken or (section in ("source", "population") and name in self._spiking):
            raise ValueError(f"there is a {section} `{name}` already, or something of that name that spikes")
        # A fault is told here, where the value is, and leaves the network as it was.
        for key, value in keys.items():
            text(written(key), "a key")
            text(value, f"{key} of {section} `{name}`")
        if section in ("source", "population"):
            self._spiking.add(name)
        taken[name] = keys

    # Out of Python

    def text(
        self, duration: Any = "1 s", record: Mapping[str, Any] | None = None, *, protocol: Mapping[str, Any] | None = None
    ) -> str:
        """The scenario without its arrays, whose lists are empty: `to_scenario` writes all of it.

        Parameters
        ----------
        duration
            How long it runs.
        record
            As in ``[record]``.
        protocol
            As in ``[protocol]``, in place of one that simulates for `duration`.
        """
        for what, given in (("protocol", protocol), ("record", record)):
            mapping(what, given or {}, '{"spikes": ["cells"]}' if what == "record" else '{"kind": "simulate"}')
        protocol = protocol or {"kind": "simulate", "duration": _text_time(duration, "duration")}
        lines: list[str] = []
        for section, tables in self._sections.items():
            for name, keys in tables.items():
                lines.append(f"[{section}.{quoted(name)}]")
                lines += [f"{written(key)} = {text(value, key)}" for key, value in keys.items()]
                lines.append("")
        lines.append("[protocol]")
        lines += [f"{written(key)} = {text(value, key)}" for key, value in protocol.items()]
        lines.append("")
        if record:
            lines.append("[record]")
            lines += [f"{written(key)} = {text(value, key)}" for key, value in record.items()]
        return "\n".join(lines) + "\n"

    def to_scenario(self, directory: PathLike, duration: Any, record: Mapping[str, Any] | None = None) -> Path:
        """Writes the network as a scenario that gives the same events: ``scenario.toml``, and a CSV file for each list.

        Parameters
        ----------
        directory
            Is made if it is not there.
        duration
            How long it runs.
        record
            As in ``[record]``: ``{"spikes": ["cells"]}``.
        """
        place = Path(path("directory", directory))
        if place.exists() and not place.is_dir():
            raise FileExistsError(f"`{place}` is a file; allowed: a directory, which is made if it is not there")
        # Every fault before anything is written.
        self.text(duration, record)
        place.mkdir(parents=True, exist_ok=True)
        described = Network()
        described._sections = {
            section: {name: dict(keys) for name, keys in tables.items()} for section, tables in self._sections.items()
        }
        for name, (times, lines) in self._spikes.items():
            keys = described._sections["source"][name]
            if len(times):
                del keys["spikes"]
                keys["file"] = f"{name}.csv"
                order = np.lexsort((lines, times))
                rows = zip(times[order].tolist(), lines[order].tolist())
                body = "".join(f"{time},{line}\n" for time, line in rows)
                (place / f"{name}.csv").write_text("time [fs],id\n" + body, encoding="utf-8")
        for name, synapses in self._synapses.items():
            keys = described._sections["projection"][name]
            if len(synapses.pre):
                del keys["synapses"]
                keys["file"] = f"{name}.csv"
                unit = _WEIGHTS.get(keys["kernel"], "A")
                header = "pre,post,weight" + (f" [{unit}]" if unit else "")
                columns = [synapses.pre.tolist(), synapses.post.tolist(), map(repr, synapses.weights.tolist())]
                if synapses.delays is not None:
                    header += ",delay [fs]"
                    keys.pop("delay", None)
                    columns.append(synapses.delays.tolist())
                body = "".join(",".join(map(str, row)) + "\n" for row in zip(*columns))
                (place / f"{name}.csv").write_text(header + "\n" + body, encoding="utf-8")
        file = place / "scenario.toml"
        file.write_text(described.text(duration, record), encoding="utf-8")
        return file

    def __repr__(self) -> str:
        parts = (f"{len(tables)} {section}s" for section, tables in self._sections.items() if tables)
        return f"<Network of {', '.join(parts) or 'nothing'}>"


def _text_time(value: Any, what: str) -> Any:
    """A time as scenarios have it; whole femtoseconds are written as such."""
    if quantity(value) or isinstance(value, (str, Mapping)):
        return value
    return f"{time(value, what)} fs"


def _called(end: Any) -> str:
    """What is given as an end of a projection."""
    if isinstance(end, (Source, Population)):
        return f"{type(end).__name__.lower()} `{end.name}` of another network"
    return shown(end)


_Listed = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.float64]", "NDArray[np.bool_] | None"]


def _listed(shape: tuple[int, int], weight: Any, where: tuple[Any, Any, Any], base: str, what: str) -> _Listed | None:
    """Pre, post and weights of synapses that are listed, and of a matrix where they are; None: a rule makes them."""
    pre, post, mask = where
    unit = ""
    if isinstance(weight, tuple) and len(weight) == 2 and hasattr(weight[0], "tocoo"):
        weight, given = weight
        if quantity(given) and given.magnitude != 1:
            raise ValueError(f"the weights of {what} are in {given}; allowed: a unit, such as \"m{base}\"; hint: multiply the matrix")
        unit = unit_of(given) if quantity(given) else symbol(given)
    if hasattr(weight, "tocoo"):
        if pre is not None or post is not None or mask is not None:
            raise ValueError(f"{what} has a sparse matrix, and `pre`, `post` or `mask`; allowed: the matrix alone, which says where")
        if base and not unit:
            raise ValueError(f'the weights of {what} have no unit; allowed: a pair of the matrix and its unit, (matrix, "m{base}")')
        matrix = weight.tocoo()
        if matrix.shape != shape:
            raise ValueError(f"{what} goes from {shape[0]} to {shape[1]}, and its weights are {matrix.shape}; allowed: {shape}")
        values = finite(matrix.data, f"weight of {what}")
        return whole(matrix.row, what), whole(matrix.col, what), _in_si(values, unit, base, what), None
    if (pre is None) != (post is None):
        raise ValueError(f"{what} has only one of `pre` and `post`; allowed: both, or neither")
    if pre is not None and mask is not None:
        raise ValueError(f"{what} has `pre` and `post`, and a `mask`; allowed: one or the other")
    if pre is not None:
        rows, columns = whole(pre, f"pre of {what}"), whole(post, f"post of {what}")
        if len(rows) != len(columns):
            raise ValueError(f"{what} has {len(rows)} pre and {len(columns)} post; allowed: one of each for a synapse")
        weights = _weights(weight, base, what)
        if len(weights) == 1:
            weights = np.repeat(weights, len(rows))
        if len(weights) != len(rows):
            raise ValueError(f"{what} has {len(rows)} synapses and {len(weights)} weights; allowed: one, or one for each")
        return rows, columns, weights, None
    numbers = getattr(weight, "magnitude", weight)
    if np.ndim(numbers) == 0 or isinstance(numbers, (str, Mapping)):
        if mask is not None:
            chosen = _mask(mask, shape, what)
            rows, columns = np.nonzero(chosen)
            return whole(rows, what), whole(columns, what), np.repeat(_weights(weight, base, what), len(rows)), chosen
        return None
    if np.shape(numbers) != shape:
        raise ValueError(
            f"{what} goes from {shape[0]} to {shape[1]}, and its weights are an array of {np.shape(numbers)}; allowed: "
            f"{shape}, or `pre` and `post` with one weight for each synapse"
        )
    chosen = np.ones(shape, dtype=bool) if mask is None else _mask(mask, shape, what)
    rows, columns = np.nonzero(chosen)
    return whole(rows, what), whole(columns, what), _weights(weight, base, what)[chosen.ravel()], chosen


def _mask(mask: Any, shape: tuple[int, int], what: str) -> NDArray[np.bool_]:
    chosen = array(mask, f"the mask of {what}")
    if chosen.shape != shape or chosen.dtype != np.bool_:
        raise ValueError(f"the mask of {what} is {chosen.dtype} of {chosen.shape}; allowed: bool of {shape}")
    return chosen


def _in_si(values: NDArray[np.float64], unit: str, base: str, what: str) -> NDArray[np.float64]:
    from .units import Quantity

    return si(Quantity(values, unit), base, f"weight of {what}") if base else values


def _weights(weight: Any, base: str, what: str) -> NDArray[np.float64]:
    return si(weight, base, f"weight of {what}") if base else finite(weight, f"weight of {what}")
