"""Runs the networks of scenarios/networks in several simulators, in turn, and prints one table."""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

from common import alone

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SIMULATORS = "memspike,brian2,annarchy,nest,nest_precise,neuron"


def memspike(binary, network, seed):
    """CPU seconds of the phase `simulate`, mean rate of the first population, peak memory."""
    # A tenth of a network is the same scenario with smaller populations.
    scenario, changes = f"networks/{network}", []
    if network == "sparse-tenth":
        scenario = "networks/sparse"
        changes = ["--set", "source.kicks.size=10000", "--set", "population.cells.size=10000"]
    with tempfile.TemporaryDirectory() as place:
        command = [
            binary, "run", scenario, *changes, "--threads", "1", "--seed", str(seed), "--format", "json",
            "--out", f"{place}/run",
        ]
        with alone():
            done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr
    summary = json.loads(done.stdout)
    performance = summary["performance"]
    return {
        "version": subprocess.run([binary, "--version"], capture_output=True, text=True).stdout.split()[-1],
        "cpu_s": performance["phases"]["simulate"]["cpu_s"],
        "rate_hz": next(iter(summary["rate_hz"].values())),
        "peak_bytes": performance["peak_rss_bytes"],
    }, ""


def other(simulator, network, seed):
    # Beside this interpreter are the tools that came with it (cmake, nrnivmodl).
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = dict(os.environ, PATH=path, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    command = [sys.executable, HERE / f"{simulator}_networks.py", network, str(seed)]
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=place)
    if done.returncode != 0:
        return None, done.stderr or done.stdout
    # The last line is ours; simulators talk.
    return json.loads(done.stdout.strip().splitlines()[-1]), ""


def least(results):
    """CPU seconds of the fastest run: what else the machine does only ever adds to them."""
    return min(result["cpu_s"] for result in results)


def middle(results, key):
    return statistics.median(result[key] for result in results)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", default="brunel-small,sparse-tenth,sparse,brunel")
    parser.add_argument("--simulators", default=SIMULATORS)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--memspike", default=ROOT / "target/release/memspike", help="path of the program")
    parser.add_argument("--json", help="also writes every single run to this file")
    arguments = parser.parse_args()
    simulators = arguments.simulators.split(",")
    print(f"one core of: {platform.machine()}, {processor()}; Python {platform.python_version()}")
    print("network       simulator     version     CPU s    of memspike   rate Hz      MB", flush=True)
    everything = []
    for network in arguments.networks.split(","):
        runs = {simulator: [] for simulator in simulators}
        for repeat in range(arguments.repeat):
            for simulator in simulators:
                if runs[simulator] is None:
                    continue
                if simulator == "memspike":
                    result, why = memspike(arguments.memspike, network, repeat + 1)
                else:
                    result, why = other(simulator, network, repeat + 1)
                if result is None:
                    print(f"{network:<14}{simulator:<14}{(why.strip().splitlines() or ['failed'])[-1]}")
                    runs[simulator] = None
                    continue
                runs[simulator].append(result)
                everything.append({"network": network, "simulator": simulator, "seed": repeat + 1, **result})
        ours = least(runs["memspike"]) if runs.get("memspike") else float("nan")
        for simulator, results in runs.items():
            if results:
                cpu_s = least(results)
                print(
                    f"{network:<14}{simulator:<14}{results[0]['version']:<9}{cpu_s:>8.3f}{cpu_s / ours:>15.1f}"
                    f"{middle(results, 'rate_hz'):>10.2f}{middle(results, 'peak_bytes') / 1e6:>8.0f}",
                    flush=True,
                )
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps(everything, indent=1) + "\n")


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"


if __name__ == "__main__":
    main()
