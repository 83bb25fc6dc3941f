"""Runs the Python snippets of a chapter, one after another, in the directory of a run.

    python3 snippets.py CHAPTER.md RUN
"""

import os
import re
import sys

chapter, run = sys.argv[1:]
with open(chapter, encoding="utf-8") as file:
    snippets = re.findall(r"^```python\n(.*?)^```", file.read(), re.DOTALL | re.MULTILINE)
os.chdir(run)
names = {}
for number, snippet in enumerate(snippets, 1):
    exec(compile(snippet, f"snippet {number} of {chapter}", "exec"), names)
assert snippets, "the chapter has no snippets"
print(f"{len(snippets)} snippets of {chapter} hold")
