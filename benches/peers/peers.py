"""Runs the networks of scenarios/networks in several simulators and prints one table."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent


def memspike(network, seed):
    """CPU seconds of the phase `simulate`, mean rate, peak memory."""
    with tempfile.TemporaryDirectory() as place:
        command = [
            ROOT / "target/release/memspike", "run", f"networks/{network}", "--threads", "1",
            "--seed", str(seed), "--format", "json", "--out", f"{place}/run",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        summary = json.loads(done.stdout)
    rates = list(summary["rate_hz"].values())
    performance = summary["performance"]
    return {
        "cpu_s": performance["phases"]["simulate"]["cpu_s"],
        "rate_hz": rates[0],
        "peak_bytes": performance["peak_rss_bytes"],
    }


def other(simulator, network, seed):
    command = [sys.executable, HERE / f"{simulator}_networks.py", network, str(seed)]
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        print(f"# {simulator} on {network}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    # The last line is ours; simulators talk.
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", default="brunel-small,sparse,brunel")
    parser.add_argument("--simulators", default="memspike,brian2,nest,annarchy,neuron")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    simulators = arguments.simulators.split(",")
    print(f"{'network':<16}{'simulator':<12}{'CPU s':>10}{'rate Hz':>10}{'MB':>8}")
    for network in arguments.networks.split(","):
        runs = {simulator: [] for simulator in simulators}
        for repeat in range(arguments.repeat):
            for simulator in simulators:
                run = memspike if simulator == "memspike" else lambda n, s, which=simulator: other(which, n, s)
                result = run(network, repeat + 1)
                if result:
                    runs[simulator].append(result)
        for simulator, results in runs.items():
            if results:
                middle = {key: statistics.median(r[key] for r in results) for key in results[0]}
                print(
                    f"{network:<16}{simulator:<12}{middle['cpu_s']:>10.3f}{middle['rate_hz']:>10.2f}"
                    f"{middle['peak_bytes'] / 1e6:>8.0f}"
                )


if __name__ == "__main__":
    main()
