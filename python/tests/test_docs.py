"""The snippets of the book, the examples and the docstrings hold."""

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
PAGES = sorted((ROOT / "docs/src/python").glob("*.md"))
EXAMPLES = sorted((ROOT / "python/examples").glob("*.py"))
MODULES = ["", "._numbers", "._run", "._sweep", "._tables", ".device", ".fit", ".network", ".plot", ".result", ".simulation", ".units"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_snippets_of_a_page_hold(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    snippets = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert snippets, "the page has no snippets"
    names: dict[str, object] = {}
    for number, snippet in enumerate(snippets, 1):
        exec(compile(snippet, f"snippet {number} of {page.name}", "exec"), names)


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
