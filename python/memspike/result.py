"""What a run left."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import numpy as np
from numpy.typing import NDArray

from ._asked import path as named
from ._asked import word
from ._command import ask
from ._tables import Arrays, Spikes, Table

if TYPE_CHECKING:
    import pandas as _pandas

    from .plot import Plots

PathLike = Union[str, "os.PathLike[str]"]


class Result:
    """The results of a run, read from its directory when they are asked for.

    Parameters
    ----------
    path
        A run directory, of `run` or of the command line: ``Result("runs/digits/001")``.

    Raises
    ------
    FileNotFoundError
        If there is no finished run.
    """

    path: Path
    """The run directory."""
    summary: dict[str, Any]
    """``summary.json``: status, counts, rates in hertz, joules, accuracy, fingerprint."""

    def __init__(self, path: PathLike, *, _temporary: tempfile.TemporaryDirectory[str] | None = None) -> None:
        self.path = Path(named("path", path))
        self._temporary = _temporary
        self.summary = self._object("summary.json")
        if "status" not in self.summary or "scenario" not in self.summary:
            raise ValueError(f"`{self.path / 'summary.json'}` is not that of a run of memspike; allowed: the directory of a run")

    def _object(self, name: str) -> dict[str, Any]:
        file = self._there(name)
        try:
            read = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"`{file}` is damaged: {error}; hint: run the scenario again") from None
        if not isinstance(read, dict):
            raise ValueError(f"`{file}` is not that of a run of memspike; allowed: the directory of a run")
        return read

    def _there(self, name: str) -> Path:
        file = self.path / name
        if not file.is_file():
            gone = "has no" if self.path.is_dir() else "is a file, and has no" if self.path.exists() else "is gone, and with it"
            raise FileNotFoundError(f"the run in `{self.path}` {gone} {name}")
        return file

    @property
    def fingerprint(self) -> str:
        """XXH3-128 of all spikes and the final weights: equal if two runs did the same."""
        return str(self.summary["fingerprint"])

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """``manifest.json``: the plan with every value in SI units, seed, version, machine."""
        return self._object("manifest.json")

    @property
    def energy(self) -> dict[str, float]:
        """Joules by category, and ``total``; empty where nothing in the network has a device or a price."""
        return dict(self.summary["energy_j"])

    @property
    def accuracy(self) -> dict[str, Any]:
        """Fractions: ``test``, ``train``, by epoch; of numbers that are wanted R^2; empty where nothing is wanted."""
        return dict(self.summary.get("accuracy") or {})

    @cached_property
    def spikes(self) -> Spikes:
        """Recorded spikes: time in femtoseconds, population, neuron.

        Raises
        ------
        KeyError
            If no spikes were recorded: name populations in ``run(record=...)`` or in ``[record]`` of the scenario.
        """
        return Spikes(self._columns("spikes"))

    @cached_property
    def records(self) -> Mapping[str, Table]:
        """Every record of the run by its name, such as ``membrane``, ``states``, ``weight_samples``, ``connections``."""
        return _Records(self)

    @cached_property
    def weights(self) -> Arrays:
        """Weights at the end, by projection; in volts, amperes or siemens, as the projection's kernel says."""
        arrays = self._arrays("weights.npz")
        kernels = {one["name"]: one["kernel"] for one in self.manifest["plan"]["projections"]}
        return Arrays(arrays, {name: _unit(kernels[name]) for name in arrays})

    @cached_property
    def conductances(self) -> Arrays:
        """Conductances of devices in siemens: ``NAME.plus`` and ``NAME.minus`` of projection NAME."""
        arrays = self._arrays("conductances.npz")
        return Arrays(arrays, dict.fromkeys(arrays, "S"))

    def _arrays(self, name: str) -> dict[str, NDArray[np.float64]]:
        if not (self.path / name).is_file():
            self._there("summary.json")
            return {}
        return _loaded(self.path / name)

    def _columns(self, name: str) -> dict[str, NDArray[Any]]:
        if not (self.path / f"{name}.rows").is_file() and not (self.path / f"{name}.npz").is_file():
            self._there("summary.json")
            kept = ", ".join(self.records) or "none"
            raise KeyError(f"no record `{name}` in `{self.path}`; there are: {kept}")
        if (self.path / f"{name}.npz").is_file():
            return _loaded(self.path / f"{name}.npz")
        # The rows are kept; other formats are written from them.
        with tempfile.TemporaryDirectory(prefix="memspike-") as place:
            file = Path(place) / f"{name}.npz"
            self.export("npz", record=name, to=file)
            return _loaded(file)

    def export(self, format: str, *, record: str | None = None, to: PathLike | None = None) -> None:
        """Writes records in another format: "csv", "npz", "parquet", "sonata", "perfetto", "vcd".

        Parameters
        ----------
        record
            Only this one. Default: all that there are.
        to
            The file. Default: beside the others, in the run directory.

        Raises
        ------
        ValueError
            If the format is not known, or cannot hold the record.
        OSError
            If the file cannot be written.
        """
        self._there("summary.json")
        args = ["export", str(self.path), "--format=" + word("format", format, '"csv"')]
        if record is not None:
            args.append("--record=" + word("record", record, '"spikes"'))
        if to is not None:
            args.append(f"--out={named('to', to)}")
        ask(args)

    def to_sonata(self, to: PathLike) -> Path:
        """Writes the spikes as a SONATA file for libsonata, NEST and BMTK."""
        self.export("sonata", record="spikes", to=to)
        return Path(named("to", to))

    def to_neo(self) -> Any:
        """A Neo block: a segment for each episode, a spike train for each neuron that spiked, with its population and number."""
        from ._exchange import neo_block

        return neo_block(self)

    def to_nwb(self, to: PathLike) -> Path:
        """Writes an NWB file with a unit for each neuron that spiked.

        Raises
        ------
        ValueError
            If spikes are of several episodes, each of which has a time of its own.
        """
        from ._exchange import write_nwb

        return write_nwb(self, to)

    def to_pandas(self) -> dict[str, _pandas.DataFrame]:
        """A data frame for each record; units are in the titles of columns."""
        return {name: table.to_pandas() for name, table in self.records.items()}

    def report(self, to: PathLike | None = None) -> Path:
        """The report, one HTML file that needs nothing else; copied to `to`, if that is given."""
        page = self._there("report.html")
        if to is None:
            return page
        return Path(shutil.copyfile(page, named("to", to)))

    def pictures(self) -> dict[str, str]:
        """The pictures of the report as SVG, by name."""
        self._there("summary.json")
        files = sorted(self.path.glob("*.svg"))
        return {file.stem: file.read_text(encoding="utf-8") for file in files}

    @property
    def plot(self) -> Plots:
        """Pictures with matplotlib (``pip install "memspike[plot]"``): ``plot.raster()``, ``membrane()``, ``weights()``,
        ``energy()``, ``accuracy()``; each takes the axes to draw on and returns them."""
        from .plot import Plots

        return Plots(self)

    def __repr__(self) -> str:
        told = [f"{name} {count} spikes" for name, count in self.summary["spikes"].items()]
        test = self.accuracy.get("test")
        if test is not None:
            numbers = self.accuracy.get("measure") == "variance_explained"
            told.append(f"R^2 {test:.4f}" if numbers else f"test accuracy {100 * test:.2f} %")
        total = self.energy.get("total")
        if total:
            told.append(f"{total:.3g} J")
        return f"<Result of {self.summary['scenario']}, seed {self.summary['seed']}: {', '.join(told)}>"

    def _repr_html_(self) -> str:
        from ._html import page

        return page(self)

    def __getstate__(self) -> dict[str, Any]:
        """Its path; what lies in a temporary directory goes along."""
        if self._temporary is None:
            return {"path": str(self.path.resolve())}
        self._there("summary.json")
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
            archive.add(self.path, arcname="run")
        return {"packed": packed.getvalue()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        temporary = None
        if "packed" in state:
            temporary = tempfile.TemporaryDirectory(prefix="memspike-")
            with tarfile.open(fileobj=io.BytesIO(state["packed"]), mode="r:gz") as archive:
                for member in archive.getmembers():
                    if ".." in member.name or not (member.isfile() or member.isdir()):
                        raise ValueError(f"a pickled result holds `{member.name}`, which no run has")
                archive.extractall(temporary.name)
            state = {"path": str(Path(temporary.name) / "run")}
        self.__init__(state["path"], _temporary=temporary)  # type: ignore[misc]


class _Records(Mapping[str, Table]):
    """Reads a record when it is asked for."""

    def __init__(self, result: Result) -> None:
        self._result = result
        self._read: dict[str, Table] = {}
        self._names = sorted({file.stem for file in result.path.glob("*.rows")})

    def __getitem__(self, name: str) -> Table:
        if name == "spikes":
            return self._result.spikes
        if name not in self._read:
            self._read[name] = Table(self._result._columns(name))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<records: {', '.join(self._names) or 'none'}>"


def _loaded(file: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(file) as columns:
            return {name: columns[name] for name in columns.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"`{file}` is damaged: {error}; hint: run the scenario again") from None


def _unit(kernel: str | Mapping[str, Any]) -> str:
    """Of the weights of a projection with this kernel."""
    name = kernel if isinstance(kernel, str) else next(iter(kernel))
    return {"delta": "V", "conductance": "S", "current": ""}.get(name, "A")
