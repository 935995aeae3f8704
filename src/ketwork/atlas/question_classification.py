"""Types of questions told by a quantum kernel and a variational circuit, over depth: the first part of the atlas entry.

Source: Katyayan and Joshi, "Implications of Deep Circuits in Improving Quality of Quantum Question Answering",
arXiv:2305.07374: questions of two types of SelQA, Qiskit's QSVM and VQC, the depth of the circuits, and a rule-based
answerer that uses the types. Its abstract could be read, its text and numbers could not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.experiments.compare import Comparison, compare
from ketwork.experiments.question_answering import QUESTION_WORDS
from ketwork.experiments.text import TextFeatures
from ketwork.experiments.text_data import Question, selqa_questions
from ketwork.models.classifier import VariationalClassifier
from ketwork.models.kernel_methods import KernelClassifier
from ketwork.seeds import generator

Floats = NDArray[np.float64]
Row = dict[str, Any]

DEPTHS = (1, 2, 3, 4, 5)
SIZES = (2, 4, 8)
FEATURES, MAP, LAYERS, EPOCHS = 4, 2, 3, 40
C = 1.0  # the penalty of all support vector machines, where it is not tuned
TRAINING, TEST = 150, 80  # questions of a type
TEST_SHARE = TEST / (TRAINING + TEST)
CLASSICAL = ("linear SVM", "RBF SVM", "logistic regression")


@dataclass(frozen=True)
class Types:
    """Questions of some types, with their question words or without. kinds: the types, which are the classes."""

    kinds: tuple[str, ...]
    with_word: bool

    def __str__(self) -> str:
        return "/".join(self.kinds) + ("" if self.with_word else ", no question word")

    def features(self, size: int | None, seed: int = 0) -> TextFeatures:
        """TF-IDF of stems without stop words, to which question words count or not, reduced to `size` components."""
        keep = QUESTION_WORDS if self.with_word else ()
        return TextFeatures(n_features=size, keep=keep, random_state=seed)


PAIRS = (("what", "how"), ("who", "when"))
TASKS = tuple(Types(pair, with_word) for pair in PAIRS for with_word in (True, False))


@dataclass(frozen=True)
class Split:
    """Features X (N, F) and types y (N,) to learn from and to test on."""

    X: Floats
    y: NDArray[np.str_]
    X_test: Floats
    y_test: NDArray[np.str_]

    def accuracy(self, model: Any) -> float:
        """Of a model that is fitted here."""
        return float(model.fit(self.X, self.y).score(self.X_test, self.y_test))


@cache
def all_questions() -> tuple[Question, ...]:
    """SelQA's questions, read once."""
    return selqa_questions()


def of_one_type(kinds: Sequence[str], part: str | None = None) -> list[int]:
    """Places of the questions that have one type alone, and that one of these; of one part, or of both."""
    return [
        k
        for k, question in enumerate(all_questions())
        if len(question.types) == 1 and question.types[0] in kinds and part in (None, question.part)
    ]


def counted(questions: Sequence[Question]) -> Row:
    """How many questions there are of each type alone, of several and of none."""
    alone = [question.types[0] for question in questions if len(question.types) == 1]
    kinds = {kind: alone.count(kind) for kind in sorted(set(alone), key=alone.count, reverse=True)}
    several = sum(len(question.types) > 1 for question in questions)
    return {"kinds": kinds, "several": several, "none": len(questions) - len(alone) - several}


def texts_of(places: Sequence[int]) -> tuple[list[str], NDArray[np.str_]]:
    """The texts and the types of questions."""
    questions = all_questions()
    return [questions[k].text for k in places], np.array([questions[k].types[0] for k in places])


def without_twins(places: Sequence[int], others: Sequence[int] = ()) -> list[int]:
    """Places of questions of which none asks for the same as one before it, or as one of the others."""
    questions, found = all_questions(), []
    seen = {questions[k].asks for k in others}
    for k in places:
        if questions[k].asks not in seen:
            seen.add(questions[k].asks)
            found.append(k)
    return found


def drawn(task: Types, seed: int) -> tuple[list[int], list[int]]:
    """Places of random questions to learn from and to test on, as many of each type; twins are not in both parts.

    Twins come one after the other in the order they are drawn in, so that they mostly fall into one part; those of the
    test part whose twin is learned from are left out.
    """
    questions, rng = all_questions(), generator(seed)
    both = of_one_type(task.kinds)
    asked = list(dict.fromkeys(questions[k].asks for k in both))
    order = dict(zip(asked, rng.permutation(len(asked)).tolist(), strict=True))
    ranked = {kind: sorted(of_one_type([kind]), key=lambda k: order[questions[k].asks]) for kind in task.kinds}
    training = [k for kind in task.kinds for k in ranked[kind][:TRAINING]]
    learned = {questions[k].asks for k in training}
    test = [
        k
        for kind in task.kinds
        for k in [k for k in ranked[kind][TRAINING:] if questions[k].asks not in learned][:TEST]
    ]
    return rng.permutation(training).tolist(), rng.permutation(test).tolist()


def split(task: Types, size: int, seed: int) -> Split:
    """Random questions, as many of each type, and their features, learned from the training part alone."""
    (texts, y), (texts_test, y_test) = (texts_of(part) for part in drawn(task, seed))
    features = task.features(size, seed)
    return Split(features.fit_transform(texts), y, features.transform(texts_test), y_test)


def qsvm(depth: int, scale: float | str, seed: int, **options: Any) -> KernelClassifier:
    """A support vector machine on the fidelities of ZZ feature maps with so many repetitions.

    scale: what standardised features are multiplied by to become angles; "auto": the best by kernel-target alignment.
    The penalty C is that of the classical support vector machines.
    """
    given: dict[str, Any] = {"depth": depth, "entanglement": "full", "scale": scale, "C": C, "random_state": seed}
    return KernelClassifier("zz", **(given | options))


def vqc(depth: int, layers: int, scale: float, seed: int, **options: Any) -> VariationalClassifier:
    """A variational classifier: a ZZ feature map with `depth` repetitions, and RealAmplitudes with `layers`."""
    given: dict[str, Any] = {
        "ansatz": "real_amplitudes", "layers": layers, "scale": scale, "epochs": EPOCHS, "learning_rate": 0.1,
        "early_stopping": False, "encoding_options": {"depth": depth}, "random_state": seed,
    }  # fmt: skip
    return VariationalClassifier("zz", **(given | options))


def classical(name: str, seed: int, **options: Any) -> Any:
    """One of `CLASSICAL` on standardised features, untuned."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    if name == "logistic regression":
        return make_pipeline(StandardScaler(), LogisticRegression(random_state=seed, **options))
    return make_pipeline(StandardScaler(), SVC(C=C, kernel="linear" if "linear" in name else "rbf", **options))


def over_depth(task: Types, seed: int, depths: Sequence[int] = DEPTHS) -> Row:
    """Test accuracies of one split over the depth of the feature map and of the ansatz, and of classical models.

    At every depth of the map the bandwidth is chosen by alignment on the training part for the quantum kernel, and the
    variational circuit takes the same. "wide": standardised features taken as angles.
    """
    data = split(task, FEATURES, seed)
    found: dict[str, list[float]] = {key: [] for key in SERIES}
    factors, spread, wide_spread = [], [], []
    for depth in depths:
        model = qsvm(depth, "auto", seed)
        found["QSVM"].append(data.accuracy(model))
        factors.append(float(model.factor_))
        spread.append(_away(model.gram_))
        model = qsvm(depth, 1.0, seed)
        found["QSVM, wide"].append(data.accuracy(model))
        wide_spread.append(_away(model.gram_))
        found["QSVM, no entanglement"].append(data.accuracy(qsvm(depth, factors[-1], seed, entanglement="none")))
        found["VQC"].append(data.accuracy(vqc(depth, LAYERS, factors[-1], seed)))
        found["VQC, wide"].append(data.accuracy(vqc(depth, LAYERS, 1.0, seed)))
    scale = factors[min(MAP, len(factors)) - 1]
    for layers in depths:
        found["RealAmplitudes"].append(data.accuracy(vqc(MAP, layers, scale, seed)))
        found["EfficientSU2"].append(data.accuracy(vqc(MAP, layers, scale, seed, ansatz="efficient_su2")))
    rest = {name: data.accuracy(classical(name, seed)) for name in CLASSICAL}
    rest["VQC, circuit not trained"] = data.accuracy(vqc(MAP, LAYERS, scale, seed, train_circuit=False))
    return {"depths": list(depths), "series": found, "beside": rest, "factors": factors, "kernel": spread,
            "wide_kernel": wide_spread, "all_words": all_words(task, seed)}  # fmt: skip


SERIES = (
    "QSVM", "VQC", "QSVM, wide", "VQC, wide", "QSVM, no entanglement", "RealAmplitudes", "EfficientSU2",
)  # fmt: skip


def _away(gram: NDArray[Any]) -> float:
    """The mean of a kernel between different samples."""
    n = len(gram)
    return float((gram.sum() - np.trace(gram)) / (n * (n - 1)))


def all_words(task: Types, seed: int) -> float:
    """Test accuracy of logistic regression on the TF-IDF of all words, nothing reduced, on the same split."""
    from sklearn.linear_model import LogisticRegression

    data = split(task, 10**6, seed)
    return data.accuracy(LogisticRegression(C=10.0, max_iter=2000, random_state=seed))


def over_size(task: Types, seed: int, sizes: Sequence[int] = SIZES) -> Row:
    """Test accuracies of one split by the number of features, which is that of qubits."""
    found: dict[str, list[float]] = {name: [] for name in ("QSVM", "VQC", *CLASSICAL)}
    for size in sizes:
        data = split(task, size, seed)
        kernel = qsvm(MAP, "auto", seed)
        found["QSVM"].append(data.accuracy(kernel))
        found["VQC"].append(data.accuracy(vqc(MAP, LAYERS, float(kernel.factor_), seed)))
        for name in CLASSICAL:
            found[name].append(data.accuracy(classical(name, seed)))
    return {"sizes": list(sizes), "series": found}


def tuned(ledger: Any, seed: int, budget: int = 9, folds: int = 4, seeds: int = 1) -> Comparison:
    """The two models and the classical ones with equal budgets for tuning, on test questions of SelQA.

    Features are learned from SelQA's development questions of the same types, without their labels; at most 150
    questions of a type, of twins one.
    """
    from scipy.stats import loguniform
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    depths = list(DEPTHS)
    penalty = {"C": loguniform(1e-2, 1e3)}
    kernel = {"depth": depths, "scale": loguniform(0.05, 1.0)} | penalty
    circuit = {
        "encoding_options": [{"depth": depth} for depth in depths], "layers": depths, "scale": loguniform(0.05, 1.0),
    }  # fmt: skip
    data = {}
    for task in TASKS:
        features = task.features(FEATURES, seed).fit(texts_of(of_one_type(task.kinds, "dev"))[0])
        rng = generator(seed)
        single = set(without_twins(of_one_type(task.kinds, "test")))
        places = [
            k
            for kind in task.kinds
            for k in rng.permutation([k for k in of_one_type([kind], "test") if k in single])[:TRAINING].tolist()
        ]
        texts, y = texts_of(places)
        data[str(task)] = (features.transform(texts), y)
    return compare(
        {"QSVM": (qsvm(1, 0.25, None), kernel), "VQC": (vqc(1, LAYERS, 0.25, None), circuit)},  # type: ignore[arg-type]
        {
            "linear SVM": (SVC(C=C, kernel="linear"), penalty),
            "RBF SVM": (SVC(C=C), penalty | {"gamma": loguniform(0.02, 3)}),
            "logistic regression": (LogisticRegression(max_iter=2000), penalty),
        },
        data, budget, [seed + k for k in range(seeds)],
        folds=folds, ablations=False, ledger=ledger, progress=False,
    )  # fmt: skip
