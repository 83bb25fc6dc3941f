"""NEURON: artificial cells with its event queue, no grid.

Its IntFire1 resets to 0 only, so a cell of our own (`intfire_reset.mod`, the same otherwise) is compiled first.
"""

import pathlib
import subprocess
import sys

import numpy as np
from common import BRUNEL, SPARSE, arguments, report, timed


def compiled():
    """NEURON with our cell, compiled in the current folder."""
    source = pathlib.Path(__file__).parent / "intfire_reset.mod"
    pathlib.Path("intfire_reset.mod").write_text(source.read_text())
    tool = pathlib.Path(sys.executable).parent / "nrnivmodl"
    subprocess.run([tool, "."], check=True, capture_output=True)
    import neuron

    if not hasattr(neuron.h, "IntFireReset"):
        neuron.load_mechanisms(".")
    return neuron


class Cells:
    def __init__(self, neuron, n, seed, tau, refractory, reset):
        self.neuron, self.h = neuron, neuron.h
        self.seed = seed
        self.cells, self.kept = [], []
        self.times, self.ids = self.h.Vector(), self.h.Vector()
        for _ in range(n):
            cell = self.h.IntFireReset()
            cell.tau, cell.refrac, cell.reset = tau, refractory, reset
            self.cells.append(cell)

    def noise(self, interval, weight):
        """A Poisson train of its own for every cell."""
        for index, cell in enumerate(self.cells):
            noise = self.h.NetStim()
            noise.interval, noise.number, noise.start, noise.noise = interval, 1e9, 0.0, 1.0
            noise.noiseFromRandom123(index, self.seed, 0)
            outside = self.h.NetCon(noise, cell)
            outside.weight[0], outside.delay = weight, 0.0
            self.kept += [noise, outside]

    def connect(self, pre, post, weight, delays):
        cells, con = self.cells, self.h.NetCon
        for source, target, delay in zip(pre.tolist(), post.tolist(), delays):
            connection = con(cells[source], cells[target])
            connection.weight[0], connection.delay = weight, delay
            self.kept.append(connection)

    def run(self, counted, seconds):
        h = self.h
        for index in range(counted):
            recorder = h.NetCon(self.cells[index], None)
            recorder.record(self.times, self.ids, index)
            self.kept.append(recorder)
        h.load_file("stdrun.hoc")
        # Nothing but events: the step between two looks at the queue has no influence on the result.
        h.dt = 10.0
        h.finitialize(0)
        cpu_s = timed(lambda: self.neuron.h.continuerun(1000.0 * seconds))
        report(self.neuron.__version__, cpu_s, len(self.times) / counted / seconds)


def brunel(sizes, seed):
    n_e, n_i, c_e, c_i, seconds = sizes
    n = n_e + n_i
    rng = np.random.default_rng(seed)
    cells = Cells(compiled(), n, seed, 20.0, 2.0, 0.5)
    cells.noise(0.05, 0.1 / 20.0)
    for first, count, degree, weight in ((0, n_e, c_e, 0.1), (n_e, n_i, c_i, -0.5)):
        pre = first + rng.integers(0, count, n * degree)
        cells.connect(pre, np.repeat(np.arange(n), degree), weight / 20.0, [1.5] * (n * degree))
    cells.run(n_e, seconds)


def sparse(sizes, seed):
    n, degree, seconds = sizes
    rng = np.random.default_rng(seed)
    cells = Cells(compiled(), n, seed, 9.41, 0.0, 0.0)
    cells.noise(1000.0, 1000.0 / 250.0)
    pre, post = np.repeat(np.arange(n), degree), rng.integers(0, n, n * degree)
    cells.connect(pre, post, 1.0 / 250.0, rng.uniform(1.0, 10.0, n * degree).tolist())
    cells.run(n, seconds)


if __name__ == "__main__":
    name, number = arguments()
    if name == "brunel":
        raise SystemExit("15.6 million connections are more than it can hold here; run brunel-small")
    if name in BRUNEL:
        brunel(BRUNEL[name], number)
    else:
        sparse(SPARSE[name], number)
