"""What the scripts of all simulators share: sizes, and how a run is reported."""

import contextlib
import json
import os
import resource
import subprocess
import sys
import time

#: excitatory and inhibitory neurons, in-degrees, seconds
BRUNEL = {"brunel": (10_000, 2_500, 1000, 250, 1.0), "brunel-small": (2_000, 500, 200, 50, 0.2)}
#: neurons, out-degree, seconds
SPARSE = {"sparse": (100_000, 100, 1.0), "sparse-tenth": (10_000, 100, 1.0)}


def arguments():
    return sys.argv[1], int(sys.argv[2])


@contextlib.contextmanager
def alone():
    """Runs the commands PEERS_BEFORE and PEERS_AFTER, if there are any, around what is timed: to make room on a
    machine that does other things."""
    for_now = {when: os.environ.get(f"PEERS_{when}") for when in ("BEFORE", "AFTER")}
    if for_now["BEFORE"]:
        subprocess.run(for_now["BEFORE"], shell=True, check=False)
    try:
        yield
    finally:
        if for_now["AFTER"]:
            subprocess.run(for_now["AFTER"], shell=True, check=False)


def timed(run):
    """CPU seconds of all threads of this process in `run`."""
    with alone():
        before = time.process_time()
        run()
        return time.process_time() - before


def report(version, cpu_s, rate_hz, peak_bytes=None):
    if peak_bytes is None:
        peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"version": version, "cpu_s": cpu_s, "rate_hz": rate_hz, "peak_bytes": peak_bytes}))
