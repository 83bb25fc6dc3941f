"""Numbers with units as arrays in SI units, rounded once from the digits that they are written with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._asked import shown
from ._values import unit_of

_PREFIXES = {"": 0, "m": -3, "u": -6, "µ": -6, "μ": -6, "n": -9, "p": -12, "f": -15, "k": 3, "M": 6, "G": 9, "T": 12}
# A unit that people write.
_SUCH = {"V": "mV", "S": "uS", "A": "nA", "s": "ms", "Hz": "Hz"}
_BASES = ("Ohm", "Ω", "Hz", "V", "A", "S", "F", "s")


def exponent(unit: str, base: str, what: str) -> int:
    """Power of ten of a unit, which must be one of `base`."""
    for known in _BASES:
        if unit.endswith(known) and unit[: -len(known)] in _PREFIXES:
            if known == base:
                return _PREFIXES[unit[: -len(known)]]
            break
    raise ValueError(f"{what} is in {unit!r}; allowed: {base} with a prefix, such as m{base}")


def array(value: Any, what: str) -> NDArray[Any]:
    """An array of what is one: all rows are as long, and no value is masked."""
    if np.ma.is_masked(value):
        raise ValueError(f"{what} has values that are masked; allowed: numbers; hint: `filled` or `compressed` of the array")
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(f"{what} has rows of different lengths; allowed: rows that are as long as each other") from None


def quantity(value: Any) -> bool:
    """Whether a value carries a unit."""
    return hasattr(value, "magnitude") and hasattr(value, "units")


def reals(value: Any, what: str) -> NDArray[np.float64]:
    """Real numbers as an array of the same shape; nothing is made a number that is none."""
    numbers = array(value, what)
    if numbers.dtype.kind not in "iuf" and numbers.size:
        raise ValueError(f"{what} is {_told(value, numbers)}; allowed: real numbers")
    return np.asarray(numbers, dtype=np.float64)


def finite(value: Any, what: str) -> NDArray[np.float64]:
    """Finite real numbers as a flat array."""
    # A copy: what becomes of the array that was given is no matter.
    numbers = np.array(reals(value, what).ravel())
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise ValueError(f"{what}: value {wrong[0]} is {numbers[wrong[0]]}; allowed: finite numbers")
    return numbers


def _told(value: Any, numbers: NDArray[Any]) -> str:
    """What cannot be computed with: an array by its type, anything else as it is."""
    return shown(value) if numbers.dtype.kind == "O" else f"an array of {numbers.dtype}"


def _joined(parts: list[NDArray[Any]], what: str) -> NDArray[Any]:
    """Values that had a unit each, one after the other."""
    if len({len(part) for part in parts}) > 1:
        raise ValueError(f"{what} has rows of different lengths; allowed: rows that are as long as each other")
    return np.concatenate(parts)


def several(value: Any) -> bool:
    """Whether these are values that have a unit each."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "UO" and value.size > 0
    return isinstance(value, (list, tuple)) and any(isinstance(item, (str, list, tuple)) or quantity(item) for item in value)


def _split(value: Any, base: str, what: str) -> tuple[NDArray[np.float64], int]:
    """Numbers and the power of ten of their unit."""
    if isinstance(value, str):
        digits = value.strip()
        unit = digits.lstrip("+-.0123456789eE").strip()
        number = digits[: len(digits) - len(unit)].strip() if unit else digits
        # Of "5e-3 s" the exponent belongs to the number; of "5 E" nothing does.
        try:
            numbers = np.array([float(number)])
        except ValueError:
            unit = ""
        if not unit:
            raise ValueError(f"{what} is {value!r}; allowed: a number with a unit, such as \"10 {_SUCH.get(base, base)}\"")
        return numbers, exponent(unit, base, what)
    if quantity(value):
        numbers = np.atleast_1d(reals(value.magnitude, what))
        return numbers, exponent(unit_of(value), base, what)
    raise ValueError(
        f"{what} is {shown(value)}, without a unit; allowed: a text or a quantity, such as \"10 {_SUCH.get(base, base)}\" or "
        f"10 * {_SUCH.get(base, base)}"
    )


def si(value: Any, base: str, what: str) -> NDArray[np.float64]:
    """Values in the SI unit `base`, as a flat array; each may have a unit of its own, of the same kind."""
    if several(value):
        return _joined([si(item, base, f"{what}[{index}]") for index, item in enumerate(value)], what)
    numbers, power = _split(value, base, what)
    try:
        return _core.scaled(np.ascontiguousarray(numbers.ravel()), power)
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error


def one(value: Any, base: str, what: str) -> float:
    """One value in the SI unit `base`."""
    values = si(value, base, what)
    if len(values) != 1:
        raise ValueError(f"{what} has {len(values)} values; allowed: one")
    return float(values[0])


def femtoseconds(value: Any, what: str) -> NDArray[np.int64]:
    """Times as whole femtoseconds: integers are taken as they are, what has a unit to the nearest."""
    if several(value):
        return _joined([femtoseconds(item, f"{what}[{index}]") for index, item in enumerate(value)], what)
    if not quantity(value) and not isinstance(value, str):
        whole = np.atleast_1d(array(value, what))
        if whole.dtype.kind not in "iu" and whole.size:
            raise ValueError(
                f"{what} is {_told(value, whole)} without a unit; allowed: whole femtoseconds, or times with a unit such as 10 * ms"
            )
        if whole.size and (int(whole.min()) < 0 or int(whole.max()) >= 2**63):
            raise ValueError(f"{what}: {int(whole.min())} to {int(whole.max())} fs; allowed: 0 to 2^63 - 1")
        return np.array(whole.ravel(), dtype=np.int64)
    numbers, power = _split(value, "s", what)
    try:
        return _core.times(np.ascontiguousarray(numbers.ravel()), power)
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error


def time(value: Any, what: str) -> int:
    """One time as whole femtoseconds."""
    if isinstance(value, bool):
        raise ValueError(f"{what} is {value}; allowed: whole femtoseconds, or a time with a unit such as 10 * ms")
    times = femtoseconds(value, what)
    if len(times) != 1:
        raise ValueError(f"{what} has {len(times)} values; allowed: one")
    return int(times[0])


def whole(value: Any, what: str) -> NDArray[np.int64]:
    """Whole numbers as a flat array."""
    numbers = np.atleast_1d(array(value, what))
    if numbers.size and numbers.dtype.kind not in "iu":
        raise ValueError(f"{what} is {_told(value, numbers)}; allowed: whole numbers")
    if numbers.size and int(numbers.max()) >= 2**63:
        raise ValueError(f"{what}: {int(numbers.max())}; allowed: whole numbers below 2^63")
    return np.array(numbers.ravel(), dtype=np.int64)
