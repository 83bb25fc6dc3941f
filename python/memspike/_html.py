"""How a notebook shows a result."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .result import Result

# What is seen first, where it is there.
_FIRST = ("overview", "raster", "accuracy", "energy", "weights-over-time")


def page(result: Result) -> str:
    """Numbers and pictures; the pictures cannot reach beyond themselves."""
    summary = result.summary
    rows = [("scenario", f"{summary['scenario']}, seed {summary['seed']}")]
    test = result.accuracy.get("test")
    if test is not None:
        numbers = result.accuracy.get("measure") == "variance_explained"
        rows.append(("R^2 of the test", f"{test:.4f}") if numbers else ("test accuracy", f"{100 * test:.2f} %"))
    for name, spikes in summary["spikes"].items():
        rate = summary["rate_hz"].get(name)
        per_neuron = "" if rate is None else f" ({rate:.3g} Hz per neuron)"
        rows.append((f"spikes of {name}", f"{spikes:,}{per_neuron}".replace(",", " ")))
    for category, joules in result.energy.items():
        rows.append((f"energy, {category}", f"{joules:.4g} J"))
    rows.append(("simulated", f"{summary['sim_time_s']:.4g} s"))
    rows.append(("fingerprint", summary["fingerprint"]))
    table = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(value)}</td></tr>"
        for name, value in rows
    )
    pictures = result.pictures()
    chosen = [name for name in _FIRST if name in pictures][:2] or list(pictures)[:1]
    drawn = "".join(
        f"<img alt='{escape(name)}' style='max-width:48em;width:100%' src='data:image/svg+xml;base64,"
        f"{base64.b64encode(pictures[name].encode()).decode()}'/>"
        for name in chosen
    )
    title = escape(summary["title"])
    return f"<div><p><b>{title}</b></p><table>{table}</table>{drawn}</div>"
