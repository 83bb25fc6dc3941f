"""What goes wrong, as exceptions."""

from __future__ import annotations


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
    return kinds.get(cause, ScenarioError)(text)
