"""A search whose points are chosen as it goes, on the workers of Dask:

    python dask_sweep.py SCENARIO

Each worker computes one point as one run and reads its summary from stdout; the next points are chosen around the best.
"""

import json
import os
import subprocess
import sys

from dask.distributed import Client, as_completed

MEMSPIKE = os.environ.get("MEMSPIKE", "memspike")
MEASURE = os.environ.get("MEASURE", "accuracy.test")


def point(scenario, tau, seed):
    """One run, and its number by its path in the summary."""
    command = [MEMSPIKE, "run", scenario, "--set", f"population.output.tau_m={tau:g} ms", "--seed", str(seed)]
    command += ["--out", f"dask/tau={tau:g},seed={seed}", "--threads", "1", "--format", "json", "--quiet"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        return tau, seed, None, run.stderr
    value = json.loads(run.stdout)
    for part in MEASURE.split("."):
        value = value[part]
    return tau, seed, value, ""


def best(client, scenario, taus, seeds):
    """The time constant with the highest mean."""
    found = {}
    futures = [client.submit(point, scenario, tau, seed) for tau in taus for seed in seeds]
    for future in as_completed(futures):
        tau, seed, value, why = future.result()
        if value is None:
            print(f"tau {tau:g} ms, seed {seed} failed: {why}", file=sys.stderr)
        else:
            found.setdefault(tau, []).append(value)
    means = {tau: sum(values) / len(values) for tau, values in found.items()}
    return max(means, key=means.get), means


if __name__ == "__main__":
    scenario = sys.argv[1]
    with Client(n_workers=int(os.environ.get("WORKERS", "2")), threads_per_worker=1) as client:
        coarse, means = best(client, scenario, [5, 10, 20], seeds=[1, 2])
        fine, more = best(client, scenario, [0.7 * coarse, 1.4 * coarse], seeds=[1, 2])
        means.update(more)
    print(json.dumps({f"{tau:g} ms": means[tau] for tau in sorted(means)}, indent=2))
