# %% [markdown]
# # From your measurement to a network
#
# Loops of current and voltage become a device with standard errors, and the device becomes the neurons of a network. The loops are
# simulated here; with two arrays of your own the rest is the same.

# %%
import matplotlib.pyplot as plt
from memspike import Device, fit, plot
from memspike.units import V, uA

switch = Device("ag-tio2-pt-ts", v_th=0.42 * V, v_hold=0.15 * V, i_cc=20 * uA, g_on="80 uS", v_max=0.7 * V, cycle_cv=0.03)
loops = switch.iv(cycles=12, vary=True, noise="1 %")
ax = plot.xy(loops, "voltage", "current", log=True)

# %%
found = fit.iv(loops["voltage"], loops["current"])
for name in ("v_th", "v_hold", "i_cc"):
    print(f"{name} = {found.parameters[name]}")
assert found.fits
assert abs(found.parameters["v_th"].value - 0.42) < 0.02

# %% [markdown]
# `found.fits` says whether what the law leaves over looks like noise. Where it does, the preset is a device of any network.

# %%
import memspike

found.save("mine.toml")
few = {"protocol.epochs": 2, "protocol.train_samples": 500, "protocol.test_samples": 100}
for preset in ("ag-tio2-pt-ts", "mine.toml"):
    result = memspike.run("digits", set={"device.switch.preset": preset, **few})
    joules = result.summary["energy_per_inference_j"]
    print(f"{preset}: {100 * result.accuracy['test']:.0f} %, {1e9 * joules:.0f} nJ per inference")
    assert joules > 0

# %% [markdown]
# The device is also measured like any other: pulses, retention, cycles.

# %%
cycles = Device("mine.toml").cycles(number=200, seed=1)
figure, ax = plt.subplots(layout="constrained")
ax.hist(cycles["v_set"] if "v_set" in cycles else cycles[list(cycles)[1]], bins=20)
ax.set(xlabel=list(cycles)[1], ylabel="cycles")
