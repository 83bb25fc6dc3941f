"""Pictures of results and devices with matplotlib: ``pip install "memspike[plot]"``.

Every function takes the axes to draw on and returns them; without axes it makes a figure. Axes carry their units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._tables import Spikes, Table

if TYPE_CHECKING:
    from .result import Result

# Told apart by all who see colours, and in grey (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")

STYLE: dict[str, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelsize": 10,
    "axes.titlesize": 10,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "lines.linewidth": 1.2,
    "figure.dpi": 110,
}

_PREFIXES = ((1e-15, "f"), (1e-12, "p"), (1e-9, "n"), (1e-6, "µ"), (1e-3, "m"), (1.0, ""), (1e3, "k"), (1e6, "M"))


@contextmanager
def _axes(ax: Any, width: float = 6.4, height: float = 3.4) -> Iterator[Any]:
    """The axes that are given, or new ones in our style."""
    import matplotlib.pyplot as plt

    if ax is not None:
        if not hasattr(ax, "plot"):
            raise TypeError(f"`ax` is {ax!r}; allowed: axes of matplotlib")
        yield ax
        return
    with plt.rc_context(STYLE):
        _, ax = plt.subplots(figsize=(width, height), layout="constrained")
        yield ax


def _scale(values: NDArray[np.float64], unit: str) -> tuple[float, str]:
    """A power of ten, and the unit with its prefix, that make numbers of some thousandths to some hundreds."""
    largest = float(np.nanmax(np.abs(values), initial=0.0)) if unit else 0.0
    if largest == 0.0 or not np.isfinite(largest):
        return 1.0, unit
    chosen = [(scale, prefix) for scale, prefix in _PREFIXES if largest >= scale]
    scale, prefix = chosen[-1] if chosen else _PREFIXES[0]
    return scale, prefix + unit


def _label(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit else name


def _from(values: NDArray[np.float64], name: str, unit: str) -> tuple[NDArray[np.float64], str]:
    scale, symbol = _scale(values, unit)
    return values / scale, _label(name, symbol)


def _times(fs: NDArray[Any]) -> tuple[NDArray[np.float64], str]:
    return _from(fs / 1e15, "time", "s")


class Plots:
    """Pictures of a result."""

    def __init__(self, result: Result) -> None:
        self._result = result

    def raster(self, ax: Any = None, *, names: Sequence[str] | None = None) -> Any:
        """A dot for each recorded spike, population above population.

        Parameters
        ----------
        ax
            Axes of matplotlib. Default: new ones.
        names
            Populations and sources. Default: all that were recorded.
        """
        return raster(self._result.spikes, ax, names=names)

    def membrane(self, ax: Any = None, *, ids: Sequence[int] | None = None, population: str | None = None) -> Any:
        """Recorded membranes over time.

        Parameters
        ----------
        ids
            Neurons. Default: the first three that were recorded.
        population
            Default: the first that was recorded.
        """
        table = self._result.records["membrane"]
        population = population or str(table.labels["population"][0])
        rows = table.where(population=population)
        chosen = list(dict.fromkeys(rows["id"].tolist()))[:3] if ids is None else list(ids)
        u, label = _from(rows["u"], "membrane", "V")
        t, time = _times(rows["time"])
        with _axes(ax) as ax:
            for colour, neuron in zip(_colours(), chosen):
                mine = rows["id"] == neuron
                ax.plot(t[mine], u[mine], color=colour, label=f"{population}[{neuron}]")
            ax.set(xlabel=time, ylabel=label)
            ax.margins(x=0)
            if len(chosen) > 1:
                ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return ax

    def weights(self, ax: Any = None, *, projection: str | None = None) -> Any:
        """The weights of a projection at the end: a picture of the matrix, or how they are spread where they are a list.

        Parameters
        ----------
        projection
            Default: the first.
        """
        weights = self._result.weights
        name = projection or next(iter(weights))
        values, label = _from(weights[name], f"weight of {name}", weights.units[name])
        with _axes(ax) as ax:
            if values.shape[1] == 1:
                ax.hist(values.ravel(), bins=min(60, max(10, values.size // 20)), color=COLOURS[0])
                ax.set(xlabel=label, ylabel="synapses")
            else:
                bound = float(np.abs(values).max()) or 1.0
                signs = values.min() < 0 < values.max()
                colours = {"cmap": "RdBu_r", "vmin": -bound, "vmax": bound} if signs else {"cmap": "viridis"}
                shown = ax.imshow(values.T, aspect="auto", interpolation="nearest", origin="lower", **colours)
                ax.figure.colorbar(shown, ax=ax, label=label)
                ax.set(xlabel="from", ylabel="to")
        return ax

    def energy(self, ax: Any = None) -> Any:
        """Joules by category.

        Raises
        ------
        ValueError
            If nothing in the network has a device or a price.
        """
        spent = {name: joules for name, joules in self._result.energy.items() if name != "total"}
        if not spent:
            raise ValueError("no energy is known: no population or projection names a device, or the cost of a chip")
        values, label = _from(np.array(list(spent.values())), "energy", "J")
        with _axes(ax, height=0.8 + 0.45 * len(spent)) as ax:
            ax.barh(list(spent), values, color=COLOURS[0], height=0.6)
            ax.invert_yaxis()
            for at, joules in enumerate(values):
                ax.annotate(f" {joules:.3g}", (joules, at), va="center", fontsize=9)
            ax.set(xlabel=label)
            ax.margins(x=0.12)
            ax.set_xlim(left=0)
        return ax

    def accuracy(self, ax: Any = None) -> Any:
        """Accuracy after each epoch; of numbers that are wanted R^2.

        Raises
        ------
        ValueError
            If there are no labels.
        """
        file = self._result.path / "epochs.csv"
        if not file.is_file():
            self._result._there("summary.json")
            raise ValueError("the run has no epochs: accuracy is that of trained networks")
        epochs = Table.from_csv(file.read_text(encoding="utf-8"))
        numbers = self._result.accuracy.get("measure") == "variance_explained"
        column, scale, label = ("variance_explained", 1, "R^2") if numbers else ("accuracy", 100, "accuracy [%]")
        with _axes(ax) as ax:
            for colour, name in zip(_colours(), ("train", "validation", "test")):
                values = epochs.get(f"{name}_{column}")
                if values is not None and values.dtype.kind == "f" and np.isfinite(values).any():
                    ax.plot(epochs["epoch"], scale * values, "o-", color=colour, markersize=4, label=name)
            ax.set(xlabel="epoch", ylabel=label)
            ax.xaxis.get_major_locator().set_params(integer=True)
            ax.legend()
        return ax


def _colours() -> Iterator[str]:
    while True:
        yield from COLOURS


def raster(spikes: Spikes, ax: Any = None, *, names: Sequence[str] | None = None) -> Any:
    """A dot for each spike, population above population: of a result, or of `Simulation.spikes`."""
    known = [str(name) for name in spikes.labels.get("population", ())]
    chosen = [name for name in known if name in spikes["population"]] if names is None else list(names)
    t, time = _times(spikes["time"])
    with _axes(ax) as ax:
        base = 0
        ticks: list[tuple[float, str]] = []
        for colour, name in zip(_colours(), chosen):
            mine = np.flatnonzero(spikes["population"] == name)
            ids = spikes["id"][mine].astype(np.int64)
            size = int(ids.max()) + 1 if len(ids) else 1
            dot = 1.5 if len(mine) > 2000 else 5
            ax.scatter(t[mine], ids + base, s=dot, color=colour, linewidths=0, rasterized=len(mine) > 5000)
            ticks.append((base + (size - 1) / 2, name))
            base += size + max(1, size // 20)
        if len(chosen) > 1:
            ax.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
        else:
            ax.set_ylabel(f"neuron of {chosen[0]}" if chosen else "neuron")
        ax.set_xlabel(time)
        ax.margins(x=0.01, y=0.03)
    return ax


def xy(table: Table, x: str, y: str, ax: Any = None, *, label: str | None = None, log: bool = False) -> Any:
    """One column of a table against another, such as the current of `Device.iv` against its voltage.

    Parameters
    ----------
    log
        Magnitudes on a logarithmic axis.
    """
    across, below = _from(np.asarray(table[x], dtype=np.float64), x, table.units[x])
    values = np.asarray(table[y], dtype=np.float64)
    with _axes(ax, width=4.6) as ax:
        if log:
            ax.semilogy(across, np.abs(values), color=None if label else COLOURS[0], label=label)
            ax.set(xlabel=below, ylabel=_label(f"|{y}|", table.units[y]))
        else:
            up, beside = _from(values, y, table.units[y])
            ax.plot(across, up, color=None if label else COLOURS[0], label=label)
            ax.set(xlabel=below, ylabel=beside)
        if label:
            ax.legend()
    return ax


def heat(values: NDArray[np.float64], x: tuple[str, Sequence[Any]], y: tuple[str, Sequence[Any]], label: str, ax: Any = None) -> Any:
    """A map over two things that were varied: ``heat(sweep.mean("accuracy.test").T, *sweep.keys.items(), "accuracy")``.

    Parameters
    ----------
    values
        A row for each value of `y`, a column for each of `x`.
    x, y
        What was varied, and its values.
    """
    if values.shape != (len(y[1]), len(x[1])):
        raise ValueError(f"values of {values.shape} over {len(x[1])} of {x[0]} and {len(y[1])} of {y[0]}; allowed: rows for y")
    with _axes(ax, width=4.8) as ax:
        shown = ax.imshow(values, aspect="auto", origin="lower", cmap="viridis")
        ax.set_xticks(range(len(x[1])), [str(value) for value in x[1]])
        ax.set_yticks(range(len(y[1])), [str(value) for value in y[1]])
        ax.set(xlabel=x[0], ylabel=y[0])
        middle = (float(np.nanmax(values)) + float(np.nanmin(values))) / 2
        for (row, column), value in np.ndenumerate(values):
            colour = "black" if value > middle else "white"
            ax.annotate(f"{value:.3g}", (column, row), ha="center", va="center", fontsize=9, color=colour)
        ax.spines[:].set_visible(False)
        ax.figure.colorbar(shown, ax=ax, label=label)
    return ax
