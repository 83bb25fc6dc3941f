"""Records and arrays of a run as NumPy has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as _pandas


_T = TypeVar("_T", bound="Table")


class Table(Mapping[str, NDArray[Any]]):
    """Columns of equal length by name, each with its unit.

    ``table["time"]`` is an array, ``table.units["time"]`` its unit ("fs"; "" without one). Columns of names are arrays of
    texts; ``table.codes["population"]`` are numbers that stand for ``table.labels["population"]``.
    """

    units: dict[str, str]
    """Symbol of the unit of each column; "" of what has none."""
    codes: dict[str, NDArray[np.int64]]
    """Columns of names as indices into `labels`."""
    labels: dict[str, NDArray[np.str_]]
    """What a column of names can hold."""

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """From columns as ``NAME.npz`` has them: "time [fs]", "population", "population labels"."""
        self.units, self.codes, self.labels, self._columns = {}, {}, {}, {}
        for title, column in columns.items():
            if title.endswith(" labels"):
                continue
            name, _, unit = title.partition(" [")
            self.units[name] = unit.rstrip("]")
            if title + " labels" in columns:
                self.codes[name], self.labels[name] = column, columns[title + " labels"]
            else:
                self._columns[name] = column

    @classmethod
    def from_csv(cls, said: str) -> Table:
        """From a text with units in its header, as the commands of memspike print it."""
        lines = said.splitlines()
        titles = lines[0].split(",") if lines else []
        rows = [line.split(",") for line in lines[1:] if line]
        columns = {title: _numbers([row[index] for row in rows]) for index, title in enumerate(titles)}
        return cls(columns)

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._columns:
            if name not in self.codes:
                raise KeyError(f"no column `{name}`; there are: {', '.join(self.units)}")
            self._columns[name] = self.labels[name][self.codes[name]]
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.units)

    def __len__(self) -> int:
        return len(self.units)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return next((len(column) for column in (*self._columns.values(), *self.codes.values())), 0)

    def where(self: _T, **wanted: Any) -> _T:
        """The rows in which every column has the value that is given: ``states.where(variable="i_syn", id=3)``."""
        chosen = np.ones(self.rows, dtype=bool)
        for name, value in wanted.items():
            if np.ndim(value):
                raise ValueError(f"`{name}` is to be {value!r}; allowed: one value; hint: numpy.isin of the column")
            if name in self.codes:
                code = np.flatnonzero(self.labels[name] == value)
                chosen &= self.codes[name] == (code[0] if len(code) else -1)
            else:
                chosen &= self[name] == value
        rows = type(self)({})
        rows.units, rows.labels = self.units, self.labels
        rows.codes = {name: column[chosen] for name, column in self.codes.items()}
        rows._columns = {name: column[chosen] for name, column in self._columns.items()}
        return rows

    def to_pandas(self) -> _pandas.DataFrame:
        """A data frame; units are in the titles of its columns, as in CSV files: "time [fs]"."""
        import pandas

        def title(name: str) -> str:
            return f"{name} [{self.units[name]}]" if self.units[name] else name

        def column(name: str) -> Any:
            if name in self.codes:
                return pandas.Categorical.from_codes(self.codes[name], list(self.labels[name]))
            return self[name]

        return pandas.DataFrame({title(name): column(name) for name in self})

    def __repr__(self) -> str:
        titles = (f"{name} [{unit}]" if unit else name for name, unit in self.units.items())
        return f"<{type(self).__name__} of {self.rows} rows: {', '.join(titles)}>"


def _numbers(cells: list[str]) -> NDArray[Any]:
    """A column of numbers, whole ones where all are; an empty cell is no number. Texts stay texts."""
    try:
        return np.array([int(cell) for cell in cells], dtype=np.int64)
    except ValueError:
        pass
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
    except ValueError:
        return np.array(cells, dtype=np.str_)


class Spikes(Table):
    """Spikes in the order in which they happened: columns (``episode``,) ``time`` in fs, ``population``, ``id``."""

    def of(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Times, in femtoseconds, and neurons of the spikes of a population or source.

        Raises
        ------
        KeyError
            If nothing of this name was recorded.
        """
        if name not in self.labels.get("population", ()):
            known = ", ".join(self.labels.get("population", ())) or "nothing"
            raise KeyError(f"no spikes of `{name}` were recorded; there are those of: {known}")
        rows = self.where(population=name)
        return rows["time"], rows["id"]

    @property
    def ms(self) -> NDArray[np.float64]:
        """Times in milliseconds, rounded once."""
        return self["time"] / 1e12


class Arrays(Mapping[str, NDArray[np.float64]]):
    """Matrices by the name of their projection: rows are where synapses come from, columns where they go to."""

    units: dict[str, str]
    """Symbol of the unit of each."""

    def __init__(self, arrays: Mapping[str, NDArray[np.float64]], units: Mapping[str, str]) -> None:
        self._arrays = dict(arrays)
        self.units = dict(units)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        if name not in self._arrays:
            raise KeyError(f"no array `{name}`; there are: {', '.join(self._arrays) or 'none'}")
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        shapes = (f"{name} {a.shape[0]} x {a.shape[1]} [{self.units[name]}]" for name, a in self._arrays.items())
        return f"<Arrays: {', '.join(shapes)}>"
