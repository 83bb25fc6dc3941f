"""Values of Python as text of a scenario."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any


def text(value: Any, what: str) -> str:
    """A value as TOML: numbers with units become texts such as "20 mV", arrays lists, mappings inline tables.

    `what` is how messages call it.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{what} is {value}; allowed: a finite number")
        return repr(float(value))
    if isinstance(value, os.PathLike):
        return quoted(os.fspath(value))
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        return with_unit(value, what)
    if hasattr(value, "tolist"):
        return text(value.tolist(), what)
    if isinstance(value, Mapping):
        inner = (f"{quoted(str(key))} = {text(item, f'{what}.{key}')}" for key, item in value.items())
        return "{ " + ", ".join(inner) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(text(item, f"{what}[{index}]") for index, item in enumerate(value)) + "]"
    raise TypeError(
        f"{what} is {value!r}, a {type(value).__name__}; allowed: numbers, texts such as \"20 mV\", quantities, "
        "arrays, lists and dicts of them"
    )


def plain(value: Any, what: str) -> str:
    """A value as an option of the command line has it: texts without quotes, values of a sequence with commas between them."""
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if isinstance(value, Sequence):
        return ",".join(plain(item, f"{what}[{index}]") for index, item in enumerate(value))
    return text(value, what).strip('"')


def with_unit(value: Any, what: str) -> str:
    """A number, or numbers, with a unit."""
    unit = unit_of(value)
    magnitude = value.magnitude
    if hasattr(magnitude, "tolist"):
        magnitude = magnitude.tolist()
    if isinstance(magnitude, Sequence):
        return "[" + ", ".join(one(item, unit, f"{what}[{index}]") for index, item in enumerate(magnitude)) + "]"
    return one(magnitude, unit, what)


def unit_of(value: Any) -> str:
    """The symbol of the unit of a quantity: of memspike, or of another package that calls it `units`."""
    unit = value.units
    return unit if isinstance(unit, str) else format(unit, "~").replace(" ", "")


def one(number: Any, unit: str, what: str) -> str:
    return quoted(f"{text(number, what)} {unit}".rstrip())


def quoted(said: str) -> str:
    return json.dumps(said, ensure_ascii=False).replace("\x7f", "\\u007f")
