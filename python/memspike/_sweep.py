"""Many runs at once."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

import numpy as np
from numpy.typing import NDArray

from ._asked import mapping, number, only
from ._numbers import quantity
from ._progress import Progress
from ._run import run
from .result import Result

if TYPE_CHECKING:
    import pandas as _pandas

PathLike = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Point:
    """A run of a sweep."""

    values: dict[str, Any]
    """What was varied."""
    seed: int | None
    """Seed, where seeds were varied."""
    result: Result
    """What the run left."""


class Sweep(Sequence[Point]):
    """The runs of a sweep, in the order of its points: the last key varies fastest, seeds before all."""

    def __init__(self, points: Sequence[Point], shape: tuple[int, ...], keys: Mapping[str, Sequence[Any]]) -> None:
        self._points = list(points)
        self.shape = shape
        """Number of values of each key, in order; of keys that vary together one number; of seeds, if any, the last."""
        self.keys = dict(keys)
        """What was varied, and its values."""

    def __getitem__(self, index: Any) -> Any:
        return self._points[index]

    def __len__(self) -> int:
        return len(self._points)

    def __iter__(self) -> Iterator[Point]:
        return iter(self._points)

    def measure(self, key: str) -> NDArray[np.float64]:
        """A number of ``summary.json`` of every run, by its path such as "accuracy.test", in the shape of the sweep.

        Raises
        ------
        KeyError
            If a run has no such number.
        """
        values = [_number(point.result.summary, key) for point in self._points]
        return np.array(values, dtype=np.float64).reshape(self.shape)

    def mean(self, key: str) -> NDArray[np.float64]:
        """The same, averaged over seeds."""
        values = self.measure(key)
        return values.mean(axis=-1) if self._points and self._points[0].seed is not None else values

    def to_pandas(self, *measures: str) -> _pandas.DataFrame:
        """A row for each run: what was varied, its seed, and the numbers that are named."""
        import pandas

        rows = [
            {
                **point.values,
                "seed": point.result.summary["seed"],
                **{key: _number(point.result.summary, key) for key in measures},
            }
            for point in self._points
        ]
        return pandas.DataFrame(rows)

    def __repr__(self) -> str:
        return f"<Sweep of {len(self)} runs over {', '.join(self.keys)}>"


def sweep(
    scenario: PathLike,
    vary: Mapping[str, Sequence[Any]],
    *,
    together: bool = False,
    seeds: Sequence[int] | None = None,
    jobs: int | None = None,
    client: Any = None,
    threads: int = 1,
    set: Mapping[str, Any] | None = None,
    **options: Any,
) -> Sweep:
    """Runs a scenario with every combination of values, several at once.

    Parameters
    ----------
    scenario
        As for `run`.
    vary
        Values of each dotted key: ``{"population.e.tau_m": [10 * ms, 20 * ms]}``.
    together
        The k-th value of every key together, in place of every combination.
    seeds
        Each point is run with each of them.
    jobs
        Runs at once. Default: all processors.
    client
        A Dask client (or any executor with ``submit``) that does the runs in place of threads of this process.
    threads
        Of each run.
    set, options
        As for `run`; of the others it has `data` and `record`.

    Raises
    ------
    ValueError
        Nothing is varied, or lists that vary together differ in length; and what `run` raises.
    KeyboardInterrupt
        After Ctrl-C; the runs that are going on are stopped.

    Examples
    --------
    >>> import memspike
    >>> varied = memspike.sweep("networks/ring", {"protocol.duration": ["10 ms", "20 ms"]}, seeds=[1, 2])
    >>> varied.measure("sim_time_s")
    array([[0.01, 0.01],
           [0.02, 0.02]])
    """
    lists = {key: _values(key, values) for key, values in mapping("vary", vary, '{"protocol.epochs": [1, 2]}').items()}
    # Of one run, or said for all of them.
    only(options, ("data", "record"), "a sweep")
    if client is not None and not hasattr(client, "submit"):
        raise TypeError(f"`client` is {client!r}; allowed: an object with `submit`, such as a Dask client")
    common = mapping("set", set or {}, '{"protocol.epochs": 5}')
    empty = [key for key, values in lists.items() if not values]
    if not lists or empty:
        raise ValueError(f"nothing is varied{': no values of ' + ', '.join(empty) if empty else ''}; allowed: one or more")
    lengths = tuple(len(values) for values in lists.values())
    if together:
        if len(set_of(lengths)) != 1:
            told = ", ".join(f"{len(values)} of `{key}`" for key, values in lists.items())
            raise ValueError(f"values that vary together: {told}; allowed: as many of each")
        combined, shape = list(zip(*lists.values())), lengths[:1]
    else:
        combined, shape = list(itertools.product(*lists.values())), lengths
    points = [dict(zip(lists, values)) for values in combined]
    which: list[int | None] = [None] if seeds is None else _values("seeds", seeds)
    if not which:
        raise ValueError("`seeds` is empty; allowed: one or more, such as [1, 2, 3]")
    if seeds is not None:
        shape = (*shape, len(which))
    tasks = [(values, seed) for values in points for seed in which]
    if client is not None:
        futures = [
            client.submit(run, scenario, seed=seed, set={**common, **values}, threads=threads, **options)
            for values, seed in tasks
        ]
        results = [future.result() for future in futures]
    else:
        results = _in_threads(scenario, tasks, jobs, {"threads": threads, **options}, common)
    made = [Point(values, seed, result) for (values, seed), result in zip(tasks, results)]
    return Sweep(made, shape, lists)


def _values(name: str, values: Any) -> list[Any]:
    """Values that are varied, each for itself: of an array with a unit too."""
    if quantity(values) and np.ndim(values.magnitude) == 1:
        return [type(values)(one, values.units) for one in values.magnitude.tolist()]
    if isinstance(values, (str, bytes, Mapping)) or quantity(values) or not isinstance(values, Iterable):
        raise TypeError(f"the values of `{name}` are {values!r}; allowed: a list of one or more, such as [1, 2]")
    return list(values)


def set_of(values: Sequence[int]) -> frozenset[int]:
    return frozenset(values)


def _in_threads(
    scenario: PathLike,
    tasks: Sequence[tuple[dict[str, Any], int | None]],
    jobs: int | None,
    options: dict[str, Any],
    common: Mapping[str, Any],
) -> list[Result]:
    """Each run in a thread: they compute without the interpreter's lock."""
    over = threading.Event()

    def watch(_: Progress) -> None:
        if over.is_set():
            raise KeyboardInterrupt

    def one(task: tuple[dict[str, Any], int | None]) -> Result:
        values, seed = task
        if over.is_set():
            raise KeyboardInterrupt
        return run(scenario, seed=seed, set={**common, **values}, progress=watch, **options)

    at_once = int(number("jobs", jobs, 1, 1024)) if jobs is not None else os.cpu_count() or 1
    with ThreadPoolExecutor(min(at_once, len(tasks))) as pool:
        futures = [pool.submit(one, task) for task in tasks]
        try:
            return [future.result() for future in futures]
        except BaseException:
            over.set()
            for future in futures:
                future.cancel()
            raise


def _number(summary: Mapping[str, Any], key: str) -> float:
    if not isinstance(key, str):
        raise TypeError(f"a measure is {key!r}; allowed: a path in the summary, such as \"accuracy.test\"")
    found: Any = summary
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            known = ", ".join(found) if isinstance(found, Mapping) else "nothing"
            raise KeyError(f"no `{key}` in the summary: there is no `{part}` among {known}")
        found = found[part]
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise KeyError(f"`{key}` of the summary is {found!r}, and no number")
    return float(found)
