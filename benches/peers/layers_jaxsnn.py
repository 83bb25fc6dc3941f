"""784-100-10 in jaxsnn, trained by EventProp: layers_jaxsnn.py DATA EPOCHS BATCH SEED 0 LIMIT

jaxsnn has no pulses: currents decay with tau_m/2. Times count in tau_m."""

import functools
import importlib.metadata

import jax
import jax.numpy as jnp
import numpy
import optax
from jaxsnn.event.loss import first_spike
from jaxsnn.event.modules import LIF, Linear, Source
from jaxsnn.event.modules.lif.lif import LIFParameters
from jaxsnn.event.topology import Topology
from jaxsnn.event.types import Spike

from common import LAYERS, PRESENTATION, TAU_M, layers_arguments, layers_report, mnist, rate, timed

#: events that a layer may have, arrivals and spikes of its own; what comes after them is lost
EVENTS = (448, 320)
#: mean and spread of the initial weights
START = ((0.06, 0.1), (0.3, 0.3))
END = PRESENTATION / TAU_M
SOFT = 0.3 / TAU_M


def spikes(times):
    """The images as lists of spikes, the earliest first."""
    most = numpy.isfinite(times).sum(1).max()
    idx = numpy.argsort(times, axis=1)[:, :most]
    times = numpy.take_along_axis(times, idx, 1) / TAU_M
    there = numpy.isfinite(times)
    return Spike(
        time=times, idx=numpy.where(there, idx, -1).astype(numpy.int32), current=numpy.zeros_like(times),
        layer_idx=numpy.zeros(times.shape, numpy.int32), internal=there,
    )


def net():
    neurons = LIFParameters(tau_syn=0.5, tau_mem=1.0, v_th=1.0, v_reset=0.0)
    topology = Topology(t_max=END, backprop_method="eventprop")
    topology.add({
        "images": Source(LAYERS[0]),
        "hidden": LIF(LAYERS[1], EVENTS[0], neurons),
        "output": LIF(LAYERS[2], EVENTS[1], neurons),
        "input": Linear(*START[0]),
        "readout": Linear(*START[1]),
    })
    topology.connect([("images", "input"), ("input", "hidden"), ("hidden", "readout"), ("readout", "output")])
    return topology.done()


def main():
    directory, epochs, batch, seed, _, limit = layers_arguments()
    init, apply = net()
    weights = init(jax.random.PRNGKey(seed))

    def answer(weights, images):
        events = apply({"images": images}, weights)
        first = jax.vmap(functools.partial(first_spike, n_outputs=LAYERS[2]))(events["output"])
        return jnp.minimum(first, END)

    def loss(weights, images, labels):
        times = answer(weights, images)
        return optax.softmax_cross_entropy_with_integer_labels(-times / SOFT, labels).mean()

    optimizer = optax.chain(optax.clip(1.0), optax.scale_by_adam())

    @jax.jit
    def step(weights, state, images, labels, rate):
        gradient = jax.tree.map(jnp.nan_to_num, jax.grad(loss)(weights, images, labels))
        change, state = optimizer.update(gradient, state)
        return jax.tree.map(lambda w, c: w - rate * c, weights, change), state

    times, labels = mnist(directory, "train")
    samples = limit or len(times)
    images, labels = spikes(times[:samples]), labels[:samples]
    batches = samples // batch
    order = numpy.random.default_rng(seed)
    state = optimizer.init(weights)
    # Compiles.
    jax.block_until_ready(step(weights, state, images[:batch], labels[:batch], 0.0))

    def train():
        nonlocal weights, state
        for epoch in range(epochs):
            shuffled = order.permutation(samples)
            for number in range(batches):
                chosen = shuffled[number * batch : (number + 1) * batch]
                now = rate(epoch * batches + number, epochs * batches)
                weights, state = step(weights, state, images[chosen], labels[chosen], now)
        jax.block_until_ready(weights)

    cpu_s = timed(train)
    times, labels = mnist(directory, "t10k")
    images, answer = spikes(times), jax.jit(answer)
    right = sum(
        int((answer(weights, images[at : at + 500]).argmin(1) == labels[at : at + 500]).sum())
        for at in range(0, len(times), 500)
    )
    layers_report(importlib.metadata.version("jaxsnn"), cpu_s, epochs * batches * batch, right / len(times))


main()
