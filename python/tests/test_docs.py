"""The snippets of the book, the notebooks, the examples and the docstrings hold, and the page of the interface is current."""

from __future__ import annotations

import doctest
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [page for page in sorted((ROOT / "docs/src/python").glob("*.md")) if page.stem != "api"]
NOTEBOOKS = sorted((ROOT / "python/notebooks").glob("*.py"))
EXAMPLES = sorted((ROOT / "python/examples").glob("*.py"))
MODULES = ["", "._numbers", "._run", "._sweep", "._tables", ".device", ".fit", ".layers", ".network", ".plot", ".result", ".simulation", ".units"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_snippets_of_a_page_hold(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    snippets = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert snippets, "the page has no snippets"
    names: dict[str, object] = {}
    for number, snippet in enumerate(snippets, 1):
        exec(compile(snippet, f"snippet {number} of {page.name}", "exec"), names)


@pytest.mark.filterwarnings("ignore::memspike.MemspikeWarning")
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_runs_cell_by_cell(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    cells = re.split(r"^# %%(.*)\n", notebook.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    kinds, bodies = cells[::2], cells[1::2]
    assert kinds[0] == " [markdown]" and bodies[0].startswith("# # "), "it has no title"
    names: dict[str, object] = {}
    for number, (kind, body) in enumerate(zip(kinds, bodies), 1):
        if kind == " [markdown]":
            assert all(line.startswith("#") or not line for line in body.splitlines()), f"cell {number} is no text"
        else:
            exec(compile(body, f"cell {number} of {notebook.name}", "exec"), names)
    matplotlib.pyplot.close("all")


def test_every_notebook_and_page_is_linked() -> None:
    summary = (ROOT / "docs/src/SUMMARY.md").read_text(encoding="utf-8")
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [page.name for page in PAGES if f"python/{page.name}" not in summary] == []
    assert [notebook.name for notebook in NOTEBOOKS if f"notebooks/{notebook.name}" not in pages] == []


def test_the_page_of_the_interface_is_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "python/reference.py", *(() if os.environ.get("MEMSPIKE_BLESS") else ("--check",))],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_an_example_runs(example: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    done = subprocess.run(
        [sys.executable, example], cwd=tmp_path, env={**os.environ, "MPLBACKEND": "Agg"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout, "it says nothing"


@pytest.mark.parametrize("module", MODULES)
def test_docstrings_hold(module: str) -> None:
    found = doctest.testmod(importlib.import_module("memspike" + module))
    assert found.failed == 0
