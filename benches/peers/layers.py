"""Trains the net of scenarios/layers/mnist-100 in several simulators, in turn, and prints one table."""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys

from common import LAYERS, PRESENTATION
from peers import HERE, ROOT, least, middle, processor

#: simulator, what it trains by, steps of its grid (0: events)
ROWS = {
    "memspike": ("exact, pulses", 0),
    "memspike-exponential": ("exact, currents tau_m/2", 0),
    "snntorch": ("surrogate, pulses", 25),
    "snntorch-coarse": ("surrogate, pulses", 10),
    "spikingjelly": ("surrogate, pulses", 25),
    "spikingjelly-coarse": ("surrogate, pulses", 10),
    "jaxsnn": ("exact, currents tau_m/2", 0),
}


def run(row, python, arguments, seed, program):
    """One process on one core."""
    steps = ROWS[row][1]
    simulator = row.split("-")[0]
    environment = dict(
        os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NPROC="1",
        XLA_FLAGS="--xla_cpu_multi_thread_eigen=false",
    )
    command = [
        python.get(simulator, sys.executable), HERE / f"layers_{simulator}.py", arguments.data, arguments.epochs,
        arguments.batch, seed, steps, arguments.images,
    ]
    if simulator == "memspike":
        command += [program, HERE / "layers_exponential.toml" if row != simulator else "layers/mnist-100"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        return None, done.stderr or done.stdout
    return json.loads(done.stdout.strip().splitlines()[-1]), ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="directory with the IDX files of MNIST, packed or not")
    parser.add_argument("--simulators", default=",".join(ROWS))
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--images", type=int, default=0, help="only so many of the training images")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=1, help="seeds 1, 2, ...")
    parser.add_argument("--memspike", default=ROOT / "target/release/memspike", help="path of the program")
    parser.add_argument("--python", action="append", default=[], metavar="SIMULATOR=PATH", help="its interpreter")
    parser.add_argument("--json", help="also writes every single run to this file")
    arguments = parser.parse_args()
    python = dict(word.split("=", 1) for word in arguments.python)
    rows = arguments.simulators.split(",")
    print(f"one core of: {platform.machine()}, {processor()}; Python {platform.python_version()}")
    images = arguments.images or "all"
    print(f"{'-'.join(map(str, LAYERS))}, MNIST, {images} images, epochs: {arguments.epochs}, batch {arguments.batch}")
    print("simulator             version  trained by               step ms  CPU s/epoch   images/s  test %      MB")
    runs, everything = {row: [] for row in rows}, []
    for seed in range(1, arguments.repeat + 1):
        for row in rows:
            if runs[row] is None:
                continue
            result, why = run(row, python, arguments, seed, arguments.memspike)
            if result is None:
                print(f"{row:<22}{(why.strip().splitlines() or ['failed'])[-1]}", flush=True)
                runs[row] = None
                continue
            runs[row].append(result)
            everything.append({"simulator": row, "seed": seed, **result})
            if arguments.json:
                pathlib.Path(arguments.json).write_text(json.dumps(everything, indent=1) + "\n")
    for row, results in runs.items():
        if results:
            by, steps = ROWS[row]
            step = f"{PRESENTATION / steps:.1f}" if steps else "events"
            cpu_s, samples = least(results), results[0]["samples"]
            print(
                f"{row:<22}{results[0]['version']:<9}{by:<25}{step:>7}{cpu_s / arguments.epochs:>13.2f}"
                f"{samples / cpu_s:>11.0f}{100 * middle(results, 'accuracy'):>8.2f}"
                f"{middle(results, 'peak_bytes') / 1e6:>8.0f}"
            )


if __name__ == "__main__":
    main()
