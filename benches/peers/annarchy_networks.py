"""ANNarchy: one thread, on a grid of 0.1 ms."""

import ANNarchy as ann
from common import BRUNEL, arguments, report, timed


def brunel(sizes, seed):
    n_e, n_i, c_e, c_i, seconds = sizes
    ann.clear()
    ann.setup(dt=0.1, seed=seed, num_threads=1)
    neuron = ann.Neuron(
        equations="tau * dv/dt = -v : init = 0.0, exponential",
        parameters="tau = 20.0 : population",
        spike="v >= 20.0",
        reset="v = 10.0",
        refractory=2.0,
    )
    jump = ann.Synapse(pre_spike="v += w")
    cells = ann.Population(n_e + n_i, neuron)
    excitatory, inhibitory = cells[:n_e], cells[n_e:]
    noise = ann.PoissonPopulation(n_e + n_i, rates=20_000.0)
    outside = ann.Projection(noise, cells, "exc", synapse=jump)
    outside.connect_one_to_one(weights=0.1)
    for sources, degree, weight in ((excitatory, c_e, 0.1), (inhibitory, c_i, -0.5)):
        projection = ann.Projection(sources, cells, "exc", synapse=jump)
        projection.connect_fixed_number_pre(number=degree, weights=weight, delays=1.5)
    monitor = ann.Monitor(excitatory, "spike")
    ann.compile(silent=True)
    cpu_s = timed(lambda: ann.simulate(1000.0 * seconds))
    spikes = sum(len(times) for times in monitor.get("spike").values())
    report(cpu_s, spikes / n_e / seconds)


if __name__ == "__main__":
    network, number = arguments()
    if network not in BRUNEL:
        raise SystemExit(f"{network} is not written for ANNarchy")
    brunel(BRUNEL[network], number)
