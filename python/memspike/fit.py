"""Measured curves become parameters with standard errors, and a preset that scenarios and `Device` take.

>>> from memspike import Device, fit
>>> window = Device("ag-tio2-pt-rs-analog").stdp(points=60, noise="1 %")
>>> found = fit.stdp(window["dt"], window["change"] / 100, from_="30 ms", anyway=True)
>>> sorted(found.parameters)
['tau_minus', 'tau_plus', 'w_minus', 'w_plus']
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

import numpy as np

from . import _asked
from ._asked import mapping, only
from ._command import arguments, said
from ._errors import ScenarioError
from ._numbers import finite, quantity, several, si
from ._values import plain
from .device import Device

PathLike = Union[str, "os.PathLike[str]"]

_OPTIONS = ("base", "param", "from_", "to", "ohmic", "stretched", "amplitude", "width", "start", "anyway")


@dataclass(frozen=True)
class Parameter:
    """A number that was fitted."""

    value: float
    """In `unit`."""
    error: float | None
    """Standard error; None of what was held."""
    unit: str
    """Symbol; "" of plain numbers."""

    def __str__(self) -> str:
        error = "" if self.error is None else f" ± {self.error:.2g}"
        return f"{self.value:.4g}{error} {self.unit}".rstrip()


@dataclass(frozen=True)
class Fit:
    """What a measurement says of a device."""

    parameters: dict[str, Parameter]
    """By name."""
    fits: bool
    """Whether what is left over looks like noise: where it does not, the law is not that of the data, and errors mean nothing."""
    told: dict[str, Any] = field(repr=False)
    """Everything that ``memspike fit --format json`` says."""
    preset: str | None = field(repr=False)
    """The preset file; None where the law does not fit and `anyway` was not said."""

    def save(self, path: PathLike) -> Path:
        """Writes the preset, for scenarios and `Device`."""
        if self.preset is None:
            raise ValueError("there is no preset: the law is not that of the data; hint: `anyway=True` makes one all the same")
        file = Path(_asked.path("path", path))
        file.write_text(self.preset, encoding="utf-8")
        return file

    def device(self, path: PathLike) -> Device:
        """Saves the preset and returns the device that it is."""
        return Device(self.save(path))


def iv(voltage: Any, current: Any, **options: Any) -> Fit:
    """Loops of current and voltage, in the order of the sweep: turn-on, turn-off, conductances, compliance.

    Parameters
    ----------
    voltage, current
        With units, or plain arrays in volts and amperes.
    options
        Those of ``memspike fit``: `base` (preset that other numbers are taken from), `param` (values to hold:
        ``{"i_cc": "7 uA"}``), `from_`, `to`, `ohmic`, `stretched`, `amplitude`, `width`, `start`, `anyway` (a preset also of
        what does not fit).

    Raises
    ------
    ScenarioError
        A ValueError: the data cannot determine a parameter, which is named.
    """
    return _fit("iv", {"voltage [V]": (voltage, "V"), "current [A]": (current, "A")}, options)


def pulses(conductance: Any, **options: Any) -> Fit:
    """A train of equal pulses on a soft bound: conductance before the first pulse and after each; siemens or with a unit."""
    numbers = np.arange(np.size(getattr(conductance, "magnitude", conductance)), dtype=np.float64)
    return _fit("pulses", {"pulse": (numbers, ""), "conductance [S]": (conductance, "S")}, options)


def stdp(dt: Any, change: Any, **options: Any) -> Fit:
    """Both sides of a learning window: t_post - t_pre, in seconds or with a unit, and the change as a fraction."""
    change = 100 * finite(change, "change")
    return _fit("stdp", {"dt [s]": (dt, "s"), "change [%]": (change, "")}, options)


def relaxation(time: Any, state: Any, **options: Any) -> Fit:
    """Relaxation of a membrane or filament: seconds and volts, or with units."""
    return _fit("lif", {"time [s]": (time, "s"), "state [V]": (state, "V")}, options)


def retention(time: Any, conductance: Any, **options: Any) -> Fit:
    """Loss of a programmed conductance: seconds and siemens, or with units."""
    return _fit("retention", {"time [s]": (time, "s"), "conductance [S]": (conductance, "S")}, options)


def _fit(model: str, columns: Mapping[str, tuple[Any, str]], options: Mapping[str, Any]) -> Fit:
    only(options, _OPTIONS, f"`fit.{'relaxation' if model == 'lif' else model}`")
    for name in ("ohmic", "stretched", "anyway"):
        if not isinstance(options.get(name, False), bool):
            raise TypeError(f"`{name}` is {options[name]!r}; allowed: True or False")
    with tempfile.TemporaryDirectory(prefix="memspike-") as place:
        data, preset = Path(place) / "measured.csv", Path(place) / "preset.toml"
        data.write_text(_csv(columns), encoding="utf-8")
        args = ["fit", model, str(data), "--format", "json"]
        if model != "pulses" or {"amplitude", "width"} & options.keys():
            # A train makes a preset where it is known what its pulses were.
            args.append(f"--out={preset}")
        held = mapping("param", options.get("param") or {}, '{"i_cc": "7 uA"}')
        args += [f"--param={name}={plain(value, name)}" for name, value in held.items()]
        args += arguments({key: value for key, value in options.items() if key != "param"})
        try:
            told = json.loads(said(args))
        except ScenarioError as error:
            # The file is ours; whoever measured has arrays. Its first line is the header.
            told = re.sub(re.escape(str(data)) + r":(\d+): ", lambda line: f"row {int(line[1]) - 1}: ", str(error))
            raise type(error)(told.replace(f"{data}: ", "")) from None
        written = preset.read_text(encoding="utf-8") if preset.is_file() else None
    found = {one["name"]: Parameter(one["value"], one.get("error"), one.get("unit") or "") for one in told["parameters"]}
    return Fit(found, bool(told.get("fits", True)), told, written)


def _csv(columns: Mapping[str, tuple[Any, str]]) -> str:
    arrays = []
    for title, (values, base) in columns.items():
        name = title.partition(" [")[0]
        if quantity(values) or isinstance(values, str) or several(values):
            arrays.append(si(values, base, name))
        else:
            arrays.append(finite(values, name))
    lengths = {len(array) for array in arrays}
    if len(lengths) != 1:
        told = ", ".join(f"{len(array)} of {title}" for title, array in zip(columns, arrays))
        raise ValueError(f"the columns have {told}; allowed: as many of each")
    rows = zip(*(array.tolist() for array in arrays))
    return ",".join(columns) + "\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows)
