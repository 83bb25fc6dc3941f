# %% [markdown]
# # Getting started
#
# A shipped scenario, from its name to numbers and pictures. `digits` draws a data set of digits, trains 784 x 10 synapses with ten
# leaky neurons, and tests them.

# %%
import memspike

few = {"protocol.epochs": 2, "protocol.train_samples": 1000, "protocol.test_samples": 200}
result = memspike.run("digits", seed=1, set=few)
result

# %% [markdown]
# What came out is a view of the run's directory: accuracy as fractions, joules by category, weights as matrices.

# %%
print(f"accuracy {100 * result.accuracy['test']:.1f} %")
print(f"energy {1e6 * result.energy['total']:.1f} uJ, of which neurons {1e6 * result.energy['neuron']:.1f} uJ")
weights = result.weights["input"]
print(weights.shape, result.weights.units["input"])
assert result.accuracy["test"] > 0.5

# %% [markdown]
# Pictures are matplotlib's, and take the axes to draw on.

# %%
import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
result.plot.accuracy(ax=left)
image = right.imshow(weights[:, 3].reshape(28, 28), cmap="RdBu_r")
right.set(title="weights of the neuron for 3", xticks=[], yticks=[])
figure.colorbar(image, label="weight [V]")

# %% [markdown]
# The same scenario with another threshold, as `--set` would have it. Numbers carry units; one without is refused.

# %%
from memspike.units import mV

other = memspike.run("digits", seed=1, set={**few, "population.output.v_th": 300 * mV})
print(f"accuracy {100 * other.accuracy['test']:.1f} %")
assert other.fingerprint != result.fingerprint
