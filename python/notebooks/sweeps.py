# %% [markdown]
# # Sweeps
#
# Every combination of values, each with several seeds, as many at once as there are processors.

# %%
import memspike
from memspike.units import kHz, ms, mV

sweep = memspike.sweep(
    "networks/brunel-small",
    {"source.external-e.rate": [16 * kHz, 20 * kHz, 24 * kHz], "population.e.v_th": [19 * mV, 21 * mV]},
    seeds=[1, 2],
    set={"protocol.duration": 40 * ms},
)
sweep

# %% [markdown]
# A number of every run, by its path in `summary.json`, is an array in the shape of the sweep: inputs, thresholds, seeds.

# %%
rates = sweep.measure("rate_hz.e")
print(rates.shape)
print(sweep.mean("rate_hz.e").round(1))
assert rates.shape == (3, 2, 2)
assert (rates[-1] > rates[0]).all()

# %% [markdown]
# As a map, and as a data frame.

# %%
from memspike import plot

x, y = sweep.keys.items()
ax = plot.heat(sweep.mean("rate_hz.e").T, x, y, "rate of e [Hz]")
frame = sweep.to_pandas("rate_hz.e", "rate_hz.i")
print(frame.head())
assert len(frame) == 12
