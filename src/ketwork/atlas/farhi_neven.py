"""Boolean functions on a readout qubit, written down and learned: the first part of the atlas entry.

Source: Farhi and Neven, "Classification with Quantum Neural Networks on Near Term Processors", arXiv:1802.06002. What
is said of it here was read in its abstract or is recalled; the text itself could not be read.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.engine.simulator import Simulator
from ketwork.models.boolean_circuits import all_bits, boolean_circuit, reed_muller
from ketwork.models.readout_qubit import layer_terms, readout_circuit, readout_observable
from ketwork.operators.pauli import PauliSum
from ketwork.seeds import generator, spawn

Floats = NDArray[np.float64]
Call = Callable[[Floats, Floats], tuple[float, Floats]]
"""From weights (P,) and one bit string (n,) to <Y> and its gradient (P,)."""

FLOOR = 0.01  # of the squared gradient in a step
RATE = 0.3
LABELS = ("parity", "majority")


def descend(
    call: Call, rows: Floats, labels: Floats, start: Floats, order: NDArray[np.int64], rate: float
) -> tuple[Floats, list[float]]:
    """Weights and the losses 1 - l <Y> on the way, one sample a step, in this order.

    A step of rate 1 would bring the loss of its sample to 0 if <Y> were linear in the weights; the rate is less. Where
    the gradient all but vanishes that step would be any length, hence its floor.
    Source: Farhi and Neven, arXiv:1802.06002, the section on learning, as recalled.
    """
    weights, losses = start.copy(), []
    for k in order:
        value, slope = call(weights, rows[k])
        loss = 1 - labels[k] * value
        weights += rate * loss * labels[k] * slope / max(float(slope @ slope), FLOOR)
        losses.append(float(loss))
    return weights, losses


def represent(count: int, seed: int) -> dict[str, Any]:
    """Random Boolean functions of 4, 5 and 6 bits as circuits: how far <Z> and <Y> of the readout are from the label
    on any bit string, and what the circuits cost."""
    rng, worst, monomials, gates = generator(seed), 0.0, [], []
    for k in range(count):
        n = 4 + k % 3
        table = rng.integers(0, 2, 1 << n)
        for letter in "ZY":
            circuit = boolean_circuit(table, letter)
            said = Simulator().expectation(circuit, PauliSum.from_dict({"I" * n + letter: 1.0}), all_bits(n))[:, 0]
            worst = max(worst, float(np.abs(said - (1 - 2 * table)).max()))
        monomials.append(int(reed_muller(table).sum()))
        gates.append(circuit.two_qubit_count())
    return {"functions": count, "worst": worst, "monomials": monomials, "gates": gates}


def subset_of(label: str, n: int, rng: np.random.Generator) -> list[int]:
    """A random subset of the bits: two or more for a parity, an odd number, three or more, for a majority."""
    sizes = range(2, n + 1) if label == "parity" else range(3, n + 1, 2)
    return sorted(rng.permutation(n)[: int(rng.choice(list(sizes)))].tolist())


def labels_of(label: str, bits: Floats, subset: list[int]) -> Floats:
    """Labels of bit strings (B, n): +1 where the subset's bits hold an even number of 1, or more 0 than 1; else -1."""
    signs = 1 - 2 * bits[:, subset]
    found: Floats = signs.prod(axis=1) if label == "parity" else np.sign(signs.sum(axis=1))
    return found


def learn_boolean(label: str, n: int, seed: int, most: int = 20_000) -> dict[str, Any]:
    """Learn a subset parity or majority of n bits from single random samples, at most so many, until every bit string
    is told right; looked at every 50 samples.

    A ZX gate between each bit and the readout, and a turn of the readout: n + 1 weights. They start anywhere for a
    parity, near 0 for a majority.
    """
    draw, start, order, other = spawn(seed, 4)
    subset, bits = subset_of(label, n, draw), all_bits(n)
    labels = labels_of(label, bits, subset)
    terms = (*layer_terms(n, "Z"), "I" * n)
    circuit, readout = readout_circuit(n, terms), [readout_observable(n)]
    simulator, one = Simulator(), np.ones((1, 1))

    def call(weights: Floats, row: Floats) -> tuple[float, Floats]:
        value, pull_back = simulator.value_and_pullback(circuit, readout, row[None], weights)
        return float(value[0, 0]), np.asarray(pull_back(one).w, float)

    def judged(weights: Floats) -> tuple[float, float]:
        said = simulator.expectation(circuit, readout, bits, weights)[:, 0]
        return float(np.mean(said * labels <= 0)), float(np.mean(1 - said * labels))

    wide = label == "parity"
    weights = start.uniform(-np.pi / 2, np.pi / 2, n + 1) if wide else start.normal(0.0, 0.1, n + 1)
    history = [judged(weights)]
    seen = 0
    while history[-1][0] > 0 and seen < most:
        weights, _ = descend(call, bits, labels, weights, order.integers(1 << n, size=50), RATE)
        seen += 50
        history.append(judged(weights))
    errors, losses = map(list, zip(*history, strict=True))
    row = {} if label == "majority" else {"elimination": eliminated(bits, labels, other)}
    return {
        **row, "label": label, "bits": n, "subset": subset, "samples": seen, "error": errors[-1], "errors": errors,
        "losses": losses, "classical": classical_errors(bits, labels, seed),
    }  # fmt: skip


def eliminated(bits: Floats, labels: Floats, rng: np.random.Generator) -> dict[str, Any]:
    """A parity by elimination modulo 2: single random samples until their bits determine the subset, how many these
    were, and the error on all bit strings of what is then known."""
    n, pivots, seen = bits.shape[1], np.zeros((0, bits.shape[1] + 1), bool), 0
    while len(pivots) < n:
        k, seen = int(rng.integers(len(bits))), seen + 1
        row = np.append(bits[k] == 1, labels[k] < 0)
        for pivot in pivots:
            row = row ^ (pivot & row[np.argmax(pivot)])
        if row[:n].any():
            first = np.argmax(row)
            pivots = np.concatenate([pivots ^ (row & pivots[:, first, None]), row[None]])
    subset = np.zeros(n, bool)
    subset[np.argmax(pivots, axis=1)] = pivots[:, n]
    told = 1 - 2 * (bits[:, subset].sum(axis=1) % 2)
    return {"samples": seen, "error": float(np.mean(told != labels))}


def classical_errors(bits: Floats, labels: Floats, seed: int) -> dict[str, float]:
    """Errors, on the whole table that they are given, of logistic regression and of a small network."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    models = {
        "logistic regression": LogisticRegression(C=100.0, max_iter=2000),
        "network with 8 hidden units": MLPClassifier((8,), solver="lbfgs", max_iter=2000, random_state=seed),
    }
    return {name: float(1 - model.fit(bits, labels).score(bits, labels)) for name, model in models.items()}


def parity_slopes(widths: tuple[int, ...], draws: int, seed: int) -> dict[str, Any]:
    """How much the mean of l <Y> over all bit strings moves with random weights, for parities of n bits: its root mean
    square, on the engine, beside 2^(-(n + 1) / 2), which is exact for angles anywhere."""
    measured = []
    rng = generator(seed)
    for n in widths:
        bits = all_bits(n)
        labels = labels_of("parity", bits, list(range(n)))
        circuit, readout = readout_circuit(n, (*layer_terms(n, "Z"), "I" * n)), [readout_observable(n)]
        weights = rng.uniform(-np.pi / 2, np.pi / 2, (draws, n + 1))
        means = [float(np.mean(labels * Simulator().expectation(circuit, readout, bits, row)[:, 0])) for row in weights]
        measured.append(float(np.sqrt(np.mean(np.square(means)))))
    return {"widths": list(widths), "measured": measured, "closed": [2 ** (-(n + 1) / 2) for n in widths]}
