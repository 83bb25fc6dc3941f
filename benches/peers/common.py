"""What the scripts of all simulators share: sizes, and how a run is reported."""

import json
import resource
import sys
import time

#: excitatory and inhibitory neurons, in-degrees, seconds
BRUNEL = {"brunel": (10_000, 2_500, 1000, 250, 1.0), "brunel-small": (2_000, 500, 200, 50, 0.2)}
#: neurons, out-degree, seconds
SPARSE = {"sparse": (100_000, 100, 1.0), "sparse-tenth": (10_000, 100, 1.0)}


def arguments():
    return sys.argv[1], int(sys.argv[2])


def timed(run):
    """CPU seconds of all threads of this process in `run`."""
    before = time.process_time()
    run()
    return time.process_time() - before


def report(version, cpu_s, rate_hz, peak_bytes=None):
    if peak_bytes is None:
        peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"version": version, "cpu_s": cpu_s, "rate_hz": rate_hz, "peak_bytes": peak_bytes}))
