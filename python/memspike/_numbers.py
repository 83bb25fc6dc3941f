"""Numbers with units as arrays in SI units, rounded once from the digits that they are written with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._values import unit_of

_PREFIXES = {"": 0, "m": -3, "u": -6, "µ": -6, "μ": -6, "n": -9, "p": -12, "f": -15, "k": 3, "M": 6, "G": 9, "T": 12}
_BASES = ("Ohm", "Ω", "Hz", "V", "A", "S", "F", "s")


def exponent(unit: str, base: str, what: str) -> int:
    """Power of ten of a unit, which must be one of `base`."""
    for known in _BASES:
        if unit.endswith(known) and unit[: -len(known)] in _PREFIXES:
            if known == base:
                return _PREFIXES[unit[: -len(known)]]
            break
    raise ValueError(f"{what} is in {unit!r}; allowed: {base} with a prefix, such as m{base}")


def quantity(value: Any) -> bool:
    """Whether a value carries a unit."""
    return hasattr(value, "magnitude") and hasattr(value, "units")


def reals(value: Any, what: str) -> NDArray[np.float64]:
    """Real numbers as an array of the same shape; nothing is made a number that is none."""
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "iuf" and numbers.size:
        raise ValueError(f"{what} is an array of {numbers.dtype}; allowed: real numbers")
    return np.asarray(numbers, dtype=np.float64)


def finite(value: Any, what: str) -> NDArray[np.float64]:
    """Finite real numbers as a flat array."""
    numbers = np.ascontiguousarray(reals(value, what).ravel())
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise ValueError(f"{what}: value {wrong[0]} is {numbers[wrong[0]]}; allowed: finite numbers")
    return numbers


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
            raise ValueError(f"{what} is {value!r}; allowed: a number with a unit, such as \"10 m{base}\"")
        return numbers, exponent(unit, base, what)
    if quantity(value):
        numbers = np.atleast_1d(reals(value.magnitude, what))
        return numbers, exponent(unit_of(value), base, what)
    raise ValueError(
        f"{what} is {value!r}, without a unit; allowed: a text or a quantity, such as \"10 m{base}\" or 10 * m{base}"
    )


def si(value: Any, base: str, what: str) -> NDArray[np.float64]:
    """Values in the SI unit `base`, as a flat array; each may have a unit of its own, of the same kind."""
    if several(value):
        return np.concatenate([si(item, base, f"{what}[{index}]") for index, item in enumerate(value)])
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
        return np.concatenate([femtoseconds(item, f"{what}[{index}]") for index, item in enumerate(value)])
    if not quantity(value) and not isinstance(value, str):
        whole = np.atleast_1d(np.asarray(value))
        if whole.dtype.kind not in "iu" and whole.size:
            raise ValueError(
                f"{what}: {whole.dtype} without a unit; allowed: whole femtoseconds, or times with a unit such as 10 * ms"
            )
        if whole.size and (int(whole.min()) < 0 or int(whole.max()) >= 2**63):
            raise ValueError(f"{what}: {int(whole.min())} to {int(whole.max())} fs; allowed: 0 to 2^63 - 1")
        return np.ascontiguousarray(whole.ravel(), dtype=np.int64)
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
    numbers = np.atleast_1d(np.asarray(value))
    if numbers.size and numbers.dtype.kind not in "iu":
        raise ValueError(f"{what} is an array of {numbers.dtype}; allowed: whole numbers")
    return np.ascontiguousarray(numbers.ravel(), dtype=np.int64)
