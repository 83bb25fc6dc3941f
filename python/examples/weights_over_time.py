"""Weights that learn from pairs of spikes, looked at every 100 ms.

    python weights_over_time.py

Expected: twenty inputs spike a little before a teacher makes the neuron fire, and their synapses win over those of noise.
"""

import matplotlib.pyplot as plt
import numpy as np
from memspike import Network, Simulation
from memspike.units import Hz, mV, ms

LINES = 40
rng = np.random.default_rng(4)

network = Network()
noise = network.poisson("noise", LINES, rate=15 * Hz)
# Twenty lines spike together, 15 times a second, and the teacher 5 ms later.
beats = np.sort(rng.uniform(0, 5000, 75))
times = np.repeat(beats, 20) + np.abs(rng.normal(0, 1, 75 * 20))
together = network.spikes("together", 20, times * ms, np.tile(np.arange(20), 75))
teacher = network.spikes("teacher", 1, (beats + 5) * ms)
cells = network.population("cells", 1, tau_m=20 * ms, v_th=18 * mV, u_rest="0 V")
learning = {"rule": "stdp_pair", "dependence": "additive", "w_max": 2 * mV, "a_plus": 0.02, "a_minus": 0.021}
learning |= {"tau_plus": 20 * ms, "tau_minus": 20 * ms}
network.projection("alone", noise, cells, weight=1 * mV, plasticity=learning)
network.projection("paired", together, cells, weight=1 * mV, plasticity=learning)
network.projection("taught", teacher, cells, weight=20 * mV)

simulation = Simulation(network, seed=2)
means = []
for _ in range(50):
    simulation.run(100 * ms)
    means.append([1e3 * simulation.weights(name).mean() for name in ("alone", "paired")])
courses = np.array(means)
print(f"after 5 s: alone {courses[-1, 0]:.2f} mV, paired {courses[-1, 1]:.2f} mV")
assert courses[-1, 1] > 1.2 * courses[-1, 0]

figure, ax = plt.subplots(layout="constrained")
seconds = 0.1 * np.arange(1, 51)
ax.plot(seconds, courses[:, 0], label="alone")
ax.plot(seconds, courses[:, 1], label="paired")
ax.set(xlabel="time [s]", ylabel="mean weight [mV]")
ax.legend()
figure.savefig("weights-over-time.png")
