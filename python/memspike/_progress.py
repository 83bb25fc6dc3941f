"""How far a run is, shown where somebody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    phase: str
    """What is being done: "simulate", "epoch 3", "test"."""
    done: int
    """Steps that are done."""
    total: int
    """Steps of the phase."""
    left: float | None = None
    """Seconds to go, where that can be told."""
    message: str = ""
    """What matters most at this moment: accuracy or a rate."""

    def line(self) -> str:
        """One line for people."""
        share = self.done / self.total if self.total else 1.0
        parts = [f"{self.phase} {100 * share:3.0f} %", self.message]
        if self.left is not None:
            parts.append(f"{self.left:.0f} s left")
        return "  ".join(part for part in parts if part)


Listener = Callable[[Progress], object]


class _Terminal:
    """One line on stderr that changes."""

    def __init__(self) -> None:
        self.width = 0

    def __call__(self, progress: Progress) -> None:
        line = progress.line()
        sys.stderr.write("\r" + line.ljust(self.width))
        sys.stderr.flush()
        self.width = len(line)

    def close(self) -> None:
        if self.width:
            sys.stderr.write("\r" + " " * self.width + "\r")
            sys.stderr.flush()


class _Notebook:
    """One output of a cell that changes."""

    def __init__(self) -> None:
        self.handle: Any = None

    def __call__(self, progress: Progress) -> None:
        from html import escape

        from IPython.display import HTML, display

        share = progress.done / progress.total if progress.total else 1.0
        shown = HTML(f"<progress value='{share:.4f}' max='1'></progress> {escape(progress.line())}")
        if self.handle is None:
            self.handle = display(shown, display_id=True)
        else:
            self.handle.update(shown)

    def close(self) -> None:
        if self.handle is not None:
            from IPython.display import HTML

            self.handle.update(HTML(""))


def in_notebook() -> bool:
    """Whether outputs of cells can change."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    return type(running).__name__ == "ZMQInteractiveShell"


class Told:
    """Makes objects of what a run says and hands them to who wants to know."""

    def __init__(self, wanted: bool | Listener) -> None:
        if not isinstance(wanted, bool) and wanted is not None and not callable(wanted):
            raise TypeError(f"`progress` is {wanted!r}; allowed: True, False, or a function of a `Progress`")
        self.shown: _Terminal | _Notebook | None = None
        if wanted is True:
            self.shown = _Notebook() if in_notebook() else _Terminal()
        self.listener: Listener | None = self.shown if self.shown else (wanted or None)  # type: ignore[assignment]

    def __call__(self, said: dict[str, Any]) -> None:
        if self.listener is not None:
            left = said.get("left_s")
            message = said.get("message", "")
            self.listener(Progress(said["phase"], said.get("done", 0), said["total"], left, message))

    def close(self) -> None:
        if self.shown is not None:
            self.shown.close()
