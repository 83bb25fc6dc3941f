"""layers/mnist-100 in snnTorch, trained with a surrogate: layers_snntorch.py DATA EPOCHS BATCH SEED STEPS LIMIT"""

import importlib.metadata

import snntorch
import torch

from common import LAYERS, WEIGHTS, surrogate, weights


class Net(torch.nn.Module):
    def __init__(self, grid):
        super().__init__()
        self.grid = grid
        self.input = weights(torch.nn.Linear(*LAYERS[:2], bias=False), WEIGHTS[0])
        self.readout = weights(torch.nn.Linear(*LAYERS[1:], bias=False), WEIGHTS[1])
        self.hidden, self.output = self.leaky(), self.leaky()

    def leaky(self):
        return snntorch.Leaky(
            self.grid.keep, spike_grad=snntorch.surrogate.atan(), reset_mechanism="zero", reset_delay=False
        )

    def run(self, layer, currents):
        """All steps of a layer: what it hears does not depend on what it says."""
        mem, spikes = layer.init_leaky(), []
        for current in (1 - self.grid.keep) * currents:
            spike, mem = layer(current, mem)
            spikes.append(spike)
        return torch.stack(spikes)

    def forward(self, x):
        spikes = self.run(self.hidden, self.input(x))
        return self.run(self.output, self.grid.pulses(self.readout(spikes))).sum(0)


surrogate(importlib.metadata.version("snntorch"), Net)
