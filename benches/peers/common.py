"""What the scripts of all simulators share: sizes, data, training with a surrogate, and how a run is reported."""

import contextlib
import gzip
import json
import math
import os
import pathlib
import resource
import subprocess
import sys
import time

#: excitatory and inhibitory neurons, in-degrees, seconds
BRUNEL = {"brunel": (10_000, 2_500, 1000, 250, 1.0), "brunel-small": (2_000, 500, 200, 50, 0.2)}
#: neurons, out-degree, seconds
SPARSE = {"sparse": (100_000, 100, 1.0), "sparse-tenth": (10_000, 100, 1.0)}

#: of scenarios/layers/mnist-100: neurons, times in ms, mean and spread of the initial weights in thresholds
LAYERS = (784, 100, 10)
TAU_M, LATEST, PRESENTATION, PULSE = 9.41, 9.4, 20.0, 8.65
WEIGHTS = ((0.015, 0.03), (0.1, 0.1))
RATE, RATE_FINAL = 5e-3, 5e-5


def arguments():
    return sys.argv[1], int(sys.argv[2])


@contextlib.contextmanager
def alone():
    """Runs the commands PEERS_BEFORE and PEERS_AFTER, if there are any, around what is timed: to make room on a
    machine that does other things."""
    for_now = {when: os.environ.get(f"PEERS_{when}") for when in ("BEFORE", "AFTER")}
    if for_now["BEFORE"]:
        subprocess.run(for_now["BEFORE"], shell=True, check=False)
    try:
        yield
    finally:
        if for_now["AFTER"]:
            subprocess.run(for_now["AFTER"], shell=True, check=False)


def timed(run):
    """CPU seconds of all threads of this process in `run`."""
    with alone():
        before = time.process_time()
        run()
        return time.process_time() - before


def report(version, cpu_s, rate_hz, peak_bytes=None):
    if peak_bytes is None:
        peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"version": version, "cpu_s": cpu_s, "rate_hz": rate_hz, "peak_bytes": peak_bytes}))


def layers_arguments():
    """Directory of the data, epochs, batch, seed, steps of the grid, and how many of the training images."""
    return sys.argv[1], *(int(value) for value in sys.argv[2:7])


def mnist(directory, which):
    """When each pixel comes on, in ms (never: infinity), and labels. The encoding of scenarios/layers/mnist-100."""
    import numpy

    def idx(name, offset):
        path = pathlib.Path(directory) / name
        data = path.read_bytes() if path.exists() else gzip.decompress(pathlib.Path(f"{path}.gz").read_bytes())
        return numpy.frombuffer(data, numpy.uint8, offset=offset)

    bright = idx(f"{which}-images-idx3-ubyte", 16).reshape(-1, LAYERS[0]).astype(numpy.float32) / 255
    times = numpy.where(bright > 0.079, LATEST * (1 - bright), numpy.inf).astype(numpy.float32)
    return times, idx(f"{which}-labels-idx1-ubyte", 8).astype(numpy.int64)


def rate(step, steps):
    """Half a cosine, as in memspike."""
    return RATE_FINAL + (RATE - RATE_FINAL) * (1 + math.cos(math.pi * step / steps)) / 2


class Grid:
    """What a step of the grid does to a membrane: mem = keep mem + (1 - keep) current."""

    def __init__(self, steps):
        self.steps, self.step = steps, PRESENTATION / steps
        self.keep = math.exp(-self.step / TAU_M)
        self.pulse = round(PULSE / self.step)

    def pulses(self, current):
        """A current that each spike leaves on for `pulse` steps; steps x batch x neurons."""
        import torch

        total = current.cumsum(0)
        return torch.cat([total[: self.pulse], total[self.pulse :] - total[: -self.pulse]])


def weights(linear, distribution):
    import torch

    torch.nn.init.normal_(linear.weight, *distribution)
    return linear


def surrogate(version, make):
    """Trains the net that `make(grid)` gives with PyTorch; it takes steps x batch x 784 and gives spike counts."""
    import numpy
    import torch

    directory, epochs, batch, seed, steps, limit = layers_arguments()
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    grid = Grid(steps)
    data = {}
    for which in ("train", "t10k"):
        times, labels = mnist(directory, which)
        # The first step at whose start the pixel is on; 255: never.
        first = numpy.where(numpy.isinf(times), 255, numpy.ceil(times / grid.step)).astype(numpy.uint8)
        data[which] = torch.from_numpy(first), torch.from_numpy(labels)
    now = torch.arange(steps, dtype=torch.uint8)[:, None, None]
    net = make(grid)
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    images, labels = data["train"]
    samples = limit or len(images)
    batches = samples // batch

    def train():
        for epoch in range(epochs):
            order = torch.randperm(samples)
            for number in range(batches):
                chosen = order[number * batch : (number + 1) * batch]
                for group in optimizer.param_groups:
                    group["lr"] = rate(epoch * batches + number, epochs * batches)
                counts = net((images[chosen] <= now).float())
                loss = torch.nn.functional.cross_entropy(counts, labels[chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    cpu_s = timed(train)
    images, labels = data["t10k"]
    with torch.no_grad():
        right = sum(
            (net((images[at : at + 500] <= now).float()).argmax(1) == labels[at : at + 500]).sum().item()
            for at in range(0, len(images), 500)
        )
    layers_report(version, cpu_s, epochs * batches * batch, right / len(images))


def layers_report(version, cpu_s, samples, accuracy):
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({
        "version": version, "cpu_s": cpu_s, "samples": samples, "accuracy": accuracy, "peak_bytes": peak_bytes,
    }))
