"""Writes the weights of a NIR graph as plain text: one line `node shape...`, then one line of its values.

    python3 nir_weights.py GRAPH.nir WEIGHTS.txt

Needs h5py. Refuses what the test that reads the text does not know: a bias, or a neuron that is not an integrator of
r = 1 with threshold 1. Values are the exact decimal of the single precision numbers in the graph.
"""

import sys

import h5py

NEURON = "IF"


def main(graph, text):
    with h5py.File(graph) as file, open(text, "w") as out:
        nodes = file["node/nodes"]
        for name in sorted((name for name in nodes if name.isdigit()), key=int):
            node = nodes[name]
            kind = node["type"][()].decode()
            if kind == NEURON and not (all(node["r"][()].ravel() == 1) and all(node["v_threshold"][()].ravel() == 1)):
                sys.exit(f"node {name} is no integrator of threshold 1")
            if "bias" in node and any(node["bias"][()].ravel() != 0):
                sys.exit(f"node {name} has a bias")
            if "weight" in node:
                weight = node["weight"][()]
                print(name, *weight.shape, file=out)
                print(*(repr(float(value)) for value in weight.ravel()), file=out)


if __name__ == "__main__":
    main(*sys.argv[1:])
