"""Layers that learn from arrays."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from memspike import Layers
from numpy.typing import NDArray

pytestmark = pytest.mark.filterwarnings("ignore::memspike.MemspikeWarning")

Pairs = tuple[NDArray[Any], NDArray[Any]]


def bars(count: int, seed: int) -> Pairs:
    """Images of 6 x 6 in which one of three bars is bright."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % 3
    x = rng.uniform(0, 0.2, (count, 6, 6))
    x[np.arange(count), 2 * y] = rng.uniform(0.7, 1, (count, 6))
    return x, y


@pytest.fixture(scope="module")
def trained() -> Layers:
    return Layers([20, 3], synapse="ag-tio2-pt-rs-analog", levels=32, spread=0.03).fit(*bars(240, 1), test=bars(60, 2), epochs=6)


def test_they_learn_and_are_tested_on_other_samples(trained: Layers) -> None:
    tested = trained.evaluate(*bars(90, 3))
    assert tested.accuracy > 0.95
    # With the weights that they had: the samples of the end of the training give what they gave then.
    again = trained.evaluate(*bars(60, 2))
    assert again.accuracy == trained.result.accuracy["test"]
    assert tested.joules["total"] > 0 and again.joules["total"] == pytest.approx(trained.result.energy["total"] / 60, rel=1e-9)


def test_weights_are_those_that_are_tested(trained: Layers) -> None:
    first, second = trained.weights
    assert first.shape == (36, 20) and second.shape == (20, 3)
    tested = trained.evaluate(*bars(30, 4))
    assert all(np.array_equal(tested.result.weights[f"w{k}"], w) for k, w in enumerate((first, second), 1))


def test_programming_costs_what_its_spread_costs(trained: Layers) -> None:
    near = trained.program(*bars(60, 2), draws=4)
    assert near.draws == 4 and near.ideal == trained.result.accuracy["test"] and near.read_joules > 0
    assert near.mean > 0.9 and near.sd < 0.1
    far = trained.program(*bars(60, 2), spread=1.5, draws=4)
    assert far.mean < near.mean


def test_bytes_reals_and_iterables_are_the_same_samples() -> None:
    x, y = bars(60, 5)
    bytes_ = np.round(255 * x).astype(np.uint8)

    def pairs() -> Iterator[tuple[NDArray[Any], int]]:
        yield from zip(bytes_ / 255, y.tolist())

    prints = []
    for given in ((bytes_, y), (bytes_ / 255, y.tolist()), (list(bytes_), list(y)), (pairs(), None)):
        layers = Layers([5, 3]).fit(*given, epochs=1, seed=2)
        prints.append(layers.result.accuracy["test"])
        fingerprint = layers.result.fingerprint
    assert len(set(prints)) == 1 and len(fingerprint) == 32


def test_the_seed_is_all_that_they_depend_on() -> None:
    x, y = bars(60, 5)
    one, other = (Layers([5, 3]).fit(x, y, epochs=1, seed=3, threads=threads) for threads in (1, 2))
    assert one.result.fingerprint == other.result.fingerprint
    again: Layers = pickle.loads(pickle.dumps(one))
    assert again.evaluate(x, y).accuracy == one.evaluate(x, y).accuracy


X, Y = bars(30, 6)
WRONG: list[tuple[str, Any, Any, str]] = [
    ("fewer classes", X, Y[:-1], r"classes are int64 of \(29,\); allowed: .* 30 samples"),
    ("classes of reals", X, Y / 1.0, "float64"),
    ("a class too high", X, Y + 1, "sample 2 is of class 3, .* allowed: 0 to 2"),
    ("a negative class", X, Y - 1, "class -1"),
    ("texts", X.astype(str), Y, "allowed: numbers"),
    ("no samples", X[:0], Y[:0], r"\(0, 6, 6\)"),
    ("numbers alone", np.arange(3.0), np.arange(3), r"allowed: numbers of \(samples, ...\)"),
    ("shapes", [np.ones(3), np.ones(4)], [0, 1], "allowed: one shape"),
    ("NaN", np.where(X == X.max(), np.nan, X), Y, "allowed: finite"),
]


@pytest.mark.parametrize(("x", "y", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_samples_that_are_none_are_refused(x: Any, y: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Layers([5, 3]).fit(x, y, epochs=1)


def test_what_has_no_meaning_is_refused() -> None:
    with pytest.raises(ValueError, match="after `fit`"):
        Layers([5, 3]).evaluate(X, Y)
    with pytest.raises(ValueError, match="with `synapse`"):
        Layers([5, 3], levels=4)
    with pytest.raises(ValueError, match="`sizes` is empty"):
        Layers([])
    with pytest.raises(ValueError, match="no devices"):
        Layers([5, 3]).fit(X, Y, epochs=1).program(X, Y)
    with pytest.raises(ValueError, match="allowed: one shape"):
        Layers([5, 3]).fit(X, Y, test=(X[:, :5], Y), epochs=1)
    with pytest.raises(ValueError, match="epochs"):
        Layers([5, 3]).fit(X, Y, epochs=0)
