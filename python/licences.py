#!/usr/bin/env python3
"""Writes what the licences of the crates in the wheel ask for: each crate with its terms, and every text once.

    python python/licences.py FILE        # as `python/wheel` does, beside the project's own licences
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("licen", "copying", "notice", "unlicense")
# Terms that a wheel under MIT or Apache-2.0 may have inside; `deny.toml` holds the list for all crates.
COPYLEFT = ("GPL", "AGPL", "LGPL")


def crates() -> list[dict[str, Any]]:
    """The crates that the extension module is linked with, on Linux."""
    asked = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"]
    told = json.loads(subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    packages = {package["id"]: package for package in told["packages"]}
    nodes = {node["id"]: node for node in told["resolve"]["nodes"]}
    first = next(key for key, package in packages.items() if package["name"] == "memspike-py")
    seen, left = {first}, [first]
    while left:
        for dependency in nodes[left.pop()]["deps"]:
            linked = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if linked and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                left.append(dependency["pkg"])
    # What has no source is the project itself.
    return sorted((packages[key] for key in seen if packages[key]["source"]), key=lambda one: (one["name"], one["version"]))


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    lines, texts, faults = [], defaultdict(list), []
    for crate in crates():
        terms = crate["license"] or f"see {crate['license_file']}"
        title = f"{crate['name']} {crate['version']}"
        lines.append(f"{title}: {terms}" + (f", {crate['repository']}" if crate["repository"] else ""))
        if all(any(word in one for word in COPYLEFT) for one in terms.replace("/", " OR ").split(" OR ")):
            faults.append(f"{title} is under {terms}; allowed in the wheel: terms without a duty to pass the whole on")
        place = Path(crate["manifest_path"]).parent
        found = [file for file in sorted(place.iterdir()) if file.is_file() and file.name.lower().startswith(NAMES)]
        if not found and not crate["license"]:
            faults.append(f"{title} states no terms")
        for file in found:
            texts[file.read_text(encoding="utf-8", errors="replace").strip()].append(title)
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return 1
    head = "This wheel holds code of these crates, each under the terms beside it; the texts that come with them follow."
    parts = [head, "\n".join(lines)]
    parts += [f"{'=' * 80}\n{', '.join(whose)}\n{'=' * 80}\n\n{text}" for text, whose in texts.items()]
    Path(sys.argv[1]).write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
