"""Whether arguments are what they have to be: what is not is refused with what is allowed."""

from __future__ import annotations

import numbers
import os
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from ._errors import UnknownKeyError


def shown(value: Any) -> str:
    """A value as messages have it: in one line, and not for pages."""
    said = " ".join(repr(value).split())
    return said if len(said) <= 80 else said[:77] + "..."


def number(name: str, value: Any, least: int, most: int) -> str:
    """A whole number between two others, as an argument."""
    try:
        whole = value.__index__()
    except (AttributeError, TypeError):
        whole = None
    if isinstance(value, bool) or whole is None or not least <= whole <= most:
        raise ValueError(f"`{name}` is {shown(value)}; allowed: a whole number from {least} to {most}")
    return str(whole)


def real(name: str, value: Any, least: float, most: float) -> float:
    """A real number between two others, both of which it may be."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not least <= float(value) <= most:
        raise ValueError(f"`{name}` is {shown(value)}; allowed: a number from {least:g} to {most:g}")
    return float(value)


def path(name: str, value: Any) -> str:
    """The name of a file or directory, as a text."""
    try:
        said = os.fsdecode(value)
    except TypeError:
        raise TypeError(f"`{name}` is {shown(value)}; allowed: a text or a path") from None
    if not said:
        raise ValueError(f"`{name}` is empty; allowed: the name of a file or directory")
    return encoded(name, said)


def word(name: str, value: Any, such: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"`{name}` is {shown(value)}; allowed: a text, such as {such}")
    return encoded(name, value)


def encoded(name: str, said: str) -> str:
    """A text that can be written down: one half of a surrogate pair cannot."""
    try:
        said.encode()
    except UnicodeEncodeError:
        raise ValueError(f"`{name}` is {ascii(said)[:80]}; allowed: text that is UTF-8") from None
    return said


def mapping(name: str, value: Any, such: str) -> Mapping[str, Any]:
    """A mapping from texts."""
    if not isinstance(value, Mapping):
        raise TypeError(f"`{name}` is {shown(value)}; allowed: a dict, such as {such}")
    for key in value:
        if not isinstance(key, str) or not key.strip() or not key.isprintable() or "=" in key:
            raise ValueError(f"`{name}` has the key {shown(key)}; allowed: names, as in {such}")
    return value


def only(options: Collection[str], allowed: Collection[str], what: str) -> None:
    """Refuses options that something has not."""
    for name in options:
        if name not in allowed:
            near = get_close_matches(name, allowed, 1)
            hint = f"; hint: did you mean `{near[0]}`?" if near else ""
            raise UnknownKeyError(f"{what} has no option `{name}`; allowed: {', '.join(allowed)}{hint}")
