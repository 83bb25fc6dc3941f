"""Numbers with units: ``10 * ms``, ``[15, 17.5] * mV``.

A `Quantity` carries a number, or an array, and the symbol of its unit to where memspike reads it; it is no algebra of
units. What has `magnitude` and `units`, as the quantities of pint, is taken everywhere in its place, and so is a text such as
"10 ms". A number without a unit is refused where a unit belongs to it.

>>> from memspike.units import ms, mV
>>> 10 * ms
10 ms
>>> [15, 17.5] * mV
[15, 17.5] mV
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _Magnitude = Union[int, float, "NDArray[np.float64]"]


def _numbers(values: Any) -> NDArray[np.float64]:
    import numpy

    if numpy.ma.is_masked(values):
        raise ValueError("an array with a unit has values that are masked; allowed: numbers; hint: `filled` or `compressed`")
    try:
        found = numpy.asarray(values)
    except ValueError:
        raise ValueError("an array with a unit has rows of different lengths; allowed: rows that are as long as each other") from None
    if found.dtype.kind not in "iuf" and found.size:
        raise ValueError(f"an array of {found.dtype} with a unit; allowed: real numbers")
    return numpy.asarray(found, dtype=numpy.float64)


class Quantity:
    """A number, or an array of numbers, with the symbol of a unit."""

    __slots__ = ("magnitude", "units")

    # An array times a unit is a quantity, and no array of quantities.
    __array_ufunc__ = None

    magnitude: _Magnitude
    units: str

    def __init__(self, magnitude: Any, units: str) -> None:
        if not isinstance(units, str):
            raise TypeError(f"a unit is {units!r}; allowed: a symbol, such as \"mV\"")
        if isinstance(magnitude, bool):
            raise ValueError(f"{magnitude} with a unit; allowed: real numbers")
        if not isinstance(magnitude, (int, float)):
            magnitude = _numbers(magnitude)
            if magnitude.ndim == 0:
                magnitude = float(magnitude)
        self.magnitude = magnitude
        self.units = units

    def __mul__(self, factor: Any) -> Quantity:
        if isinstance(factor, Quantity):
            raise TypeError(f"{self} * {factor}: quantities of memspike are not multiplied; pint does that")
        if not isinstance(factor, (int, float)) or isinstance(factor, bool):
            factor = _numbers(factor)
        # One of the unit: the number as it was written.
        if isinstance(self.magnitude, int) and self.magnitude == 1:
            return Quantity(factor, self.units)
        return Quantity(self.magnitude * factor, self.units)

    def __rmul__(self, factor: Any) -> Quantity:
        return Quantity.__mul__(self, factor)

    def __truediv__(self, divisor: float) -> Quantity:
        return Quantity(self.magnitude / divisor, self.units)

    def __neg__(self) -> Quantity:
        return Quantity(-self.magnitude, self.units)

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, Quantity) or self.units != other.units:
            return NotImplemented
        return self.magnitude == other.magnitude

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if isinstance(self.magnitude, (int, float)):
            return f"{self.magnitude} {self.units}"
        return "[" + ", ".join(f"{number:g}" for number in self.magnitude.ravel()) + f"] {self.units}"


s, ms, us, ns, ps, fs = (Quantity(1, unit) for unit in ("s", "ms", "us", "ns", "ps", "fs"))
V, mV, uV = (Quantity(1, unit) for unit in ("V", "mV", "uV"))
A, mA, uA, nA, pA = (Quantity(1, unit) for unit in ("A", "mA", "uA", "nA", "pA"))
S, mS, uS, nS, pS = (Quantity(1, unit) for unit in ("S", "mS", "uS", "nS", "pS"))
F, uF, nF, pF = (Quantity(1, unit) for unit in ("F", "uF", "nF", "pF"))
Ohm, kOhm, MOhm, GOhm = (Quantity(1, unit) for unit in ("Ohm", "kOhm", "MOhm", "GOhm"))
Hz, kHz, MHz = (Quantity(1, unit) for unit in ("Hz", "kHz", "MHz"))
