"""layers/mnist-100 in SpikingJelly, trained with a surrogate: layers_spikingjelly.py DATA EPOCHS BATCH SEED STEPS LIMIT"""

import importlib.metadata

import torch
from spikingjelly.activation_based import functional, neuron
from spikingjelly.activation_based import surrogate as gradients

from common import LAYERS, WEIGHTS, surrogate, weights


class Net(torch.nn.Module):
    def __init__(self, grid):
        super().__init__()
        self.grid = grid
        self.input = weights(torch.nn.Linear(*LAYERS[:2], bias=False), WEIGHTS[0])
        self.readout = weights(torch.nn.Linear(*LAYERS[1:], bias=False), WEIGHTS[1])
        self.hidden, self.output = self.leaky(), self.leaky()

    def leaky(self):
        # A step adds (current - mem)/tau: this tau makes that exact for a current that stands still.
        return neuron.LIFNode(
            tau=1 / (1 - self.grid.keep), surrogate_function=gradients.ATan(), detach_reset=True, step_mode="m"
        )

    def forward(self, x):
        functional.reset_net(self)
        spikes = self.hidden(self.input(x))
        return self.output(self.grid.pulses(self.readout(spikes))).sum(0)


surrogate(importlib.metadata.version("spikingjelly"), Net)
