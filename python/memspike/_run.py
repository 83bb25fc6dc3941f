"""Running scenarios."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Union

from ._asked import mapping, number, path
from ._command import STOPPED, ask, said
from ._progress import Listener
from ._values import text
from .result import Result

PathLike = Union[str, "os.PathLike[str]"]

_SET = '{"protocol.epochs": 5}'


def run(
    scenario: PathLike,
    *,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,
    out: PathLike | None = None,
    force: bool = False,
    threads: int | None = None,
    data: PathLike | None = None,
    record: Iterable[str] = (),
    progress: bool | Listener = False,
) -> Result:
    """Runs a scenario: what the command ``memspike run`` does, with the same bits.

    Other threads of Python go on meanwhile.

    Parameters
    ----------
    scenario
        Name of a shipped scenario (`scenarios()`), a file, or a directory with ``scenario.toml``.
    seed
        Of every random draw, 0 to 2^64 - 1. Default: that of the scenario.
    set
        Values in place of those of the scenario, by dotted key: ``{"protocol.epochs": 5, "population.e.tau_m": 20 * ms}``.
        Numbers, texts with units, quantities of `memspike.units` or pint, lists, arrays, dicts.
    out
        Directory to write into. Default: a temporary one, which lives as long as the result.
    force
        Replace the run that is in `out`.
    threads
        1 to 1024; no result depends on it. Default: all processors.
    data
        Directory of data sets. Default: the environment variable ``MEMSPIKE_DATA``, or the user's data folder.
    record
        Populations and sources whose spikes are recorded, beside those that the scenario names: "e", "e[0..100]".
    progress
        True: shown on stderr, or below the cell of a notebook. A function is called with each `Progress`.

    Returns
    -------
    Result
        What the run left.

    Raises
    ------
    ScenarioError
        A ValueError: the scenario has faults; all of them are in the text, with line and what is allowed.
    UnknownKeyError
        A ScenarioError and a KeyError: all faults are keys that are not known.
    FileNotFoundError
        There is no such scenario, file or data set.
    OSError
        A file cannot be read or written.
    MemoryError
        The network needs more memory than there is.
    KeyboardInterrupt
        After Ctrl-C, within 0.1 s of most runs; with `out` the run can be gone on with: `resume`.
    RuntimeError
        memspike itself is wrong; please report it.

    Examples
    --------
    >>> import memspike
    >>> from memspike.units import ms
    >>> result = memspike.run("networks/brunel-small", seed=1, set={"protocol.duration": 20 * ms})
    >>> sorted(result.summary["spikes"])
    ['e', 'i']
    """
    named = path("scenario", scenario)
    args = options(seed=seed, set=set, threads=threads, data=data, record=record)
    if force:
        if out is None:
            raise ValueError("`force` replaces the run in `out`, and there is no `out`; hint: omit one, or give both")
        args.append("--force")
    return carried_out([*args, "--", named], out, progress)


def resume(out: PathLike, *, progress: bool | Listener = False) -> Result:
    """Goes on with a run that was stopped, to the bits it would have had.

    Parameters
    ----------
    out
        Its directory.
    progress
        As for `run`.

    Raises
    ------
    ScenarioError
        The run is finished, or was begun with other values.
    FileNotFoundError
        There is no run.
    """
    directory = Path(path("out", out))
    if not any(directory.glob("*.json")):
        raise FileNotFoundError(f"there is no run in `{directory}`; allowed: the directory of a run that was stopped")
    code, _ = ask(["run", "--progress", "json", "--format", "json", f"--resume={directory}"], progress)
    if code == STOPPED:
        raise KeyboardInterrupt
    return Result(directory)


def scenarios() -> dict[str, str]:
    """The shipped scenarios and sets of them: what each is about, by name.

    >>> import memspike
    >>> "digits" in memspike.scenarios()
    True
    """
    lines = (line.strip().split(None, 1) for line in said(["scenarios"]).splitlines() if line.strip())
    return {parts[0]: parts[1] if len(parts) > 1 else "" for parts in lines}


def options(
    *,
    seed: int | None,
    set: Mapping[str, Any] | None,
    threads: int | None,
    data: PathLike | None,
    record: Iterable[str],
) -> list[str]:
    """The command line of `run` up to the scenario."""
    args = ["run", "--progress", "json", "--format", "json"]
    if seed is not None:
        args += ["--seed", number("seed", seed, 0, 2**64 - 1)]
    if threads is not None:
        args += ["--threads", number("threads", threads, 1, 1024)]
    if data is not None:
        args.append(f"--data={path('data', data)}")
    if isinstance(record, str):
        record = [record]
    if not isinstance(record, Iterable):
        raise TypeError(f"`record` is {record!r}; allowed: names of populations and sources, such as [\"e\"]")
    args += [f"--record={name}" for name in record]
    for key, value in mapping("set", set or {}, _SET).items():
        args.append(f"--set={key}={text(value, key)}")
    return args


def carried_out(args: list[str], out: PathLike | None, progress: bool | Listener) -> Result:
    """Runs what the arguments say in `out`, or in a directory that goes with its result."""
    temporary = None
    if out is None:
        temporary = tempfile.TemporaryDirectory(prefix="memspike-")
        out = Path(temporary.name) / "run"
    place = path("out", out)
    # Before `--` and the scenario.
    args = [*args[:-2], f"--out={place}", *args[-2:]]
    try:
        code, _ = ask(args, progress)
        if code == STOPPED:
            raise KeyboardInterrupt
        several = not (Path(place) / "summary.json").is_file()
        if several:
            raise ValueError(f"`{args[-1]}` is a set of scenarios; allowed: one of them, such as those of `scenarios()`")
        return Result(place, _temporary=temporary)
    except BaseException:
        if temporary is not None:
            temporary.cleanup()
        raise
