"""Layers of neurons that learn from arrays."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

from ._asked import number, path, real
from ._errors import ScenarioError
from ._numbers import array, whole
from ._progress import Listener
from ._run import run
from .network import Network
from .result import Result
from .units import ms, uA

PathLike = Union[str, "os.PathLike[str]"]

# What leads to the first layer acts for a whole presentation, what leads to the next for as long as a switch is on.
_PULSES = (20 * ms, 8.65 * ms)

# What the last layer is scored by, and whether a score can be a number that is wanted.
_LOSSES: dict[str, tuple[dict[str, Any], bool]] = {
    "first_spike": ({"kind": "first_spike", "tau": 0.3 * ms, "early": 0.01}, False),
    "mean_voltage": ({"kind": "mean_voltage", "gain": 1.0}, True),
}


@dataclass(frozen=True)
class Tested:
    """What a test of layers gave."""

    accuracy: float
    """Fraction of samples that were answered rightly; of numbers R^2, the share of their variance that is explained."""
    joules: dict[str, float]
    """Per sample, by category, and ``total``; empty where nothing is a device."""
    result: Result = field(repr=False)
    """The run behind it: confusion, spikes per layer, report."""
    outputs: NDArray[np.float64] | None = field(default=None, repr=False)
    """Of numbers: what the last layer gave, a row for each sample and a column for each of its neurons. Of classes None."""
    rms_error: NDArray[np.float64] | None = field(default=None, repr=False)
    """Of numbers: root mean square of the error of each neuron of the last layer. Of classes None."""


@dataclass(frozen=True)
class Programmed:
    """What layers give on devices, programmed several times."""

    mean: float
    """Accuracy as a fraction, of numbers R^2; mean over the programmings."""
    sd: float
    """Standard deviation over the programmings (n - 1)."""
    draws: int
    """How many there were."""
    ideal: float
    """With the weights as numbers."""
    read_joules: float
    """Joules in the devices per sample, mean over the programmings."""
    result: Result = field(repr=False)
    """The run behind it."""


class Layers:
    """Layers of leaky neurons, or of threshold switches, trained by the exact gradient of the times of their spikes.

    A sample is an array of any shape: the larger a value, the earlier its spike. The class whose neuron fires first is the
    answer; with another `loss` the last layer gives numbers, and learns those that are wanted (regression). Every method
    describes a scenario of ``kind = "supervised"`` with ``gradient = { kind = "exact" }`` and runs it: its results are those of
    runs.

    Parameters
    ----------
    sizes
        Neurons of each layer; the last has one for each class, or for each number that is wanted: ``[100, 10]``.
    loss
        What the last layer is scored by. "first_spike" (default): the first to fire is the answer; learns classes.
        "mean_voltage": the mean of each membrane over the presentation, in units of the threshold; learns numbers, and
        classes too, of which the one with the largest score is the answer. The last layer does not fire then.
    synapse
        Preset of the devices that make the weights, or a file that a fit has written. Default: weights are numbers.
    neuron
        Preset of the threshold switch that the neurons are. Default: leaky neurons of the same time constant.
    levels, spread
        Of programmed devices, also while the layers are trained: conductances that they can have, and relative spread
        (0.05).
    low, high
        Values that are 0 and 1. Default: 0 and 255 of bytes, 0 and 1 of real numbers.
    above
        Smallest value that spikes, between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from memspike import Layers
    >>> rng = np.random.default_rng(1)
    >>> y = np.arange(200) % 2
    >>> x = np.clip(0.1 * rng.random((200, 8)) + np.where(np.arange(8) // 4 == y[:, None], 0.8, 0.1), 0, 1)
    >>> layers = Layers([12, 2]).fit(x, y, epochs=5)
    >>> layers.evaluate(x, y).accuracy > 0.9
    True

    Numbers, about as large as thresholds, in the place of classes:

    >>> wanted = 0.5 * x[:, :2]
    >>> layers = Layers([2], loss="mean_voltage").fit(x, wanted, epochs=20, rate=0.02)
    >>> tested = layers.evaluate(x, wanted)
    >>> tested.outputs.shape, tested.accuracy > 0.9
    ((200, 2), True)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        loss: str = "first_spike",
        synapse: PathLike | None = None,
        neuron: PathLike | None = None,
        levels: int | None = None,
        spread: float | None = None,
        low: float | None = None,
        high: float | None = None,
        above: float = 0.08,
    ) -> None:
        if isinstance(sizes, (str, bytes)) or not isinstance(sizes, Iterable):
            raise TypeError(f"`sizes` is {sizes!r}; allowed: neurons of each layer, such as [100, 10]")
        self.sizes = [int(number("sizes", size, 1, 2**20)) for size in sizes]
        if not self.sizes:
            raise ValueError("`sizes` is empty; allowed: neurons of one layer or more")
        if not isinstance(loss, str) or loss not in _LOSSES:
            raise ValueError(f"`loss` is {loss!r}; allowed: {', '.join(_LOSSES)}")
        self.loss = loss
        if synapse is None and (levels is not None or spread is not None):
            raise ValueError("`levels` and `spread` are of devices; allowed: with `synapse`")
        named = None if synapse is None else path("synapse", synapse)
        levels = None if levels is None else int(number("levels", levels, 2, 1_000_000))
        spread = None if spread is None else real("spread", spread, 0, 10)
        # A file is looked for here, not where the layers are put together.
        self.synapse = os.path.abspath(named) if named is not None and os.path.isfile(named) else named
        self.neuron = None if neuron is None else path("neuron", neuron)
        self._crossbar = {"levels": levels, "spread": None if spread is None else {"cv_on": spread, "cv_off": spread}}
        self._range = {
            key: value if value is None else real(key, value, -1e300, 1e300) for key, value in (("low", low), ("high", high))
        }
        self._above = real("above", above, 0, 1)
        self._trained: Result | None = None
        self._learned_numbers = False

    # What it is trained and tested on

    def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        test: tuple[Any, Any] | None = None,
        epochs: int = 10,
        batch: int = 64,
        rate: float = 5e-3,
        seed: int = 1,
        validation: float = 0.0,
        threads: int | None = None,
        progress: bool | Listener = False,
    ) -> Layers:
        """Trains the layers from the start.

        Parameters
        ----------
        x
            Samples: an array of (samples, ...), or any iterable of samples; without `y` one of pairs (sample, class).
        y
            Classes: whole numbers from 0. Or the numbers that are wanted, where the `loss` of the layers has scores that can
            be these: real numbers, (samples,) or (samples, neurons of the last layer), in units of the threshold.
        test
            Samples and classes, or numbers, that are tested after every epoch. Default: a fifth of the samples, drawn by the seed, which
            the layers then do not learn from.
        epochs, batch, rate
            Passes over the samples; samples per step; learning rate at the start, which ends at a hundredth of it.
        validation
            Share of the samples that chooses the epoch whose weights are kept. Default: those of the last.
        seed, threads, progress
            As for `run`.

        Returns
        -------
        Layers
            Itself; `result` is the run.

        Raises
        ------
        ValueError
            If there are not as many classes or numbers as samples, or samples differ in shape, or classes are beyond the last
            layer; if the loss cannot be asked for numbers, or none of its scores can be one that is wanted.
        """
        if test is not None and (not isinstance(test, (tuple, list)) or len(test) != 2):
            raise ValueError(f"`test` is {type(test).__name__}; allowed: a pair of samples and their classes or numbers")
        rate = real("rate", rate, 1e-12, 1e3)
        protocol: dict[str, Any] = {
            "epochs": int(number("epochs", epochs, 1, 100_000)),
            "batch": int(number("batch", batch, 1, 1_000_000)),
            "optimizer": {"rate": rate, "rate_final": rate / 100},
            "validation": real("validation", validation, 0, 0.99),
        }
        self._trained = self._run(protocol, (x, y), test, seed, threads, progress)
        self._learned_numbers = self._last[1].dtype.kind == "f"
        return self

    @property
    def result(self) -> Result:
        """The run that trained them: weights, accuracies by epoch, pictures.

        Raises
        ------
        ValueError
            Before `fit`.
        """
        if self._trained is None:
            raise ValueError("the layers are not trained; allowed: after `fit`")
        return self._trained

    @property
    def weights(self) -> list[NDArray[np.float64]]:
        """Weights between the layers, in amperes: rows are where synapses come from."""
        return [self.result.weights[f"w{k}"] for k in range(1, len(self.sizes) + 1)]

    def evaluate(self, x: Any, y: Any = None, *, threads: int | None = None) -> Tested:
        """Tests the trained layers on samples, with the weights as numbers.

        Raises
        ------
        ValueError
            Before `fit`; if `y` are classes and the layers have learned numbers, or the other way round.
        """
        result = self._tested(x, y, {}, threads)
        found = (float(result.accuracy["test"]), _joules(result, len(self._last[1])), result)
        if self._last[1].dtype.kind != "f":
            return Tested(*found)
        return Tested(*found, *_numbers(result))

    def program(
        self,
        x: Any,
        y: Any = None,
        *,
        levels: int | None = None,
        spread: float | None = None,
        draws: int = 5,
        threads: int | None = None,
    ) -> Programmed:
        """Programs the trained weights onto devices, several times, and tests each.

        Parameters
        ----------
        levels, spread
            As of the layers. Default: those that they were trained with.
        draws
            How often they are programmed, with other draws of the spread.

        Raises
        ------
        ValueError
            If the layers have no devices: ``Layers(..., synapse="ag-tio2-pt-rs-analog")``.
        """
        if self.synapse is None:
            raise ValueError('the weights are no devices; allowed: Layers(..., synapse="ag-tio2-pt-rs-analog")')
        case: dict[str, Any] = {"name": "programmed", "placement": "one_sided", "draws": int(number("draws", draws, 1, 100_000))}
        chosen = int(number("levels", levels, 2, 1_000_000)) if levels is not None else self._crossbar["levels"]
        relative = None if spread is None else real("spread", spread, 0, 10)
        spreads = self._crossbar["spread"] if relative is None else {"cv_on": relative, "cv_off": relative}
        case |= {} if chosen is None else {"levels": chosen}
        case |= {} if spreads is None else {"spread": spreads}
        result = self._tested(x, y, {"programming": [case]}, threads)
        made = result.summary["programming"][0]
        ideal, read = float(result.accuracy["test"]), float(made["read_energy_per_inference_j"])
        return Programmed(float(made["mean"]), float(made["sd"]), int(made["draws"]), ideal, read, result)

    # What that is as a scenario

    def _network(self, inputs: int, data: Mapping[str, Any]) -> Network:
        network = Network()
        encode = {"kind": "first_spike", "at_zero": 9.4 * ms, "at_one": 0 * ms, "above": self._above}
        before: Any = network.source("samples", kind="dataset", data=data, encode=encode)
        if self.neuron is not None:
            network.device("switch", self.neuron)
        if self.synapse is not None:
            network.device("synapse", self.synapse)
        lif = {"model": "lif", "tau_m": 9.41 * ms, "u_rest": "0 V", "v_th": "0.25 V", "reset": "rest"}
        switch = {"model": "switch", "device": "switch", "floor": "none"}
        reached = inputs
        for index, size in enumerate(self.sizes):
            keys = lif if self.neuron is None else switch
            cells = network.population(f"layer{index + 1}", size, r_m="250 kOhm", **keys)
            # So that the sum over what reaches a neuron is about its threshold: 1 uA into 250 kOhm is 0.25 V.
            mean, sd = (0.015 * 784 / reached, 0.03 * (784 / reached) ** 0.5) if index == 0 else (
                0.1 * 100 / reached,
                0.1 * (100 / reached) ** 0.5,
            )
            if _LOSSES[self.loss][1]:
                # Samples of numbers have few values, all of which spike: neurons fire now and then, and a membrane that does not
                # fire begins about rest, no further from it than its threshold is.
                mean, sd = (0.0 if index == len(self.sizes) - 1 else 1 / reached), (1 / reached) ** 0.5
            more: dict[str, Any] = {}
            if self.synapse is not None:
                crossbar = {key: value for key, value in self._crossbar.items() if value is not None}
                w_max = (mean + (10 if index == 0 else 4) * sd) * uA
                more = {
                    "device": "synapse",
                    "crossbar": {"arrangement": "differential", "placement": "one_sided", "w_max": w_max, **crossbar},
                }
            network.projection(
                f"w{index + 1}",
                before,
                cells,
                {"normal": [mean * uA, sd * uA]},
                kernel="rect",
                width=_PULSES[min(index, 1)],
                **more,
            )
            before, reached = cells, size
        return network

    def _tested(self, x: Any, y: Any, more: Mapping[str, Any], threads: int | None) -> Result:
        trained = self.result
        trained._there("summary.json")
        seed = trained.summary["seed"]
        x, y = arrays(x, y)
        if (y.dtype.kind == "f") != self._learned_numbers:
            learned, given = ("numbers", "classes") if self._learned_numbers else ("classes", "numbers")
            raise ValueError(f"the layers have learned {learned}, and `y` are {given} ({y.dtype}); allowed: {learned}")
        if x[0].size != len(self.weights[0]):
            raise ValueError(f"samples have {x[0].size} values, and those that were learned {len(self.weights[0])}; allowed: as many")
        # Nothing is learned: what stands for the training samples only has to be some, of every class or of numbers that differ.
        stand_in = np.arange(max(2, self.sizes[-1]))
        if self._learned_numbers:
            stand_in = np.repeat(stand_in[:, None] / 2.0, self.sizes[-1], axis=1)
        protocol = {"epochs": 1, "weights_from": str(trained.path.resolve()), **more}
        return self._run(protocol, (np.repeat(x[:1], len(stand_in), axis=0), stand_in), (x, y), seed, threads, False)

    def _run(
        self,
        protocol: Mapping[str, Any],
        train: tuple[Any, Any],
        test: tuple[Any, Any] | None,
        seed: int,
        threads: int | None,
        progress: bool | Listener,
    ) -> Result:
        samples, targets = arrays(*train)
        last = (samples, targets)
        wanted, of_numbers = self.sizes[-1], targets.dtype.kind == "f"
        loss, has_numbers = _LOSSES[self.loss]
        if of_numbers and not has_numbers:
            able = " or ".join(f'"{name}"' for name, (_, has) in _LOSSES.items() if has)
            raise ValueError(
                f"targets are {targets.dtype}, and the loss `{self.loss}` learns classes; allowed: whole numbers from 0 to "
                f"{wanted - 1}, or Layers(..., loss={able})"
            )
        with tempfile.TemporaryDirectory(prefix="memspike-") as name:
            place = Path(name)
            _write(place / "train.npz", samples, targets, wanted)
            data: dict[str, Any] = {"kind": "npz", "train": "train.npz", "test": "20 %"}
            data |= {"targets": "values"} if of_numbers else {"classes": wanted}
            if test is not None:
                others, theirs = arrays(*test)
                if others.shape[1:] != samples.shape[1:]:
                    raise ValueError(
                        f"samples to be tested are {others.shape[1:]}, and those that are learned {samples.shape[1:]}; "
                        "allowed: one shape"
                    )
                if theirs.dtype.kind != targets.dtype.kind:
                    raise ValueError(
                        f"targets to be tested are {theirs.dtype}, and those that are learned {targets.dtype}; allowed: classes or "
                        "numbers, of both"
                    )
                last = (others, theirs)
                _write(place / "test.npz", others, theirs, wanted)
                data["test"] = "test.npz"
            data |= {key: value for key, value in self._range.items() if value is not None}
            network = self._network(int(np.prod(samples.shape[1:])), data)
            gradient: dict[str, Any] = {"kind": "exact", "loss": loss, "activity_raise": 5e-5}
            if of_numbers:
                gradient["objective"] = {"kind": "squared_error"}
            given = {"kind": "supervised", "precision": "f32", "presentation": 20 * ms, "gradient": gradient, **protocol}
            file = place / "scenario.toml"
            file.write_text(network.text(protocol=given), encoding="utf-8")
            try:
                result = run(file, seed=seed, threads=threads, progress=progress)
            except ScenarioError as error:
                # Where the files were is nobody's business.
                raise type(error)(str(error).replace(f"{place}{os.sep}", "")) from None
        self._last = last
        return result


def arrays(x: Any, y: Any) -> tuple[NDArray[Any], NDArray[np.int64] | NDArray[np.float64]]:
    """Samples of one shape, and a class for each, or the numbers that are wanted, of arrays or of any iterables."""
    if y is None:
        try:
            pairs = [(sample, target) for sample, target in x]
        except (TypeError, ValueError):
            raise ValueError("without `y` samples are no pairs; allowed: pairs of a sample and its class, or `y`") from None
        x, y = [sample for sample, _ in pairs], [target for _, target in pairs]
    if not hasattr(x, "__array__") and isinstance(x, Iterable):
        each = [np.asarray(sample) for sample in x]
        shapes = sorted({sample.shape for sample in each})
        if len(shapes) > 1:
            raise ValueError(f"samples are {shapes[0]} and {shapes[1]}; allowed: one shape")
        x = np.stack(each) if each else np.zeros((0, 1))
    if not hasattr(y, "__array__") and not isinstance(y, Iterable):
        raise ValueError(f"classes are {y!r}; allowed: a whole number for each sample, or the numbers that are wanted")
    samples, targets = array(x, "`x`"), array(y if hasattr(y, "__array__") else list(y), "`y`")
    if samples.dtype.kind not in "uif" or samples.ndim < 2 or not samples.size:
        raise ValueError(f"samples are {samples.dtype} of {samples.shape}; allowed: numbers of (samples, ...)")
    of_numbers = targets.dtype.kind == "f"
    if targets.dtype.kind not in "uif" or targets.shape[:1] != samples.shape[:1] or targets.ndim > (2 if of_numbers else 1):
        raise ValueError(
            f"classes are {targets.dtype} of {targets.shape}; allowed: a whole number for each of {len(samples)} samples, or real "
            "numbers that are wanted, (samples,) or (samples, neurons of the last layer)"
        )
    for what, values in (("sample", samples), ("what is wanted of sample", targets)):
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            at = tuple(int(k) for k in np.argwhere(~np.isfinite(values))[0])
            place = f" at {at[1:]}" if at[1:] else ""
            raise ValueError(f"{what} {at[0]} has {values[at]}{place}; allowed: finite numbers")
    return samples, targets.astype(np.float64) if of_numbers else whole(targets, "classes")


def _write(file: Path, samples: NDArray[Any], targets: NDArray[Any], wanted: int) -> None:
    if targets.dtype.kind == "f":
        each = 1 if targets.ndim == 1 else targets.shape[1]
        if each != wanted:
            raise ValueError(
                f"targets are {targets.shape}, and the last layer has {wanted} neurons; allowed: a number for each of them, "
                f"({len(targets)}, {wanted})"
            )
    else:
        wrong = np.flatnonzero((targets < 0) | (targets >= wanted))
        if len(wrong):
            raise ValueError(
                f"sample {wrong[0]} is of class {targets[wrong[0]]}, and the last layer has {wanted} neurons; allowed: 0 to {wanted - 1}"
            )
    if samples.dtype.kind == "i":
        samples = samples.astype(np.float64)
    np.savez(file, x=samples if samples.dtype == np.uint8 else samples.astype(np.float64), y=targets)


def _numbers(result: Result) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the last layer gave, and the root mean square of its error, of the samples that were tested."""
    found = result._arrays("arrays.npz")
    outputs, targets = found["output"], found["target"]
    return outputs, np.sqrt(np.mean((outputs - targets) ** 2, axis=0))


def _joules(result: Result, samples: int) -> dict[str, float]:
    return {category: joules / samples for category, joules in result.energy.items()}
