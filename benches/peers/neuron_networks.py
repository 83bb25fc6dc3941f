"""NEURON: IntFire1 with its event queue, no grid. An input of 20 kHz per neuron: small networks only."""

import random

from common import BRUNEL, arguments, report, timed
from neuron import h


def brunel(sizes, seed):
    n_e, n_i, c_e, c_i, seconds = sizes
    rng = random.Random(seed)
    cells, inputs, connections = [], [], []
    for index in range(n_e + n_i):
        cell = h.IntFire1()
        # Threshold is 1; there is no reset but to 0, which shifts the rate.
        cell.tau, cell.refrac = 20.0, 2.0
        noise = h.NetStim()
        noise.interval, noise.number, noise.start, noise.noise = 0.05, 1e9, 0.0, 1.0
        noise.noiseFromRandom123(index, seed, 0)
        outside = h.NetCon(noise, cell)
        outside.weight[0], outside.delay = 0.1 / 20.0, 0.1
        cells.append(cell)
        inputs.append(noise)
        connections.append(outside)
    for post in range(n_e + n_i):
        for first, count, degree, weight in ((0, n_e, c_e, 0.1), (n_e, n_i, c_i, -0.5)):
            for pre in rng.sample(range(first, first + count), degree):
                connection = h.NetCon(cells[pre], cells[post])
                connection.weight[0], connection.delay = weight / 20.0, 1.5
                connections.append(connection)
    times, ids = h.Vector(), h.Vector()
    for index in range(n_e):
        recorder = h.NetCon(cells[index], None)
        recorder.record(times, ids, index)
        connections.append(recorder)
    h.load_file("stdrun.hoc")
    h.finitialize(0)
    cpu_s = timed(lambda: h.continuerun(1000.0 * seconds))
    report(cpu_s, len(times) / n_e / seconds)


if __name__ == "__main__":
    network, number = arguments()
    if network not in BRUNEL:
        raise SystemExit(f"{network} is not written for NEURON")
    brunel(BRUNEL[network], number)
