"""layers/mnist-100 in memspike: layers_memspike.py DATA EPOCHS BATCH SEED STEPS LIMIT PROGRAM SCENARIO

STEPS is for the others; memspike has no grid. What is timed is the phase `train` of summary.json."""

import json
import subprocess
import sys
import tempfile

from common import alone, layers_arguments


def main():
    directory, epochs, batch, seed, _, limit = layers_arguments()
    program, scenario = sys.argv[7:9]
    with tempfile.TemporaryDirectory() as place:
        command = [
            program, "run", scenario, "--data", directory, "--threads", "1", "--seed", str(seed), "--format", "json",
            "--set", f"protocol.epochs={epochs}", "--set", f"protocol.test_every={epochs}",
            "--set", f"protocol.batch={batch}", "--out", f"{place}/run",
        ]
        if limit:
            command += ["--set", f"protocol.train_samples={limit}"]
        with alone():
            done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    summary = json.loads(done.stdout)
    train = summary["performance"]["phases"]["train"]
    print(json.dumps({
        "version": subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split()[-1],
        "cpu_s": train["cpu_s"], "samples": train["samples"], "accuracy": summary["accuracy"]["test"],
        "peak_bytes": summary["performance"]["peak_rss_bytes"],
    }))


main()
