# %% [markdown]
# # A live simulation
#
# A network from arrays, run in pieces, looked into and driven between them. However time is sliced, the bits are those of one run.

# %%
import numpy as np
from memspike import Network, Simulation
from memspike.units import Hz, mV, ms, pA

rng = np.random.default_rng(1)
network = Network()
noise = network.poisson("noise", 100, rate=60 * Hz, changing=True)
bias = network.current("bias")
cells = network.population("cells", 40, tau_m=20 * ms, r_m="100 MOhm", u_rest="0 V", v_th=15 * mV, t_ref=2 * ms)
network.projection("drive", noise, cells, weight=rng.uniform(0, 0.4, (100, 40)) * mV)
network.projection("in", bias, cells, weight=np.ones((1, 40)), kernel="current")
pre, post = np.nonzero(rng.random((40, 40)) < 0.2)
network.projection("back", cells, cells, weight=-0.2 * mV, pre=pre, post=post, delay=1.5 * ms)
simulation = Simulation(network, seed=1)

# %% [markdown]
# Four pieces: the network as it is, a stronger input, a current, and a lower threshold.

# %%
rates: dict[str, float] = {}


def piece(name: str) -> None:
    simulation.run(500 * ms)
    rates[name] = simulation.spikes().rows / (0.5 * 40)


piece("as it is")
simulation.set_rate(noise, 90 * Hz)
piece("90 Hz")
simulation.set_current(bias, 60 * pA)
piece("60 pA")
simulation.set_parameters(cells, t_ref=20 * ms)
piece("20 ms dead")
for name, rate in rates.items():
    print(f"{name:>11}: {rate:5.1f} Hz")
assert rates["as it is"] < rates["90 Hz"] < rates["60 pA"]
assert rates["20 ms dead"] < rates["60 pA"]

# %% [markdown]
# Membranes are sampled on a grid; a snapshot is a place to come back to.

# %%
import matplotlib.pyplot as plt

kept = simulation.snapshot()
simulation.sample(cells, every=0.2 * ms)
simulation.run(100 * ms)
times, u = simulation.samples(cells)
figure, ax = plt.subplots(layout="constrained")
ax.plot(times / 1e12, 1e3 * u[:, :3])
ax.set(xlabel="time [ms]", ylabel="membrane [mV]")
simulation.restore(kept)
assert simulation.time == 2000 * 10**12
