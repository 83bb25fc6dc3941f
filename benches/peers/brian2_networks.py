"""Brian2: C++ standalone, on a grid of 0.1 ms."""

import numpy as np
from brian2 import (
    Hz, NeuronGroup, Network, PoissonInput, SpikeMonitor, Synapses, defaultclock, device, ms, mV, second,
    seed as set_seed, set_device,
)
from common import BRUNEL, SPARSE, arguments, report


def finish(network, seconds, monitor, n):
    network.run(seconds * second, report=None)
    device.build(directory=None, compile=True, run=True, with_output=False)
    # The standalone program has its own clock: wall time of one thread.
    report(device._last_run_time, monitor.num_spikes / n / seconds)


def pairs(rng, sources, targets, degree):
    """`degree` distinct sources for each target."""
    pre = np.concatenate([rng.choice(sources, degree, replace=False) for _ in range(targets)])
    return pre, np.repeat(np.arange(targets), degree)


def brunel(sizes, seed):
    n_e, n_i, c_e, c_i, seconds = sizes
    rng = np.random.default_rng(seed)
    cells = NeuronGroup(
        n_e + n_i, "dv/dt = -v / (20*ms) : volt (unless refractory)",
        threshold="v > 20*mV", reset="v = 10*mV", refractory=2 * ms, method="exact",
    )
    noise = PoissonInput(cells, "v", 200, 100 * Hz, weight=0.1 * mV)
    objects = [cells, noise]
    for first, count, degree, weight in ((0, n_e, c_e, 0.1), (n_e, n_i, c_i, -0.5)):
        synapses = Synapses(cells, cells, on_pre=f"v += {weight}*mV", delay=1.5 * ms)
        pre, post = pairs(rng, count, n_e + n_i, degree)
        synapses.connect(i=first + pre, j=post)
        objects.append(synapses)
    monitor = SpikeMonitor(cells[:n_e], record=False)
    finish(Network(*objects, monitor), seconds, monitor, n_e)


def sparse(sizes, seed):
    n, degree, seconds = sizes
    rng = np.random.default_rng(seed)
    cells = NeuronGroup(
        n, "dv/dt = -v / (9.41*ms) : volt", threshold="v > 250*mV", reset="v = 0*mV", method="exact",
    )
    kicks = PoissonInput(cells, "v", 1, 1 * Hz, weight=1000 * mV)
    synapses = Synapses(cells, cells, on_pre="v += 1*mV")
    synapses.connect(i=np.repeat(np.arange(n), degree), j=rng.integers(0, n, n * degree))
    synapses.delay = rng.uniform(1, 10, n * degree) * ms
    monitor = SpikeMonitor(cells, record=False)
    finish(Network(cells, kicks, synapses, monitor), seconds, monitor, n)


if __name__ == "__main__":
    network, number = arguments()
    set_device("cpp_standalone", build_on_run=False)
    set_seed(number)
    defaultclock.dt = 0.1 * ms
    if network in BRUNEL:
        brunel(BRUNEL[network], number)
    else:
        sparse(SPARSE[network], number)
