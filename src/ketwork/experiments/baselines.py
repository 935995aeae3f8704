"""The house's contenders: classical baselines for classes and numbers, a task's quantum model and its ablations."""

from collections.abc import Callable
from functools import partial
from typing import Any

from scipy.stats import loguniform

from ketwork.experiments.contenders import Contender, Setting, Sizes, Space
from ketwork.experiments.on_device import READOUT_SHOTS, circuit_qubits
from ketwork.experiments.task import FitTask

VARIATIONAL_SPACE: Space = {"learning_rate": loguniform(0.02, 0.1), "scale": loguniform(0.4, 1.5)}
KERNEL_SPACE: Space = {"C": loguniform(0.1, 1000), "scale": loguniform(0.05, 1.0)}
"""What tuning tries of the two quantum models."""


def contenders(task: FitTask) -> list[Contender]:
    """All that take part in a task, the quantum model first."""
    quantum = _variational(task) if task.model == "variational" else _kernel(task)
    return [*quantum, *house()]


def _variational(task: FitTask) -> list[Contender]:
    def make(name: str, kind: str, **changes: Any) -> Contender:
        def build(setting: Setting, seed: int, sizes: Sizes) -> Any:
            from ketwork.models.classifier import VariationalClassifier

            fixed: Setting = {"layers": task.layers or 4, "encoding": task.encoding or "reuploading"}
            if task.device is not None:  # neighbours in a row, as on the device
                fixed |= {"topology": "linear", "n_qubits": circuit_qubits(task, sizes[0])}
            options = {
                "n_qubits": task.qubits,
                "epochs": task.epochs,
                "learning_rate": 0.05,
                **fixed,
                **changes,
                **setting,
            }
            return VariationalClassifier(random_state=seed, **options)

        return Contender(name, kind, build, VARIATIONAL_SPACE)

    return [
        make("variational circuit", "quantum"),
        make("frozen random circuit", "ablation", train_circuit=False),
        make("no entangling gates", "ablation", entangler="none"),
    ]


def _kernel(task: FitTask) -> list[Contender]:
    def make(name: str, kind: str, **changes: Any) -> Contender:
        def build(setting: Setting, seed: int, sizes: Sizes) -> Any:
            from ketwork.models.kernel_methods import KernelClassifier

            fixed = {"encoding": task.encoding or "iqp", "depth": task.layers or 2, "n_qubits": task.qubits}
            if (
                task.device is not None or task.shots is not None
            ):  # how many circuits that takes was checked at the door
                fixed |= {"max_circuits": None, "shots": task.shots or READOUT_SHOTS}
            if task.device is not None:
                fixed |= {"n_qubits": circuit_qubits(task, sizes[0])}
            return KernelClassifier(random_state=seed, **{**fixed, **changes, **setting})

        return Contender(name, kind, build, KERNEL_SPACE)

    ablation = [] if task.encoding == "angle" else [make("no entangling gates", "ablation", entanglement="none")]
    return [make("quantum kernel", "quantum"), *ablation]


def _linear(regression: bool, setting: Setting, seed: int, sizes: Sizes) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    if regression:
        return Ridge(alpha=1 / setting.get("C", 1.0), random_state=seed)
    return LogisticRegression(max_iter=2000, random_state=seed, **setting)


def _rbf_svm(regression: bool, setting: Setting, seed: int, sizes: Sizes) -> Any:
    from sklearn.svm import SVC, SVR

    width = {"C": setting.get("C", 1.0), "gamma": setting.get("gamma_scale", 1.0) / sizes[0]}
    return SVR(**width) if regression else SVC(**width, random_state=seed)


def _boosting(regression: bool, setting: Setting, seed: int, sizes: Sizes) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    return kind(random_state=seed, early_stopping=False, max_iter=60, **setting)


def _mlp(regression: bool, setting: Setting, seed: int, sizes: Sizes) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    features, classes, parameters = sizes
    outputs = 1 if regression or classes == 2 else classes
    hidden = max(1, round((parameters - outputs) / (features + 1 + outputs)))
    kind = MLPRegressor if regression else MLPClassifier
    return kind(hidden_layer_sizes=(hidden,), max_iter=400, random_state=seed, **setting)


_HOUSE: dict[str, tuple[Callable[..., Any], Space]] = {
    "linear": (_linear, {"C": loguniform(1e-3, 1e3)}),
    "RBF support vector machine": (_rbf_svm, {"C": loguniform(0.1, 1000), "gamma_scale": loguniform(0.1, 10)}),
    "gradient boosting": (_boosting, {"learning_rate": loguniform(0.03, 0.3), "max_leaf_nodes": [7, 15, 31]}),
    "neural network of like size": (
        _mlp,
        {"learning_rate_init": loguniform(1e-3, 3e-2), "alpha": loguniform(1e-5, 1e-1)},
    ),
}


def house(regression: bool = False) -> list[Contender]:
    """A linear model, an RBF support vector machine, gradient boosting, and a neural network of about as many
    parameters as the first model; for standardised features and, where targets are numbers, standardised targets."""
    linear = "ridge regression" if regression else "logistic regression"
    return [
        Contender(linear if key == "linear" else key, "baseline", partial(make, regression), space, shown="house")
        for key, (make, space) in _HOUSE.items()
    ]
