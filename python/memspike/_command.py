"""What the command line is asked, and what it answers."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Mapping
from typing import Any

from . import _core
from ._errors import MemspikeWarning, failure
from ._progress import Listener, Told
from ._values import plain

_log = logging.getLogger("memspike")

STOPPED = 130


class Answers:
    """Takes the lines of a command: warnings, notes for `logging`, errors, how far it is."""

    def __init__(self, progress: bool | Listener) -> None:
        self.progress = Told(progress)
        self.errors: list[tuple[str, str]] = []

    def __call__(self, line: str) -> None:
        try:
            said = json.loads(line)
            kind = said["kind"]
        except (ValueError, TypeError, KeyError):
            # No message: what is traced, for example.
            return
        if kind == "error":
            hint = said.get("hint")
            self.errors.append((said["cause"], said["text"] + (f"\nhint: {hint}" if hint else "")))
        elif kind == "warning":
            # Frames: this one, `ask`, `carried_out` or `said`, `run` or what asks, its caller.
            warnings.warn(said["text"], MemspikeWarning, stacklevel=5)
        elif kind in ("note", "line"):
            _log.info("%s", said["text"])
        elif kind in ("progress", "phase"):
            self.progress(said)

    def failure(self) -> Exception:
        """What went wrong: all of it, as the exception for the first cause."""
        if self.errors:
            cause = self.errors[0][0]
            return failure(cause, "\n".join(text for _, text in self.errors))
        return failure("value", "memspike says nothing about what went wrong")


def ask(args: list[str], progress: bool | Listener = False) -> tuple[int, str]:
    """Carries out a command that speaks in objects; the exit code, 0, 1 or `STOPPED`, and what it printed."""
    answers = Answers(progress)
    try:
        code, printed = _core.command(args, answers)
    finally:
        answers.progress.close()
    if code not in (0, 1, STOPPED):
        raise answers.failure()
    return code, printed


def said(args: list[str]) -> str:
    """What a command prints; its warnings are Python's, its notes go to `logging`."""
    return ask(args)[1]


def arguments(options: Mapping[str, Any]) -> list[str]:
    """Options of a command: ``--KEY=VALUE``, ``--KEY`` of what is True, nothing of what is None or False; of a sequence its
    values with commas between them."""
    args = []
    for key, value in options.items():
        option = "--" + key.rstrip("_").replace("_", "-")
        if value is True:
            args.append(option)
        elif value is not None and value is not False:
            args.append(f"{option}={plain(value, key)}")
    return args
