"""Event-driven simulation of spiking neural networks made of memristors.

>>> import memspike
>>> result = memspike.run("networks/ring", seed=1)
>>> result.summary["status"]
'done'

Same seed, same bits: what `run` returns is what the command ``memspike run`` leaves, fingerprint and all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._core import __version__

if TYPE_CHECKING:
    from . import fit, plot, units
    from ._errors import MemspikeWarning, ScenarioError, UnknownKeyError
    from ._progress import Progress
    from ._run import resume, run, scenarios
    from ._sweep import Point, Sweep, sweep
    from ._tables import Arrays, Spikes, Table
    from .device import Device
    from .layers import Layers, Programmed, Tested
    from .network import Network, Population, Source
    from .result import Result
    from .simulation import Simulation

__all__ = [
    "Arrays",
    "Device",
    "Layers",
    "MemspikeWarning",
    "Network",
    "Point",
    "Population",
    "Programmed",
    "Progress",
    "Result",
    "ScenarioError",
    "Simulation",
    "Source",
    "Spikes",
    "Sweep",
    "Table",
    "Tested",
    "UnknownKeyError",
    "__version__",
    "fit",
    "plot",
    "resume",
    "run",
    "scenarios",
    "sweep",
    "units",
]

# The command starts without NumPy: names are looked up when they are asked for.
_PLACES = {
    "Arrays": "_tables",
    "Device": "device",
    "Layers": "layers",
    "MemspikeWarning": "_errors",
    "Network": "network",
    "Point": "_sweep",
    "Programmed": "layers",
    "Population": "network",
    "Progress": "_progress",
    "Result": "result",
    "ScenarioError": "_errors",
    "Simulation": "simulation",
    "Source": "network",
    "Spikes": "_tables",
    "Sweep": "_sweep",
    "Table": "_tables",
    "Tested": "layers",
    "UnknownKeyError": "_errors",
    "resume": "_run",
    "run": "_run",
    "scenarios": "_run",
    "sweep": "_sweep",
}
_MODULES = ("fit", "plot", "units")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module("." + name, __name__)
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'memspike' has no attribute {name!r}")
    found = getattr(import_module("." + place, __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
