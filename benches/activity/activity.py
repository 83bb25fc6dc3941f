"""CPU time over activity: the event engine, its clocked mode and Brian2 on one family of networks.

10 000 neurons with 100 random targets each fire where a Poisson line of their own kicks them over threshold; the
synapses are too weak to change that, so activity is what was asked for: the mean share of the neurons that
fire within 1 ms. Once every synapse has the same delay, once each its own. Grids are 0.1 ms.

    python benches/activity/activity.py --memspike target/release/memspike --csv activity.csv --svg activity.svg
"""

import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
NEURONS, DEGREE, SECONDS = 10_000, 100, 0.5
ACTIVITY_PERCENT = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 50.0]
DELAYS = {"one delay": '"1.5 ms"', "own delays": '{ uniform = ["1 ms", "10 ms"] }'}

SCENARIO = """
[scenario]
name = "networks/activity"
title = "Neurons that fire as often as they are kicked"

[source.kicks]
kind = "poisson"
size = {neurons}
rate = "{rate} Hz"

[population.cells]
size = {neurons}
tau_m = "9.41 ms"
u_rest = "0 mV"
v_th = "250 mV"

[projection.kick]
from = "kicks"
to = "cells"
connect = "one_to_one"
weight = "1 V"

[projection.weak]
from = "cells"
to = "cells"
connect = "fixed_out_degree"
out_degree = {degree}
weight = "1 uV"
delay = {delay}

[protocol]
kind = "simulate"
duration = "{milliseconds} ms"
"""


def memspike(binary, delays, percent, engine):
    with tempfile.TemporaryDirectory() as place:
        scenario = pathlib.Path(place) / "scenario.toml"
        scenario.write_text(SCENARIO.format(
            neurons=NEURONS, degree=DEGREE, rate=10.0 * percent, delay=DELAYS[delays],
            milliseconds=1000 * SECONDS,
        ))
        command = [binary, "run", scenario, "--threads", "1", "--format", "json", "--out", f"{place}/run", *engine]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    summary = json.loads(done.stdout)
    return summary["performance"]["phases"]["simulate"]["cpu_s"], next(iter(summary["rate_hz"].values()))


def brian2(delays, repeat):
    """CPU seconds and rate at every activity: one program, run with one rate after the other."""
    rates = [str(10.0 * percent) for percent in ACTIVITY_PERCENT]
    command = [sys.executable, HERE / "activity_brian2.py", delays, str(repeat), *rates]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"# Brian2 is left out: {(done.stderr.strip().splitlines() or ['failed'])[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def measured(arguments):
    rows = []

    def note(delays, percent, engine, runs):
        # What else the machine does only ever adds to CPU time.
        cpu_s, rate = min(runs)
        rows.append({
            "delays": delays, "activity_percent": percent, "engine": engine,
            "cpu_s_per_s": round(cpu_s / SECONDS, 6), "rate_hz": round(rate, 4),
        })
        print(",".join(str(value) for value in rows[-1].values()), flush=True)

    for delays in DELAYS:
        peer = brian2(delays, arguments.repeat)
        for index, percent in enumerate(ACTIVITY_PERCENT):
            for name, engine in (("event", []), ("clocked", ["--engine", "clocked", "--dt", "0.1 ms"])):
                runs = [memspike(arguments.memspike, delays, percent, engine) for _ in range(arguments.repeat)]
                note(delays, percent, name, runs)
            if peer:
                note(delays, percent, "Brian2", peer[index])
    return rows


STYLES = {"event": ("#c44e00", "o", "events (memspike)"), "clocked": ("#5b6f86", "s", "grid of 0.1 ms (memspike --engine clocked)"),
          "Brian2": ("#1a7f7a", "^", "grid of 0.1 ms (Brian2, C++)")}


def plot(rows, path):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "activity", "font.size": 9, "svg.fonttype": "none"})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(8.4, 3.7), sharey=True)
    for axis, delays in zip(axes, DELAYS):
        for engine, (colour, marker, label) in STYLES.items():
            points = [row for row in rows if row["delays"] == delays and row["engine"] == engine]
            if points:
                x = [float(point["activity_percent"]) for point in points]
                y = [float(point["cpu_s_per_s"]) for point in points]
                axis.plot(x, y, color=colour, marker=marker, markersize=4, linewidth=1.4, label=label)
        axis.set(xscale="log", yscale="log", xlabel="neurons that fire within 1 ms (%)")
        axis.set_title(delays + (" of 1.5 ms" if delays == "one delay" else " of 1 to 10 ms"), fontsize=9)
        axis.set_xticks([0.01, 0.1, 1, 10, 50], ["0.01", "0.1", "1", "10", "50"])
        axis.minorticks_off()
        axis.grid(color="#d8dde3", linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("CPU seconds per simulated second")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=3, frameon=False, fontsize=8)
    figure.tight_layout(rect=(0, 0, 1, 0.94))
    figure.savefig(path, metadata={"Date": None, "Creator": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memspike", default=HERE.parent.parent / "target/release/memspike")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--csv", default="activity.csv")
    parser.add_argument("--svg")
    parser.add_argument("--plot-only", action="store_true", help="draws what is in the CSV")
    arguments = parser.parse_args()
    if arguments.plot_only:
        with open(arguments.csv, newline="") as file:
            rows = list(csv.DictReader(file))
    else:
        rows = measured(arguments)
        with open(arguments.csv, "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    if arguments.svg:
        plot(rows, arguments.svg)


if __name__ == "__main__":
    main()
