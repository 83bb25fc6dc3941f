"""Layers that learn from arrays."""

from __future__ import annotations

import pickle
import shutil
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
    ("classes beyond int64", X, np.full(30, 2**64 - 1, dtype=np.uint64), r"18446744073709551615; .*2\^63"),
    ("samples of nothing", X[:, :0], Y, "allowed: numbers of"),
    ("no pairs", [1, 2, 3], None, "allowed: pairs of a sample and its class"),
    ("masked", np.ma.masked_array(X, X > 0.9), Y, "masked"),
    ("out of range", 100 * X, Y, "^error: train.npz.*"),
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
    for wrong in ({"epochs": 1.5}, {"rate": "fast"}, {"rate": np.nan}, {"batch": 0}, {"validation": 2}, {"test": X}, {"test": (X,)}):
        with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` is .*allowed"):
            Layers([5, 3]).fit(X, Y, **wrong)
    with pytest.raises(ValueError, match="`levels` is 0; allowed"):
        Layers([5, 3], synapse="ag-tio2-pt-rs-analog", levels=0)


def test_samples_to_be_tested_need_not_have_every_class() -> None:
    layers = Layers([5, 3]).fit(X, Y, epochs=2)
    each = [layers.evaluate(X[k : k + 1], Y[k : k + 1]).accuracy for k in range(6)]
    assert set(each) <= {0.0, 1.0}
    assert layers.evaluate(X[:6], Y[:6]).accuracy == pytest.approx(np.mean(each))
    assert layers.evaluate(X[:6], Y[:6]).outputs is None


def test_what_is_refused_leaves_what_was_learned() -> None:
    layers = Layers([5, 3]).fit(X, Y, epochs=1)
    before = [weights.copy() for weights in layers.weights]
    for x, y in ((X, Y + 7), (X, Y / 2.0), (np.full_like(X, np.nan), Y)):
        with pytest.raises(ValueError):
            layers.fit(x, y, epochs=1)
    assert all(np.array_equal(one, other) for one, other in zip(before, layers.weights))
    shutil.rmtree(layers.result.path)
    with pytest.raises(FileNotFoundError, match="is gone"):
        layers.evaluate(X, Y)


def means(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a microampere gives that begins when the spike of a value comes: the mean of the membrane over 20 ms in thresholds.

    V = w R (1 - e^(-s/tau)) at s after the spike, which comes at (1 - x) 9.4 ms; 1 uA into 250 kOhm is 0.25 V, the threshold.
    """
    left, tau = 20 - 9.4 * (1 - x), 9.41
    return (left - tau * (1 - np.exp(-left / tau))) / 20


WEIGHTS = np.array([[0.5, -0.4], [-0.3, 0.8], [0.7, 0.2]])


def test_numbers_of_a_layer_whose_weights_are_known_are_learned() -> None:
    x = np.random.default_rng(1).uniform(0.1, 1, (300, 3))
    wanted = means(x) @ WEIGHTS
    layers = Layers([2], loss="mean_voltage").fit(x[:200], wanted[:200], test=(x[200:], wanted[200:]), epochs=30, batch=16, rate=0.05)
    tested = layers.evaluate(x[200:], wanted[200:])
    assert layers.weights[0] * 1e6 == pytest.approx(WEIGHTS, abs=1e-3)
    assert tested.outputs is not None and tested.rms_error is not None
    assert tested.outputs == pytest.approx(wanted[200:], abs=1e-4)
    assert tested.rms_error.shape == (2,) and tested.rms_error.max() < 1e-4
    assert tested.accuracy == layers.result.accuracy["test"] > 0.9999
    assert "R^2 1.0000" in repr(layers.result)
    pytest.importorskip("matplotlib").use("Agg")
    drawn = layers.result.plot.accuracy()
    assert drawn.get_ylabel() == "R^2" and [len(line.get_xdata()) for line in drawn.lines] == [30, 30]
    # One sample, whose numbers have no variance, is answered all the same.
    one = layers.evaluate(x[:1], wanted[:1])
    assert one.outputs == pytest.approx(wanted[:1], abs=1e-4)
    again: Layers = pickle.loads(pickle.dumps(layers))
    assert np.array_equal(again.evaluate(x[200:], wanted[200:]).outputs, tested.outputs)  # type: ignore[arg-type]


def test_one_number_of_each_sample_is_a_column_or_a_row() -> None:
    x = np.random.default_rng(2).uniform(0.1, 1, (60, 3))
    wanted = means(x) @ WEIGHTS[:, 0]
    one, other = (Layers([4, 1], loss="mean_voltage").fit(x, y, epochs=2) for y in (wanted, wanted.astype(">f4").astype(float)[:, None]))
    assert one.evaluate(x, wanted).outputs.shape == (60, 1)  # type: ignore[union-attr]
    assert other.result.accuracy["test"] == pytest.approx(one.result.accuracy["test"], rel=1e-3)
    # Classes are learned by membranes too.
    assert Layers([3], loss="mean_voltage").fit(X, Y, epochs=40, rate=0.05).evaluate(X, Y).accuracy > 0.9


NUMBERS = X[:, :3, 0]


def test_numbers_that_cannot_be_learned_are_refused() -> None:
    def layers(*sizes: int) -> Layers:
        return Layers(sizes, loss="mean_voltage")

    with pytest.raises(ValueError, match='float64, and the loss `first_spike` learns classes; allowed: .* 0 to 2, or .*loss="mean_voltage"'):
        Layers([5, 3]).fit(X, NUMBERS)
    with pytest.raises(ValueError, match=r"targets are \(30, 3\), and the last layer has 2 neurons; allowed: .*\(30, 2\)"):
        layers(2).fit(X, NUMBERS)
    with pytest.raises(ValueError, match=r"targets are \(30,\), and the last layer has 3"):
        layers(3).fit(X, NUMBERS[:, 0])
    with pytest.raises(ValueError, match=r"float64 of \(29, 3\)"):
        layers(3).fit(X, NUMBERS[:-1])
    with pytest.raises(ValueError, match=r"what is wanted of sample 0 has inf at \(0,\); allowed: finite"):
        layers(3).fit(X, NUMBERS * np.inf)
    with pytest.raises(ValueError, match="complex128"):
        layers(3).fit(X, NUMBERS * 1j)
    with pytest.raises(ValueError, match="target 0 is the same of all training samples"):
        layers(3).fit(X, np.ones((30, 3)))
    with pytest.raises(ValueError, match="targets to be tested are int64.*allowed: classes or numbers, of both"):
        layers(3).fit(X, NUMBERS, test=(X, Y))
    with pytest.raises(ValueError, match="have learned numbers, and `y` are classes"):
        layers(3).fit(X, NUMBERS, epochs=1).evaluate(X, Y)
    with pytest.raises(ValueError, match="have learned classes, and `y` are numbers"):
        Layers([5, 3]).fit(X, Y, epochs=1).evaluate(X, NUMBERS)
