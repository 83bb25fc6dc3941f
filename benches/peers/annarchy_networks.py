"""ANNarchy: one thread, on a grid of 0.1 ms."""

import math
from importlib.metadata import version

import ANNarchy as ann
from common import BRUNEL, SPARSE, arguments, report, timed

#: v e^(-dt / tau_m) + what arrives: exact between steps, and less work than its ODE. A Poisson draw is none
#: of ANNarchy's, a Poisson population gives a neuron one spike per step at most; this binomial law has
#: 2 +- 1.414 spikes per step.
NEURON = """
    v = decay * v + g_exc{noise}
"""


def neuron(tau, v_th, v_reset, refractory, noise):
    return ann.Neuron(
        parameters={"decay": math.exp(-0.1 / tau), "v_th": v_th, "v_reset": v_reset},
        equations=NEURON.format(noise=noise),
        spike="v >= v_th",
        reset="v = v_reset",
        refractory=refractory,
    )


def started(seed):
    network = ann.Network(dt=0.1, seed=seed)
    network.config(num_threads=1)
    return network


def finish(network, cells, seconds):
    monitor = network.monitor(cells, "spike")
    network.compile(silent=True)
    cpu_s = timed(lambda: network.simulate(1000.0 * seconds))
    spikes = sum(len(times) for times in monitor.get("spike").values())
    report(version("ANNarchy"), cpu_s, spikes / cells.size / seconds)


def brunel(sizes, seed):
    n_e, n_i, c_e, c_i, seconds = sizes
    network = started(seed)
    cells = network.create(n_e + n_i, neuron(20.0, 20.0, 10.0, 2.0, " + 0.1 * Binomial(20000, 0.0001)"))
    excitatory, inhibitory = cells[:n_e], cells[n_e:]
    for sources, degree, weight in ((excitatory, c_e, 0.1), (inhibitory, c_i, -0.5)):
        projection = network.connect(sources, cells, "exc")
        projection.fixed_number_pre(number=degree, weights=weight, delays=1.5, allow_self_connections=True)
    finish(network, excitatory, seconds)


def sparse(sizes, seed):
    n, degree, seconds = sizes
    network = started(seed)
    cells = network.create(n, neuron(9.41, 250.0, 0.0, 0.0, ""))
    kicks = network.create(ann.PoissonPopulation(n, rates=1.0))
    network.connect(kicks, cells, "exc").one_to_one(weights=1000.0)
    network.connect(cells, cells, "exc").fixed_number_post(
        number=degree, weights=1.0, delays=ann.Uniform(1.0, 10.0), allow_self_connections=True
    )
    finish(network, cells, seconds)


if __name__ == "__main__":
    name, number = arguments()
    if name == "sparse":
        raise SystemExit("ANNarchy calls delays of single synapses experimental and slow: ten million take over ten minutes")
    if name in BRUNEL:
        brunel(BRUNEL[name], number)
    else:
        sparse(SPARSE[name], number)
