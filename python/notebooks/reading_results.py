# %% [markdown]
# # Reading results
#
# What a run leaves is read when it is asked for: arrays with units, tables, pictures, and files for other tools.

# %%
import memspike
from memspike.units import ms

recorded = {"record.membrane": ["e[0..3]"], "record.membrane_interval": 0.5 * ms, "protocol.duration": 100 * ms}
result = memspike.run("networks/brunel-small", seed=1, set=recorded, record=["e", "i"], out="a-run")
print(result)
print(sorted(result.records))

# %% [markdown]
# Spikes are whole femtoseconds; `ms` has them in milliseconds. Rows of one population, and the intervals between its spikes:

# %%
import numpy as np

times, neurons = result.spikes.of("e")
print(times.dtype, result.spikes.units["time"], len(times))
order = np.lexsort((times, neurons))
same = np.diff(neurons[order]) == 0
intervals = np.diff(times[order])[same] / 1e12
print(f"{intervals.mean():.1f} ms between spikes, coefficient of variation {intervals.std() / intervals.mean():.2f}")
assert intervals.min() > 0

# %%
import matplotlib.pyplot as plt

figure, (upper, lower) = plt.subplots(2, 1, sharex=True, layout="constrained")
result.plot.raster(ax=upper)
result.plot.membrane(ax=lower)

# %% [markdown]
# A directory that the command line has written is a result as well, and other formats are written from it.

# %%
again = memspike.Result("a-run")
assert again.fingerprint == result.fingerprint
frames = again.to_pandas()
print(frames["membrane"].head())
again.export("csv", record="spikes", to="spikes.csv")
print(open("spikes.csv").readline().strip())
