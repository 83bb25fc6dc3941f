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

from ._command import number
from ._progress import Listener
from ._run import run
from .network import Network
from .result import Result
from .units import ms, uA

PathLike = Union[str, "os.PathLike[str]"]

# What leads to the first layer acts for a whole presentation, what leads to the next for as long as a switch is on.
_PULSES = (20 * ms, 8.65 * ms)


@dataclass(frozen=True)
class Tested:
    """What a test of layers gave."""

    accuracy: float
    """Fraction of samples that were answered rightly."""
    joules: dict[str, float]
    """Per sample, by category, and ``total``; empty where nothing is a device."""
    result: Result = field(repr=False)
    """The run behind it: confusion, spikes per layer, report."""


@dataclass(frozen=True)
class Programmed:
    """What layers give on devices, programmed several times."""

    mean: float
    """Accuracy as a fraction, mean over the programmings."""
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
    answer. Every method describes a scenario of ``kind = "supervised"`` with ``gradient = { kind = "exact" }`` and runs it: its
    results are those of runs.

    Parameters
    ----------
    sizes
        Neurons of each layer; the last has one for each class: ``[100, 10]``.
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
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        synapse: PathLike | None = None,
        neuron: PathLike | None = None,
        levels: int | None = None,
        spread: float | None = None,
        low: float | None = None,
        high: float | None = None,
        above: float = 0.08,
    ) -> None:
        self.sizes = [int(number("sizes", size, 1, 2**20)) for size in sizes]
        if not self.sizes:
            raise ValueError("`sizes` is empty; allowed: neurons of one layer or more")
        if synapse is None and (levels is not None or spread is not None):
            raise ValueError("`levels` and `spread` are of devices; allowed: with `synapse`")
        named = None if synapse is None else os.fspath(synapse)
        # A file is looked for here, not where the layers are put together.
        self.synapse = os.path.abspath(named) if named is not None and os.path.isfile(named) else named
        self.neuron = None if neuron is None else os.fspath(neuron)
        self._crossbar = {"levels": levels, "spread": None if spread is None else {"cv_on": spread, "cv_off": spread}}
        self._range = {"low": low, "high": high}
        self._above = above
        self._trained: Result | None = None

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
            Classes, counted from 0.
        test
            Samples and classes that are tested after every epoch. Default: a fifth of the samples, drawn by the seed, which
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
            If there are not as many classes as samples, or samples differ in shape, or classes are beyond the last layer.
        """
        protocol: dict[str, Any] = {
            "epochs": epochs,
            "batch": batch,
            "optimizer": {"rate": rate, "rate_final": rate / 100},
        }
        if validation:
            protocol["validation"] = validation
        self._trained = self._run(protocol, (x, y), test, seed, threads, progress)
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
        """Tests the trained layers on samples, with the weights as numbers."""
        result = self._tested(x, y, {}, threads)
        return Tested(float(result.accuracy["test"]), _joules(result, len(self._last[1])), result)

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
        case: dict[str, Any] = {"name": "programmed", "placement": "one_sided", "draws": draws}
        chosen = levels if levels is not None else self._crossbar["levels"]
        spreads = self._crossbar["spread"] if spread is None else {"cv_on": spread, "cv_off": spread}
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
        seed = trained.summary["seed"]
        protocol = {"epochs": 1, "weights_from": str(trained.path.resolve()), **more}
        return self._run(protocol, (x, y), (x, y), seed, threads, False)

    def _run(
        self,
        protocol: Mapping[str, Any],
        train: tuple[Any, Any],
        test: tuple[Any, Any] | None,
        seed: int,
        threads: int | None,
        progress: bool | Listener,
    ) -> Result:
        samples, classes = arrays(*train)
        self._last = (samples, classes)
        wanted = self.sizes[-1]
        with tempfile.TemporaryDirectory(prefix="memspike-") as name:
            place = Path(name)
            _write(place / "train.npz", samples, classes, wanted)
            data: dict[str, Any] = {"kind": "npz", "train": "train.npz", "test": "20 %", "classes": wanted}
            if test is not None:
                others, theirs = arrays(*test)
                if others.shape[1:] != samples.shape[1:]:
                    raise ValueError(
                        f"samples to be tested are {others.shape[1:]}, and those that are learned {samples.shape[1:]}; "
                        "allowed: one shape"
                    )
                self._last = (others, theirs)
                _write(place / "test.npz", others, theirs, wanted)
                data["test"] = "test.npz"
            data |= {key: value for key, value in self._range.items() if value is not None}
            network = self._network(int(np.prod(samples.shape[1:])), data)
            gradient = {"kind": "exact", "loss": {"kind": "first_spike", "tau": 0.3 * ms, "early": 0.01}, "activity_raise": 5e-5}
            given = {"kind": "supervised", "precision": "f32", "presentation": 20 * ms, "gradient": gradient, **protocol}
            file = place / "scenario.toml"
            file.write_text(network.text(protocol=given), encoding="utf-8")
            return run(file, seed=seed, threads=threads, progress=progress)


def arrays(x: Any, y: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Samples of one shape, and a class for each, of arrays or of any iterables."""
    if y is None:
        pairs = list(x)
        x, y = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if not hasattr(x, "__array__") and isinstance(x, Iterable):
        each = [np.asarray(sample) for sample in x]
        shapes = sorted({sample.shape for sample in each})
        if len(shapes) > 1:
            raise ValueError(f"samples are {shapes[0]} and {shapes[1]}; allowed: one shape")
        x = np.stack(each) if each else np.zeros((0, 1))
    samples, classes = np.asarray(x), np.asarray(list(y) if not hasattr(y, "__array__") else y)
    if samples.dtype.kind not in "uif" or samples.ndim < 2 or not len(samples):
        raise ValueError(f"samples are {samples.dtype} of {samples.shape}; allowed: numbers of (samples, ...)")
    if classes.dtype.kind not in "ui" or classes.shape != samples.shape[:1]:
        raise ValueError(
            f"classes are {classes.dtype} of {classes.shape}; allowed: a whole number for each of {len(samples)} samples"
        )
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        at = tuple(int(k) for k in np.argwhere(~np.isfinite(samples))[0])
        raise ValueError(f"sample {at[0]} has {samples[at]} at {at[1:]}; allowed: finite numbers")
    return samples, classes.astype(np.int64)


def _write(file: Path, samples: NDArray[Any], classes: NDArray[np.int64], wanted: int) -> None:
    wrong = np.flatnonzero((classes < 0) | (classes >= wanted))
    if len(wrong):
        raise ValueError(
            f"sample {wrong[0]} is of class {classes[wrong[0]]}, and the last layer has {wanted} neurons; allowed: 0 to {wanted - 1}"
        )
    if samples.dtype.kind == "i":
        samples = samples.astype(np.float64)
    np.savez(file, x=samples if samples.dtype == np.uint8 else samples.astype(np.float64), y=classes)


def _joules(result: Result, samples: int) -> dict[str, float]:
    return {category: joules / samples for category, joules in result.energy.items()}
