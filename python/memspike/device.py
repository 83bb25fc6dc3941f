"""One device on the bench."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Union

from ._asked import mapping, number, only, path
from ._command import arguments, said
from ._tables import Table
from ._values import plain

PathLike = Union[str, "os.PathLike[str]"]

# What every measurement takes, and those of circuits, and `cycles`, beside what is in their signatures.
_COMMON = ("seed", "vary", "noise", "beyond_range")
_CIRCUIT = ("open_after", "series_resistor", "capacitor", "row_voltage")
_CYCLES = ("amplitude", "reverse", "rate", "wear")

# Options that are whole numbers.
_WHOLE = ("cycles", "samples", "count", "points", "devices", "number")


class Device:
    """A device: a shipped preset, or a file that a fit has written.

    Each measurement is what ``memspike device NAME EXPERIMENT`` prints, as a `Table`: columns by name, each with its unit.
    Options that are left out are chosen for the device, as the command says.

    Parameters
    ----------
    preset
        "ag-tio2-pt-ts", "ag-tio2-pt-rs-analog", ... (``memspike models`` lists them), or a preset file.
    parameters
        Values in place of those of the preset: ``v_th=0.3 * V``, ``cycle_cv=0.05``.

    Raises
    ------
    ScenarioError
        A ValueError, when it is measured: the preset is not there or not right, or cannot be measured so.

    Examples
    --------
    >>> from memspike import Device
    >>> from memspike.units import V
    >>> loop = Device("ag-tio2-pt-ts", v_th=0.3 * V).iv(amplitude=0.5 * V)
    >>> loop.units["voltage"], loop.units["current"]
    ('V', 'A')
    >>> float(loop["voltage"].max())
    0.5
    """

    def __init__(self, preset: PathLike, **parameters: Any) -> None:
        self.preset = path("preset", preset)
        self.parameters = dict(mapping("parameters", parameters, "v_th=0.3 * V"))

    def iv(
        self,
        *,
        amplitude: Any = None,
        reverse: Any = None,
        through: Sequence[Any] | None = None,
        rate: Any = None,
        duration: Any = None,
        cycles: int | None = None,
        samples: int | None = None,
        compliance: Any = None,
        start: Any = None,
        circuit: str | None = None,
        **common: Any,
    ) -> Table:
        """Sweeps the voltage: columns ``cycle``, ``time``, ``voltage``, ``current``, and the state of the device.

        Parameters
        ----------
        amplitude, reverse
            From zero to this voltage and back, and then to one of the other sign.
        through
            All turning points instead: ``[0 * V, 0.2 * V, 0 * V]``.
        rate, duration
            Of the sweep, such as "10 mV/s"; or how long one takes.
        cycles, samples
            How often it is repeated; rows between two turning points.
        compliance
            Current limit in place of the preset's.
        start
            Conductance to start from, of devices that keep it.
        circuit
            Around a threshold switch: "bare", "reset", "series", "load".
        common
            Options of every measurement: `seed`, `vary` (with the spread of the preset), `noise` ("1 %"), `beyond_range`,
            and of circuits `open_after`, `series_resistor`, `capacitor`, `row_voltage`.
        """
        return self._measure("iv", locals())

    def pulses(
        self,
        *,
        amplitude: Any = None,
        reverse: Any = None,
        width: Any = None,
        period: Any = None,
        count: int | None = None,
        start: Any = None,
        circuit: str | None = None,
        **common: Any,
    ) -> Table:
        """Applies equal pulses: of a memory ``pulse``, ``amplitude``, ``conductance``, of a switch its state over time.

        Parameters
        ----------
        amplitude, reverse
            Voltage of the pulses, and of a second train of as many.
        width, period
            Duration of a pulse; from the start of one to that of the next.
        count
            Pulses of a train.
        start
            Conductance to start from.
        circuit, common
            As for `iv`.
        """
        return self._measure("pulses", locals())

    def stdp(
        self, *, reach: Any = None, points: int | None = None, start: Any = None, fit_from: Any = None, **common: Any
    ) -> Table:
        """Applies pairs of spikes: columns ``dt`` (t_post - t_pre), ``change`` in percent of the conductance before.

        Parameters
        ----------
        reach
            Largest time between the spikes of a pair.
        points
            Pairs of each order.
        start
            Conductance before each pair.
        fit_from
            Smallest time that counts for the exponentials that are told.
        common
            As for `iv`.
        """
        return self._measure("stdp", locals())

    def retention(
        self, *, until: Any = None, points: int | None = None, devices: int | None = None, **common: Any
    ) -> Table:
        """Leaves the device alone: of a memory the median and tenths of conductances over ``time``, of a switch its state.

        Parameters
        ----------
        until
            How long.
        points
            Rows.
        devices
            How many, each with its own lifetime.
        common
            As for `iv`.
        """
        return self._measure("retention", locals())

    def cycles(self, *, number: int | None = None, circuit: str | None = None, **common: Any) -> Table:
        """Switches the device on and off again and again: a row for each cycle, with the spread of the preset.

        Parameters
        ----------
        number
            How many cycles.
        circuit, common
            As for `iv`; and `amplitude`, `reverse` and `rate` of the sweeps, and `wear` (the window shrinks as the preset says).
        """
        return self._measure("cycles", locals())

    def _measure(self, experiment: str, given: dict[str, Any]) -> Table:
        """Measures what the arguments of a method say."""
        del given["self"]
        common = given.pop("common")
        asked = {**given, **common}
        known = [*given, *_COMMON, *(_CIRCUIT if "circuit" in given else ()), *(_CYCLES if experiment == "cycles" else ())]
        only(common, known, f"`{experiment}`")
        for name, value in asked.items():
            if value is None:
                continue
            if name == "seed":
                number("seed", value, 0, 2**64 - 1)
            elif name in _WHOLE:
                number(name, value, 1, 2**32 - 1)
            elif name in ("vary", "beyond_range", "wear") and not isinstance(value, bool):
                raise TypeError(f"`{name}` is {value!r}; allowed: True or False")
        # A name that begins with a dash is no option.
        named = os.path.join(".", self.preset) if self.preset.startswith("-") else self.preset
        args = ["device", named, experiment, *arguments(asked)]
        args += [f"--set={key}={plain(value, key)}" for key, value in self.parameters.items()]
        return Table.from_csv(said(args))

    def __repr__(self) -> str:
        changed = "".join(f", {key}={value}" for key, value in self.parameters.items())
        return f"<Device {self.preset}{changed}>"
