#!/usr/bin/env python3
"""Writes the page of the book that lists the whole interface, from the signatures and docstrings of the package.

    python python/reference.py            # writes docs/src/python/api.md
    python python/reference.py --check    # says whether it is current
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

# The package that is installed, not its sources beside this file, which lack what is compiled.
HERE = Path(__file__).resolve().parent
sys.path[:] = [place for place in sys.path if Path(place).resolve() != HERE]

import memspike  # noqa: E402

PAGE = Path(__file__).resolve().parents[1] / "docs/src/python/api.md"
MODULES = ("fit", "plot", "units")
HEAD = """# Interface

Everything that has a public name in `memspike`, from its docstrings (`python/reference.py` writes this page). Numbers carry units,
as [memspike from Python](getting-started.md) says; what a scenario calls a key has its range and default in the
[reference of scenarios](../reference/scenario.md).
"""


def page() -> str:
    parts = [HEAD]
    for name in memspike.__all__:
        found = getattr(memspike, name)
        if name != "__version__" and not isinstance(found, ModuleType):
            parts += described(f"memspike.{name}", found, 2)
    for name in MODULES:
        module = getattr(memspike, name)
        parts += [f"## `memspike.{name}`\n", prose(inspect.getdoc(module) or "")]
        known = [inner for inner, found in vars(module).items() if isinstance(found, memspike.units.Quantity)]
        if known:
            parts.append("Units: " + ", ".join(f"`{unit}`" for unit in known) + ".\n")
        for inner, found in vars(module).items():
            if not inner.startswith("_") and getattr(found, "__module__", None) == module.__name__ and callable(found):
                parts += described(f"memspike.{name}.{inner}", found, 3)
    return "\n".join(part.rstrip() + "\n" for part in parts)


def described(path: str, found: Any, depth: int) -> Iterator[str]:
    """A class with what it has, or a function."""
    name = path.rpartition(".")[2]
    yield f"{'#' * depth} `{path.removeprefix('memspike.')}`\n"
    if not isinstance(found, type):
        yield signature(path, found)
        yield prose(inspect.getdoc(found) or "")
        return
    own = vars(found)
    if "__init__" in own and not issubclass(found, BaseException):
        yield signature(path, own["__init__"])
    yield prose(inspect.getdoc(found) or "")
    for inner, member in own.items():
        if inner.startswith("_"):
            continue
        function = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        if inspect.isfunction(function):
            yield f"{'#' * (depth + 1)} `{name}.{inner}`\n"
            yield signature(f"{name}.{inner}", function)
            yield prose(inspect.getdoc(function) or "")
        elif isinstance(member, property) or hasattr(member, "func"):
            get: Any = member.fget if isinstance(member, property) else member.func
            kind = inspect.signature(get).return_annotation
            yield f"{'#' * (depth + 1)} `{name}.{inner}`\n"
            yield f"`{kind}`. {prose(inspect.getdoc(get) or '')}"


def signature(path: str, function: Any) -> str:
    """As it is called, an argument on a line of its own where one line is too short."""
    said = inspect.signature(function)
    arguments = [one for name, one in said.parameters.items() if name not in ("self", "cls")]
    arguments = [one for one in arguments if not one.name.startswith("_")]
    parts: list[str] = []
    for one in arguments:
        if one.kind is inspect.Parameter.KEYWORD_ONLY and "*" not in parts and not any(p.startswith("*") for p in parts):
            parts.append("*")
        parts.append(re.sub(r": '([^']*)'", r": \1", str(one)))
    answer = "" if said.return_annotation in (inspect.Signature.empty, "None", None) else f" -> {said.return_annotation}"
    line = f"{path}({', '.join(parts)}){answer}"
    if len(line) > 110:
        line = f"{path}(\n    " + ",\n    ".join(parts) + f",\n){answer}"
    return f"```text\n{line}\n```\n"


def prose(text: str) -> str:
    """A docstring as Markdown: names of its sections in bold, their entries as lists, examples as code."""
    out: list[str] = []
    section, code = "", False
    lines = text.splitlines()
    for index, line in enumerate(lines):
        under = lines[index + 1] if index + 1 < len(lines) else ""
        if re.fullmatch(r"-{3,}", line):
            continue
        if re.fullmatch(r"-{3,}", under):
            if code:
                out.append("```")
                code = False
            section = line
            out += ["", f"**{line}**", ""]
            continue
        if line.startswith(">>>") and not code:
            out += ["", "```pycon"]
            code = True
        if code:
            if not line and not under.startswith((">>>", "...")):
                out += ["```", ""]
                code = False
            else:
                out.append(line)
            continue
        if section in ("Parameters", "Raises", "Returns") and line and not line.startswith(" "):
            out.append(f"- `{line}`:")
        elif section in ("Parameters", "Raises", "Returns"):
            out.append(f"  {line.strip()}" if line else "")
        else:
            out.append(line)
    if code:
        out.append("```")
    said = re.sub(r"\n{3,}", "\n\n", "\n".join(out))
    # Of reStructuredText, outside of code.
    return re.sub(r"(?<!`)``(?!`)", "`", said)


def main() -> int:
    made = page()
    if "--check" in sys.argv[1:]:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == made
        if not current:
            print(f"{PAGE} is not what the docstrings say; hint: python python/reference.py writes it", file=sys.stderr)
        return 0 if current else 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
