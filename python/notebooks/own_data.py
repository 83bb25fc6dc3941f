# %% [markdown]
# # Your own data
#
# Images as arrays go through two layers of spiking neurons, which are trained by the exact gradient of the times of their spikes, and
# then programmed onto devices. The images are drawn here; with two arrays of your own the rest is the same.

# %%
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(1)
SHAPES = ["###  # # ", "  #  #  #", " # ### # "]


def image(kind: int) -> np.ndarray:
    grid = np.zeros((10, 10))
    row, column = rng.integers(0, 2, 2)
    big = np.kron([[c == "#" for c in SHAPES[kind][3 * k : 3 * k + 3]] for k in range(3)], np.ones((3, 3)))
    grid[row : row + 9, column : column + 9] = big
    return np.clip(grid * rng.uniform(0.7, 1) + rng.uniform(0, 0.2, grid.shape), 0, 1)


y = np.arange(600) % 3
x = np.stack([image(kind) for kind in y.tolist()])
figure, axes = plt.subplots(1, 3, layout="constrained")
for k, ax in enumerate(axes):
    ax.imshow(x[k], cmap="Greys")
    ax.set(xticks=[], yticks=[])

# %% [markdown]
# Bright pixels spike early. Forty hidden neurons, one neuron for each class; the first to fire is the answer. The weights are pairs of
# devices with sixteen levels and a spread of 5 %, already while they are learned.

# %%
from memspike import Layers

layers = Layers([40, 3], synapse="ag-tio2-pt-rs-analog", neuron="ag-tio2-pt-ts", levels=16, spread=0.05)
layers.fit(x[:480], y[:480], test=(x[480:], y[480:]), epochs=6, seed=1)
ax = layers.result.plot.accuracy()

# %%
tested = layers.evaluate(x[480:], y[480:])
print(f"{100 * tested.accuracy:.1f} %, {1e9 * tested.joules['total']:.0f} nJ per image")
assert tested.accuracy > 0.9

# %% [markdown]
# Programmed ten times, as they were trained for, and with a spread of 30 %:

# %%
for spread in (0.05, 0.3):
    programmed = layers.program(x[480:], y[480:], spread=spread, draws=10)
    print(f"spread {100 * spread:.0f} %: {100 * programmed.mean:.1f} +- {100 * programmed.sd:.1f} %")
