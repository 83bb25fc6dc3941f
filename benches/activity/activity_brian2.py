"""The networks of `activity.py` in Brian2, C++ standalone: compiled once, run with one rate after the other."""

import json
import pathlib
import sys
import tempfile

import brian2
import numpy as np
from brian2 import NeuronGroup, Network, SpikeMonitor, Synapses, defaultclock, device, ms, second, set_device

from activity import DEGREE, NEURONS, SECONDS

BEFORE = "const std::clock_t cpu_before = std::clock();"
AFTER = """
    std::ofstream("cpu.txt") << double(std::clock() - cpu_before) / CLOCKS_PER_SEC << std::endl;
"""


def main():
    delays, repeat, rates = sys.argv[1], int(sys.argv[2]), [float(rate) for rate in sys.argv[3:]]
    set_device("cpp_standalone", build_on_run=False)
    brian2.prefs.codegen.cpp.headers += ["<ctime>", "<fstream>"]
    defaultclock.dt = 0.1 * ms
    rng = np.random.default_rng(1)
    cells = NeuronGroup(
        NEURONS, "dv/dt = -v / (9.41*ms) : volt\np : 1 (shared)",
        threshold="v >= 250*mV", reset="v = 0*mV", method="exact",
    )
    # One uniform number per neuron and step, as little as a Poisson kick can take.
    cells.run_regularly("v += 1000*mV * int(rand() < p)", dt=0.1 * ms)
    # One delay is a property of the whole object, which is faster than the same one at every synapse.
    constant = {"delay": 1.5 * ms} if delays == "one delay" else {}
    synapses = Synapses(cells, cells, on_pre="v += 0.001*mV", **constant)
    synapses.connect(i=np.repeat(np.arange(NEURONS), DEGREE), j=rng.integers(0, NEURONS, NEURONS * DEGREE))
    if not constant:
        synapses.delay = rng.uniform(1, 10, NEURONS * DEGREE) * ms
    monitor = SpikeMonitor(cells, record=False)
    device.insert_code("before_network_run", BEFORE)
    device.insert_code("after_network_run", AFTER)
    Network(cells, synapses, monitor).run(SECONDS * second)
    results = []
    with tempfile.TemporaryDirectory() as place:
        device.build(directory=place, compile=True, run=False)
        for rate in rates:
            runs = []
            for _ in range(repeat):
                device.run(with_output=False, run_args={cells.p: rate * 1e-4})
                cpu_s = float((pathlib.Path(place) / "cpu.txt").read_text())
                runs.append((cpu_s, monitor.num_spikes / NEURONS / SECONDS))
            results.append(runs)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
