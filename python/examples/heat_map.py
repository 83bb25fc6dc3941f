"""A sweep over two parameters as a map.

    python heat_map.py

Expected: the rate of a balanced network rises with its input and falls with the threshold of its neurons.
"""

import memspike
from memspike import plot
from memspike.units import kHz, ms, mV

INPUT = [16 * kHz, 18 * kHz, 20 * kHz, 22 * kHz, 24 * kHz]
THRESHOLD = [19 * mV, 20 * mV, 21 * mV]
sweep = memspike.sweep(
    "networks/brunel-small",
    {"source.external-e.rate": INPUT, "population.e.v_th": THRESHOLD},
    set={"protocol.duration": 40 * ms},
)
rates = sweep.measure("rate_hz.e")
print(f"{rates.min():.1f} Hz to {rates.max():.1f} Hz")
assert (rates[-1] > rates[0]).all()
assert (rates[:, 0] > rates[:, -1]).all()

x, y = sweep.keys.items()
ax = plot.heat(rates.T, x, y, "rate of e [Hz]")
ax.figure.savefig("heat.png")
