"""The classifiers of a fixed feature map on data that nobody made for them, beside classical models.

Source of the models: Havlicek et al., arXiv:1804.11326; the data are ours.
"""

from typing import Any

from scipy.stats import loguniform

from ketwork.experiments.compare import Comparison, compare
from ketwork.experiments.data import Dataset, load
from ketwork.models.classifier import VariationalClassifier
from ketwork.models.kernel_methods import KernelClassifier
from ketwork.operators.pauli import pauli

FEATURES = 2
LAYERS = 4
DATA = ("moons", "iris", "wine", "breast-cancer")
VARIATIONAL, KERNEL = "variational circuit", "quantum kernel"


def two_classes(name: str) -> Dataset:
    """A built-in data set, of three classes the last two."""
    data = load(name)
    if len(data.classes) == 2:
        return data
    rows = data.y != data.classes[0]
    shown = f"{name}, {' or '.join(data.classes[1:])}"
    return Dataset(shown, data.X[rows], data.y[rows], data.feature_names, data.source)


def models() -> dict[str, Any]:
    """The classifier and the kernel of the map with what tuning may try.

    Standardised features are centred on pi, where the paper's map with phi_12 = (pi - x_1)(pi - x_2) is the one with
    phi_12 = x_1 x_2 of features centred on 0: the encoding "iqp". The label is the sign of the mean parity.
    """
    variational = VariationalClassifier(
        "iqp",
        "hardware_efficient",
        layers=LAYERS,
        entangler="cz",
        topology="linear",
        ansatz_options={"rotations": ("Y", "Z")},
        readout="observables",
        observables=pauli("Z" * FEATURES, tuple(range(FEATURES)), FEATURES),
        optimizer="l-bfgs",
        epochs=100,
        early_stopping=False,
    )
    scales = loguniform(0.1, 2.0)
    return {
        VARIATIONAL: (variational, {"scale": scales}),
        KERNEL: (KernelClassifier("iqp", calibrate=False), {"scale": scales, "C": loguniform(0.1, 1000)}),
    }


def compared(ledger: Any, seed: int, quick: bool) -> Comparison:
    """Models, their ablations and the house's baselines on two principal components, by nested cross-validation."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

    names = DATA[1:2] if quick else DATA
    with threadpool_limits(1):  # trees on so few rows only wait for each other's threads
        return compare(
            models(),
            None,
            [two_classes(name) for name in names],
            budget=4 if quick else 8,
            seeds=[seed],
            folds=3 if quick else 5,
            inner=2,
            features=FEATURES,
            ledger=ledger,
        )
