"""Handwritten 3 and 6 in 16 bits: the data of the atlas entry, the readout classifier trained on them, and classical
models on the same bits.

Source: Farhi and Neven, arXiv:1802.06002, the section on real data: MNIST's 3 and 6 downsampled to 4 x 4 bits, images
whose bits occur under both labels removed, 16 data qubits and a readout qubit, layers of ZX and XX gates.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.atlas.farhi_neven import Call, descend
from ketwork.checks import check_choice
from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.experiments.data import load
from ketwork.models.readout_qubit import layer_terms, product_values, readout_circuit, readout_observable
from ketwork.optimize import minimize
from ketwork.seeds import spawn

Floats = NDArray[np.float64]
PREPARATIONS = {
    "box": "means of 5 x 5 pixels of the central 20 x 20, in which MNIST's digits lie; 1 above 0.3",
    "sampled": "one pixel in the middle of each 7 x 7, as bilinear shrinking of the whole image gives; 1 above 0.5",
}
LAYERS = "ZXZXZX"
"""Three layers of ZX and three of XX, in turn: 96 weights for 16 bits."""
READOUTS = {"readout qubit, 3 ZX and 3 XX layers": LAYERS, "readout qubit, one ZX layer": "Z"}
"""The readout classifiers by name. The second is the first without its XX gates, which cannot turn a prediction."""
RATE = 0.02
SPREAD = 0.02  # of the angles at the start, in radians
TEST_SHARE = 0.2


@dataclass(frozen=True)
class Digits:
    """bits (N, 16) of 0 and 1, labels (N,): +1 for a 3, -1 for a 6; clear (N,): whether no other image has the same
    bits and the other label."""

    bits: Floats
    labels: Floats
    clear: NDArray[np.bool_]

    @property
    def patterns(self) -> int:
        """How many different bit strings there are."""
        return len(np.unique(self.bits, axis=0))


def load_digits(preparation: str = "box") -> Digits:
    """MNIST's 3 and 6 as bits. preparation: see `PREPARATIONS`. Raises: UserError where MNIST is not there."""
    check_choice("preparation", preparation, PREPARATIONS)
    data = load("mnist")
    chosen = np.isin(data.y, ["3", "6"])
    images = data.X[chosen].reshape(-1, 28, 28)
    if preparation == "box":
        bits = images[:, 4:24, 4:24].reshape(-1, 4, 5, 4, 5).mean((2, 4)) > 0.3
    else:
        bits = images[:, 3::7, 3::7] > 0.5
    return marked(bits.reshape(-1, 16).astype(float), np.where(data.y[chosen] == "3", 1.0, -1.0))


def marked(bits: Floats, labels: Floats) -> Digits:
    """Bit strings with labels -1 and +1, and which of them are clear."""
    _, which = np.unique(bits, axis=0, return_inverse=True)
    up, down = (np.bincount(which, labels == sign) > 0 for sign in (1, -1))
    return Digits(bits, labels, ~(up & down)[which])


def by_product(letters: str) -> Call:
    """<Y> and its gradient by the product formula."""

    def call(weights: Floats, row: Floats) -> tuple[float, Floats]:
        value, slope = product_values(row[None], weights.reshape(len(letters), -1), letters)
        return float(value[0]), slope[0].ravel()

    return call


def by_engine(letters: str, n_data: int = 16) -> Call:
    """<Y> and its gradient from the state of all n_data + 1 qubits."""
    circuit, sums = readout_circuit(n_data, layer_terms(n_data, letters)), [readout_observable(n_data)]
    simulator, one = Simulator(), np.ones((1, 1))

    def call(weights: Floats, row: Floats) -> tuple[float, Floats]:
        value, pull_back = simulator.value_and_pullback(circuit, sums, row[None], weights)
        return float(value[0, 0]), np.asarray(pull_back(one).w, float)

    return call


def told(bits: Floats, weights: Floats, letters: str) -> Floats:
    """The predicted labels +1 and -1 of bit strings."""
    values, _ = product_values(bits, weights.reshape(len(letters), -1), letters)
    return np.where(values > 0, 1.0, -1.0)


def split(digits: Digits, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Images to learn from (clear ones alone), clear images to test on, and all images of the test part."""
    order = rng.permutation(len(digits.labels))
    test, rest = np.split(order, [round(TEST_SHARE * len(order))])
    return rest[digits.clear[rest]], test[digits.clear[test]], test


def learn_digits(preparation: str, seed: int) -> dict[str, Any]:
    """Test errors of every model on one random split: on clear images, and on all of them. Every model is fitted once,
    untuned; the readout classifier passes once over the training images, one a step."""
    draw, start, order = spawn(seed, 3)
    digits = load_digits(preparation)
    learn, clear, every = split(digits, draw)
    bits, labels = digits.bits, digits.labels
    rows = order.permutation(learn)
    guesses: dict[str, tuple[int, Floats]] = {}
    for name, letters in READOUTS.items():
        first = start.normal(0.0, SPREAD, 16 * len(letters))
        weights, losses = descend(by_product(letters), bits, labels, first, rows, RATE)
        guesses[name] = (first.size, told(bits, weights, letters))
        if letters == LAYERS:
            curve = losses
    guesses["random angles, untrained"] = (0, told(bits, start.uniform(-np.pi, np.pi, 16 * len(LAYERS)), LAYERS))
    for name, (size, model) in classical_models(seed).items():
        guesses[name] = (size, model.fit(bits[learn], labels[learn]).predict(bits))
    block = max(1, len(curve) // 40)
    return {
        "errors": {name: [float(np.mean(said[part] != labels[part])) for part in (clear, every)]
                   for name, (_, said) in guesses.items()},
        "parameters": {name: size for name, (size, _) in guesses.items()},
        "images": len(labels), "clear": int(digits.clear.sum()), "patterns": digits.patterns,
        "seen": float(np.isin(codes(bits[clear]), codes(bits[learn])).mean()),
        "curve": [float(np.mean(curve[k : k + block])) for k in range(0, len(curve) - block + 1, block)],
        "block": block, "training": len(learn), "test": len(clear),
    }  # fmt: skip


def codes(bits: Floats) -> NDArray[np.int64]:
    """Bit strings as numbers, bit 0 most significant."""
    return (bits @ 2.0 ** np.arange(bits.shape[1] - 1, -1, -1)).astype(np.int64)


def classical_models(seed: int) -> dict[str, tuple[int, Any]]:
    """Classical models on the same bits, with their numbers of parameters (of the neighbours: none)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier

    return {
        "logistic regression": (17, LogisticRegression(max_iter=2000)),
        "network with 5 hidden units": (91, MLPClassifier((5,), max_iter=400, random_state=seed)),
        "nearest neighbour": (0, KNeighborsClassifier(1)),
    }


def on_engine(preparation: str, seed: int, steps: int) -> dict[str, Any]:
    """The first steps of `learn_digits` again, on states of all 17 qubits, beside the product formula: by how much the
    weights and the predictions differ, and the time of both."""
    draw, start, order = spawn(seed, 3)
    digits = load_digits(preparation)
    learn, clear, _ = split(digits, draw)
    rows, first = order.permutation(learn)[:steps], start.normal(0.0, SPREAD, 16 * len(LAYERS))
    found, seconds = [], []
    for call in (by_engine(LAYERS), by_product(LAYERS)):
        call(first, digits.bits[0])
        began = time.perf_counter()
        found.append(descend(call, digits.bits, digits.labels, first, rows, RATE)[0])
        seconds.append((time.perf_counter() - began) / len(rows))
    shown, counts = np.unique(digits.bits[clear], axis=0, return_counts=True)
    circuit = readout_circuit(16, layer_terms(16, LAYERS))
    state = Simulator().expectation(circuit, readout_observable(16), shown, found[0])[:, 0]
    product, _ = product_values(shown, found[0].reshape(len(LAYERS), -1), LAYERS)
    marks = digits.labels[clear][np.unique(codes(digits.bits[clear]), return_index=True)[1]]
    return {
        "steps": len(rows), "weights": float(np.abs(found[0] - found[1]).max()),
        "values": float(np.abs(state - product).max()), "patterns": len(shown),
        "error": float(np.sum(counts * (state * marks <= 0)) / counts.sum()), "step_seconds": seconds,
    }  # fmt: skip


def superpositions(preparation: str, seed: int, steps: int) -> dict[str, Any]:
    """Learning from two states, the superpositions of all training images of a label, by L-BFGS; tested on images.

    Amplitudes are the square roots of how often a bit string occurs, so that the state's <Y> is the mean over the
    images as long as all gates are diagonal in the bits.
    """
    draw, start, _ = spawn(seed, 3)
    digits = load_digits(preparation)
    learn, clear, _ = split(digits, draw)
    simulator, readout, one = Simulator(), [readout_observable(16)], np.ones((1, 1))
    found: dict[str, Any] = {}
    for name, letters in READOUTS.items():
        body = readout_circuit(16, layer_terms(16, letters), from_bits=False)
        pair = [
            (sign, Circuit(17).prepare(range(17), superposed(digits.bits[learn[digits.labels[learn] == sign]])) + body)
            for sign in (1.0, -1.0)
        ]

        def loss(weights: Floats, pair: Any = pair) -> tuple[float, Floats]:
            total, slope = 1.0, np.zeros(len(weights))
            for sign, circuit in pair:
                value, pull_back = simulator.value_and_pullback(circuit, readout, None, weights)
                total -= sign * float(value[0, 0]) / 2
                slope -= sign * np.asarray(pull_back(one).w, float) / 2
            return total, slope

        first = start.normal(0.0, SPREAD, 16 * len(letters))
        weights = np.asarray(minimize(loss, first, "l-bfgs", steps).params, float)
        means = [product_values(digits.bits[learn[digits.labels[learn] == sign]], weights.reshape(len(letters), -1),
                                letters)[0].mean() for sign in (1, -1)]  # fmt: skip
        found[name] = {
            "loss": loss(weights)[0], "image_loss": float(1 - (means[0] - means[1]) / 2),
            "error": float(np.mean(told(digits.bits[clear], weights, letters) != digits.labels[clear])),
        }  # fmt: skip
    return found


def superposed(bits: Floats) -> NDArray[np.complex128]:
    """The state (2^(n + 1),) of bit strings (B, n), each as often as it occurs, and the readout, last, in |1>."""
    state = np.zeros(2 << bits.shape[1], complex)
    places, counts = np.unique(codes(bits), return_counts=True)
    state[2 * places + 1] = np.sqrt(counts / len(bits))
    return state
