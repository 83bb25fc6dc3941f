"""Brian2: C++ standalone, on a grid of 0.1 ms."""

import pathlib
import tempfile

import brian2
import numpy as np
from brian2 import (
    Hz, Network, NeuronGroup, PoissonInput, SpikeMonitor, Synapses, defaultclock, device, ms, mV, second,
    seed as set_seed, set_device,
)
from common import BRUNEL, SPARSE, alone, arguments, report

#: The standalone program tells wall time only; this makes it tell its CPU time and memory.
BEFORE = "const std::clock_t cpu_before = std::clock();"
AFTER = """
    {
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        std::ofstream out("peers.txt");
        out << double(std::clock() - cpu_before) / CLOCKS_PER_SEC << " " << usage.ru_maxrss << std::endl;
    }
"""


def finish(network, seconds, monitor, n):
    device.insert_code("before_network_run", BEFORE)
    device.insert_code("after_network_run", AFTER)
    network.run(seconds * second, report=None)
    with tempfile.TemporaryDirectory() as place:
        device.build(directory=place, compile=True, run=False)
        with alone():
            device.run(with_output=False)
        cpu_s, kilobytes = (pathlib.Path(place) / "peers.txt").read_text().split()
        spikes = monitor.num_spikes
    report(brian2.__version__, float(cpu_s), spikes / n / seconds, 1024 * int(kilobytes))


def brunel(sizes, seed):
    n_e, n_i, c_e, c_i, seconds = sizes
    rng = np.random.default_rng(seed)
    # What arrives at a refractory neuron is lost: `unless refractory` holds for jumps too.
    cells = NeuronGroup(
        n_e + n_i, "dv/dt = -v / (20*ms) : volt (unless refractory)",
        threshold="v >= 20*mV", reset="v = 10*mV", refractory=2 * ms, method="exact",
    )
    # Binomial, and near enough to Poisson only with many inputs of a low rate.
    noise = PoissonInput(cells, "v", 20_000, 1 * Hz, weight=0.1 * mV)
    objects = [cells, noise]
    for first, count, degree, weight in ((0, n_e, c_e, 0.1), (n_e, n_i, c_i, -0.5)):
        synapses = Synapses(cells, cells, on_pre=f"v += {weight}*mV", delay=1.5 * ms)
        n = n_e + n_i
        synapses.connect(
            i=first + rng.integers(0, count, n * degree), j=np.repeat(np.arange(n), degree)
        )
        objects.append(synapses)
    monitor = SpikeMonitor(cells[:n_e], record=False)
    finish(Network(*objects, monitor), seconds, monitor, n_e)


def sparse(sizes, seed):
    n, degree, seconds = sizes
    rng = np.random.default_rng(seed)
    cells = NeuronGroup(
        n, "dv/dt = -v / (9.41*ms) : volt", threshold="v >= 250*mV", reset="v = 0*mV", method="exact",
    )
    kicks = PoissonInput(cells, "v", 1, 1 * Hz, weight=1000 * mV)
    synapses = Synapses(cells, cells, on_pre="v += 1*mV")
    synapses.connect(i=np.repeat(np.arange(n), degree), j=rng.integers(0, n, n * degree))
    synapses.delay = rng.uniform(1, 10, n * degree) * ms
    monitor = SpikeMonitor(cells, record=False)
    finish(Network(cells, kicks, synapses, monitor), seconds, monitor, n)


if __name__ == "__main__":
    name, number = arguments()
    set_device("cpp_standalone", build_on_run=False)
    brian2.prefs.codegen.cpp.headers += ["<ctime>", "<fstream>", "<sys/resource.h>"]
    set_seed(number)
    defaultclock.dt = 0.1 * ms
    if name in BRUNEL:
        brunel(BRUNEL[name], number)
    else:
        sparse(SPARSE[name], number)
