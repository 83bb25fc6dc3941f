"""Values of Python as text of a scenario."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ._asked import encoded, shown

# What nests deeper is nothing that a scenario has, and may contain itself.
_DEEPEST = 32


def text(value: Any, what: str, depth: int = 0) -> str:
    """A value as TOML: numbers with units become texts such as "20 mV", arrays lists, mappings inline tables.

    `what` is how messages call it.
    """
    if depth > _DEEPEST:
        raise ValueError(f"{what[:60]}... is a list of lists, more than {_DEEPEST} deep; allowed: fewer")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(encoded(what, value))
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
        return text(value.tolist(), what, depth)
    if isinstance(value, Mapping):
        inner = (f"{quoted(str(key))} = {text(item, f'{what}.{key}', depth + 1)}" for key, item in value.items())
        return "{ " + ", ".join(inner) + " }"
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return "[" + ", ".join(text(item, f"{what}[{index}]", depth + 1) for index, item in enumerate(value)) + "]"
    raise TypeError(
        f"{what} is {shown(value)}, of type {type(value).__name__}; allowed: numbers, texts such as \"20 mV\", quantities, "
        "arrays, lists and dicts of them"
    )


def plain(value: Any, what: str) -> str:
    """A value as an option of the command line has it: texts without quotes, values of a sequence with commas between them."""
    if isinstance(value, (str, os.PathLike)):
        return encoded(what, os.fsdecode(value))
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
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
    return symbol(value.units)


def symbol(unit: Any) -> str:
    """The symbol of a unit: a text, or what another package has."""
    if isinstance(unit, str):
        return unit
    try:
        return format(unit, "~").replace(" ", "")
    except (TypeError, ValueError):
        raise ValueError(f"a unit is {shown(unit)}; allowed: a symbol, such as \"mV\"") from None


def key(name: str) -> str:
    """A key as TOML has it."""
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else quoted(name)


def one(number: Any, unit: str, what: str) -> str:
    return quoted(f"{text(number, what)} {unit}".rstrip())


def quoted(said: str) -> str:
    return json.dumps(said, ensure_ascii=False).replace("\x7f", "\\u007f")
