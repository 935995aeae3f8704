"""Likings of restaurant reviews by a variational circuit under several optimisers: what an atlas run computes.

Source: Joshi, Katyayan and Ahmed, "Evaluating the Performance of Some Local Optimizers for Variational Quantum
Classifiers", arXiv:2102.08949. What is said of it here is of its abstract; the text itself could not be read.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice
from ketwork.engine.simulator import Simulator
from ketwork.experiments.text import TextFeatures
from ketwork.experiments.text_data import restaurant_reviews
from ketwork.models.classifier import VariationalClassifier
from ketwork.models.encoding import Encoding
from ketwork.models.feature_maps import zz_feature_map
from ketwork.models.readout import parity_projectors
from ketwork.optimize.quantum_gradient import by_shifts
from ketwork.seeds import generator

Floats = NDArray[np.float64]
Row = dict[str, Any]

FEATURES = 5
TEST_SHARE = 0.2
MEASURES = ("accuracy", "precision", "recall", "F-score")
NEGATIONS = ("not", "no", "never", "nor", "cannot", "none", "nothing")
OPTIMIZERS: dict[str, tuple[str, int]] = {
    "VQC, AQGD, 100 epochs": ("aqgd", 100),
    "VQC, AQGD, 150 epochs": ("aqgd", 150),
    "VQC, COBYLA, 100 epochs": ("cobyla", 100),
    "VQC, COBYLA, 150 epochs": ("cobyla", 150),
}
"""The paper's four: method and steps. An epoch of AQGD is a step on all samples, one of COBYLA a value of the loss."""
BESIDE: dict[str, tuple[str, int]] = {"VQC, Adam, 60 epochs": ("adam", 60), "VQC, L-BFGS": ("l-bfgs", 150)}
"""Ours: Adam in mini-batches of 32, and L-BFGS until it stops, at most 150 steps, both by adjoint gradients."""
CLASSICAL = ("support vector machine", "gradient boosting", "random forest")
ALL_WORDS = {f"{name}, all words": name for name in CLASSICAL}
FIRST = next(iter(OPTIMIZERS))


@dataclass(frozen=True)
class Representation:
    """How a review becomes five numbers. text: options of `TextFeatures`. with_labels: the five are components of
    partial least squares, which look at the labels, instead of principal ones. leaks: learned of the test part too."""

    sentence: str
    text: dict[str, Any] = field(default_factory=dict)
    with_labels: bool = False
    leaks: bool = False


_CHOSEN = {"select": 100, "keep": NEGATIONS}
REPRESENTATIONS = {
    "TF-IDF": Representation("TF-IDF of stems without stop words, 5 principal components: the paper as we read it"),
    "counts": Representation("counts of stems instead of TF-IDF", {"weighting": "counts"}),
    "negations kept": Representation("TF-IDF, and not, no, never are no stop words", {"keep": NEGATIONS}),
    "chosen words": Representation("as before, of the 100 words that say most about training labels", _CHOSEN),
    "chosen words, leak": Representation("the same, learned of all reviews and labels, the test's too", _CHOSEN,
                                         leaks=True),
    "least squares": Representation("the 100 chosen words, 5 components of partial least squares on training labels",
                                    _CHOSEN, with_labels=True),
}  # fmt: skip
"""What five features are made of; the first is the paper's."""
MAIN = next(iter(REPRESENTATIONS))
SCALES = (0.02, 0.1, 0.3, 1.0)


@cache
def _reviews() -> tuple[NDArray[Any], NDArray[np.int64]]:
    texts, liked = restaurant_reviews()
    return np.array(texts, object), liked


@dataclass(frozen=True)
class Part:
    """Features of training (N, F) and test reviews, and labels 1 and 0 (N,). explained: share of the variance of the
    words that the principal components keep."""

    X: Any
    X_test: Any
    y: NDArray[np.int64]
    y_test: NDArray[np.int64]
    explained: float = 1.0


def split(seed: int, k: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The k-th random split of a run: training rows and test rows, a fifth, both halves liked."""
    from sklearn.model_selection import StratifiedShuffleSplit

    _, liked = _reviews()
    shuffle = StratifiedShuffleSplit(1, test_size=TEST_SHARE, random_state=1000 * seed + k)
    train, test = next(shuffle.split(np.zeros(len(liked)), liked))
    return train, test


def represent(name: str, seed: int, k: int) -> Part:
    """The k-th split in a representation of `REPRESENTATIONS`. Raises: UserError where the reviews are missing."""
    from sklearn.cross_decomposition import PLSRegression

    how = REPRESENTATIONS[check_choice("name", name, REPRESENTATIONS)]
    texts, liked = _reviews()
    train, test = split(seed, k)
    learned = np.arange(len(texts)) if how.leaks else train
    count = None if how.with_labels else FEATURES
    words = TextFeatures(n_features=count, reduction="pca", random_state=seed, **how.text)
    words.fit(texts[learned], liked[learned])
    X, X_test = (words.transform(texts[rows]) for rows in (train, test))
    if how.with_labels:
        components = PLSRegression(FEATURES, scale=False)
        components.fit(words.transform(texts[learned]).toarray(), liked[learned])
        X, X_test = (components.transform(given.toarray()) for given in (X, X_test))
    return Part(X, X_test, liked[train], liked[test], words.explained_)


def circuit_classifier(method: str, steps: int, seed: int, scale: float | None = None) -> VariationalClassifier:
    """The paper's classifier: ZZ feature map in two rounds on all pairs, EfficientSU2 with three layers and all pairs,
    the parity of five bits as the label, trained by cross-entropy.

    scale: None for features as they are, as angles; else they are standardised and multiplied by it.
    """
    return VariationalClassifier(
        encoding=Encoding("zz", zz_feature_map(FEATURES, 2, "full"), span="raw" if scale is None else "angle"),
        scale=1.0 if scale is None else scale,
        ansatz="efficient_su2",
        layers=3,
        topology="full",
        readout="single_shot",
        read_as="parity",
        optimizer=method,
        epochs=steps,
        learning_rate=1.0 if method == "aqgd" else 0.05,
        optimizer_options={"momentum": 0.25} if method == "aqgd" else None,
        early_stopping=False,
        random_state=seed,
    )


def classical_classifier(name: str, seed: int) -> Any:
    """A classical model of `CLASSICAL`, with scikit-learn's defaults."""
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.svm import SVC

    kinds = {"support vector machine": SVC, "gradient boosting": GradientBoostingClassifier}
    return kinds.get(check_choice("name", name, CLASSICAL), RandomForestClassifier)(random_state=seed)


def scores(model: Any, X: Any, y: NDArray[np.int64]) -> list[float]:
    """The `MEASURES` of a fitted model; precision, recall and F-score are those of the liked."""
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    said = model.predict(X)
    found = precision_recall_fscore_support(y, said, average="binary", zero_division=0.0)
    return [float(accuracy_score(y, said)), *map(float, found[:3])]


def _quantum(part: Part, method: str, steps: int, seed: int, scale: float | None = None) -> Row:
    model = circuit_classifier(method, steps, seed, scale).fit(part.X, part.y)
    return {
        "scores": scores(model, part.X_test, part.y_test),
        "train": scores(model, part.X, part.y)[0],
        "loss": [entry["loss"] for entry in model.history_],
        "circuits": int(model.n_circuit_evaluations_),
        "fit_seconds": model.fit_seconds_,
    }


def _classical(part: Part, name: str, seed: int) -> Row:
    model = classical_classifier(name, seed).fit(part.X, part.y)
    return {"scores": scores(model, part.X_test, part.y_test), "train": scores(model, part.X, part.y)[0]}


def table_row(seed: int, k: int) -> Row:
    """All models on the paper's features, and the classical ones on all words, in the k-th split."""
    own = 1000 * seed + k
    part = represent(MAIN, seed, k)
    texts, liked = _reviews()
    train, test = split(seed, k)
    words = TextFeatures()
    every = Part(words.fit_transform(texts[train]), words.transform(texts[test]), liked[train], liked[test])
    models = {name: _quantum(part, *how, own) for name, how in {**OPTIMIZERS, **BESIDE}.items()}
    models |= {name: _classical(part, name, own) for name in CLASSICAL}
    models |= {name: _classical(every, kind, own) for name, kind in ALL_WORDS.items()}
    return {"models": models, "words": len(words.words_), "explained": part.explained}


def features_row(name: str, seed: int, k: int) -> Row:
    """AQGD, L-BFGS and the classical models on another representation."""
    own, part = 1000 * seed + k, represent(name, seed, k)
    quantum = {FIRST: OPTIMIZERS[FIRST], "VQC, L-BFGS": BESIDE["VQC, L-BFGS"]}
    models = {model: _quantum(part, *how, own) for model, how in quantum.items()}
    return {"models": models | {model: _classical(part, model, own) for model in CLASSICAL}}


def scale_row(scale: float, seed: int, k: int) -> Row:
    """AQGD with 100 epochs on the paper's features, standardised and multiplied by a scale."""
    return _quantum(represent(MAIN, seed, k), *OPTIMIZERS[FIRST], 1000 * seed + k, scale)


def gradient_row(seed: int) -> Row:
    """How far the gradient that trains here, by the adjoint method, is from the parameter-shift rule of AQGD."""
    rng = generator(seed)
    circuit = circuit_classifier("aqgd", 1, seed).fit(rng.normal(size=(4, FEATURES)), [0, 1, 0, 1]).circuit_
    weights, features = rng.uniform(-np.pi, np.pi, circuit.n_weights), rng.normal(0, 0.1, (1, FEATURES))
    simulator, odd = Simulator(), [parity_projectors(FEATURES, range(FEATURES))[1]]
    once = np.ones(len(weights), int)
    _, shifted = by_shifts(
        lambda point: float(simulator.expectation(circuit, odd, features, point)[0, 0]), weights, once, 1.0 * once
    )
    _, pull_back = simulator.value_and_pullback(circuit, odd, features, weights)
    return {"weights": len(weights), "difference": float(np.abs(shifted - pull_back(np.ones((1, 1))).w).max())}
