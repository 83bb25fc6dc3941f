"""What goes wrong, as exceptions."""

from __future__ import annotations

import re

# An option with what stands for its value; but not within a command, and not as the place of a fault.
_OPTION = re.compile(r"`memspike [^`]*`|cargo [^\n]*|--> --\w+|(?<![\w/.-])(['`]?)--([a-z][a-z-]*)(?:[ =](?:<[^>]*>|[A-Z]+(?:=[A-Z]+)?))?\1")


class MemspikeWarning(UserWarning):
    """Something that is possible and implausible: a value of a scenario, mostly."""


class ScenarioError(ValueError):
    """What was asked for cannot be done; the text says what, where, the value, what is allowed and what to do."""


class UnknownKeyError(ScenarioError, KeyError):
    """A key or a section that memspike does not know."""

    def __str__(self) -> str:
        # That of KeyError would show the text as a literal.
        return ValueError.__str__(self)


def failure(cause: str, text: str) -> Exception:
    """The exception for a cause, as messages of the command line have it."""
    kinds: dict[str, type[Exception]] = {
        "unknown": UnknownKeyError,
        "missing": FileNotFoundError,
        "file": OSError,
        "memory": MemoryError,
    }
    return kinds.get(cause, ScenarioError)(spoken(text))


def spoken(text: str) -> str:
    """A message of the command line with its options as the arguments that they are here: ``--beyond-range`` is `beyond_range`."""

    def said(found: re.Match[str]) -> str:
        if found[2] is None:
            return found[0]
        name = found[2].replace("-", "_")
        return f"`{name}_`" if name in ("from", "in") else f"`{name}`"

    return _OPTION.sub(said, text)
