"""Times two memspike binaries on the same jobs, in turn, and prints their ratios as one table."""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

# Name: scenario, what is set, the phase whose CPU seconds count, how many runs are one measurement.
# A binary runs the scenarios that it ships, so what is set here must be understood by both.
JOBS = {
    "mnist training": ("mnist", ["protocol.epochs=1"], "train", 1),
    "mnist inference": ("mnist", ["protocol.epochs=1", "protocol.train_samples=100"], "test", 1),
    "brunel": ("networks/brunel", [], "simulate", 1),
    "brunel-small": ("networks/brunel-small", [], "simulate", 5),
    "sparse": ("networks/sparse", [], "simulate", 1),
    "sparse-million": ("networks/sparse-million", [], "simulate", 1),
    "stdp/mnist-100": (
        "stdp/mnist-100",
        [
            "protocol.epochs=1", "protocol.train_samples=2000", "protocol.label_samples=500",
            "protocol.test_samples=500",
        ],
        "train", 1,
    ),
    "stdp/plastic-crossbar": ("stdp/plastic-crossbar", [], "simulate", 1),
    "vogels-abbott-currents": ("networks/vogels-abbott-currents", [], "simulate", 1),
    "synfire": ("networks/synfire", [], "simulate", 20),
    "stdp/pairs": ("stdp/pairs", [], "simulate", 20),
}


def run(binary, job, threads, data):
    """CPU seconds of a phase, peak bytes and fingerprint; or why there are none."""
    scenario, settings, phase, times = JOBS[job]
    seconds, peak, fingerprint = 0.0, 0, ""
    for _ in range(times):
        # A directory without `scenarios`, so that the names mean what the binary ships.
        with tempfile.TemporaryDirectory() as place:
            command = [
                str(binary), "run", scenario, "--threads", str(threads), "--format", "json", "--out", f"{place}/run",
            ]
            for setting in settings:
                command += ["--set", setting]
            if data:
                command += ["--data", str(data)]
            done = subprocess.run(command, capture_output=True, text=True, cwd=place)
        if done.returncode != 0:
            return None, (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[0]
        summary = json.loads(done.stdout)
        performance = summary["performance"]
        seconds += performance["phases"][phase]["cpu_s"]
        peak = max(peak, performance["peak_rss_bytes"] or 0)
        fingerprint = summary["fingerprint"]
    return (seconds, peak, fingerprint), ""


def measure(job, base, new, options):
    """The least of all rounds of each binary: what else the machine does only ever adds to it."""
    binaries = {"base": base, "new": new}
    least, peaks, prints = {}, {}, {}
    for turn in range(options.times):
        order = ["base", "new"] if turn % 2 == 0 else ["new", "base"]
        for which in order:
            result, reason = run(binaries[which], job, options.threads, options.data)
            if result is None:
                return None, f"{which}: {reason}"
            seconds, peak, prints[which] = result
            least[which] = min(least.get(which, seconds), seconds)
            peaks[which] = max(peaks.get(which, 0), peak)
    return {
        "base_s": least["base"],
        "new_s": least["new"],
        "ratio": least["new"] / least["base"],
        "base_bytes": peaks["base"],
        "new_bytes": peaks["new"],
        "same": prints["base"] == prints["new"],
    }, ""


def line(name, base, new, memory="", same=""):
    print(f"| {name} | {base:.4f} | {new:.4f} | {new / base:.3f} | {memory} | {same} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=pathlib.Path, required=True, help="the binary to compare with")
    parser.add_argument("--new", type=pathlib.Path, required=True, help="the binary that is judged")
    parser.add_argument("--jobs", default=",".join(JOBS), help="names, with commas; default: all")
    parser.add_argument("--times", type=int, default=10, help="runs of each binary, in turn; the least counts")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("MEMSPIKE_DATA"))
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures here")
    options = parser.parse_args()
    jobs = [job.strip() for job in options.jobs.split(",") if job.strip()]
    unknown = [job for job in jobs if job not in JOBS]
    if unknown:
        parser.error(f"no job is named {', '.join(unknown)}; there are {', '.join(JOBS)}")
    if options.times < 1:
        parser.error("--times must be at least 1")
    base, new = options.base.resolve(), options.new.resolve()
    for binary in (base, new):
        if not binary.is_file():
            parser.error(f"{binary} is not a file")
    options.data = options.data and pathlib.Path(options.data).resolve()

    print(f"least of {options.times} in turn, threads: {options.threads}, {platform.machine()}\n")
    print("| job | base, CPU s | new, CPU s | new / base | memory, new / base | fingerprint |")
    print("|---|---|---|---|---|---|")
    results, failed = {}, []
    for job in jobs:
        result, reason = measure(job, base, new, options)
        if result is None:
            print(f"| {job} | not run: {reason} | | | | |", flush=True)
            failed.append(job)
            continue
        results[job] = result
        memory = f"{result['new_bytes'] / result['base_bytes']:.2f}" if result["base_bytes"] else ""
        line(job, result["base_s"], result["new_s"], memory, "same" if result["same"] else "other")
    if results:
        sums = [sum(result[key] for result in results.values()) for key in ("base_s", "new_s")]
        line("sum", *sums)
    if options.json:
        options.json.write_text(json.dumps({"times": options.times, "threads": options.threads, "jobs": results}, indent=1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
