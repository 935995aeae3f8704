"""`ketwork compare`: the house's models by name on several data sets, against the house's baselines."""

import shlex
import time
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from ketwork.checks import check_choice, check_int
from ketwork.experiments.baselines import KERNEL_SPACE, VARIATIONAL_SPACE, house
from ketwork.experiments.compare import Comparison, compare
from ketwork.experiments.contenders import Contender, Setting, Sizes, Space
from ketwork.experiments.data import draw_rows, load
from ketwork.experiments.ledger import digest
from ketwork.experiments.measures import REGRESSION, SCORINGS
from ketwork.experiments.task import UserError


@dataclass(frozen=True)
class CompareTask:
    """What `ketwork compare` was asked to do.

    data: names or files. models: of `MODELS`. baselines: names of the house's, None for all. budget, seeds, folds,
    inner, scoring, features: as in `compare`; features None for as many as the models take. target: the column of
    files. layers, qubits: of the models' circuits, None for their defaults. epochs: of gradient training. samples: at
    most so many rows of a data set are used, drawn with seed 0. ablations: whether they take part.
    """

    data: tuple[str, ...]
    models: tuple[str, ...] = ("variational", "kernel")
    baselines: tuple[str, ...] | None = None
    budget: int = 12
    seeds: int = 1
    folds: int = 5
    inner: int | None = None
    scoring: str | None = None
    features: int | None = None
    target: str | None = None
    layers: int | None = None
    qubits: int | None = None
    epochs: int = 60
    samples: int = 500
    ablations: bool = True

    def __post_init__(self) -> None:
        try:
            if not self.data:
                raise ValueError("Name at least one data set.")
            for name in self.models:
                check_choice("models", name, MODELS)
            for name in self.baselines or ():
                check_choice("baselines", name, {c.name: c for c in (*house(), *house(True))})
            if self.scoring is not None:
                check_choice("scoring", self.scoring, SCORINGS)
            for name, low, high in _RANGES:
                if getattr(self, name) is not None:
                    check_int(name, getattr(self, name), low, high)
        except (ValueError, TypeError) as error:
            raise UserError(str(error)) from None

    @property
    def digest(self) -> str:
        """The id: equal tasks have equal ids."""
        return digest(asdict(self))

    def command(self) -> str:
        """The command line that repeats the task."""
        words = ["ketwork", "compare", *self.data]
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if field.name != "data" and value != field.default:
                option = f"--{field.name.replace('_', '-')}"
                words += ["--no-ablations"] if value is False else [option, _text(value)]
        return shlex.join(words)


_RANGES = (
    ("budget", 1, 10_000), ("seeds", 1, 1000), ("folds", 2, 1000), ("inner", 1, 1000), ("features", 1, 10_000),
    ("layers", 1, 100), ("qubits", 1, 20), ("epochs", 1, 100_000), ("samples", 20, 1_000_000),
)  # fmt: skip


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


# ---------------------------------------------------------------------- the models
def _variational(task: CompareTask, regression: bool, setting: Setting, seed: int, sizes: Sizes) -> Any:
    from ketwork.models.classifier import VariationalClassifier
    from ketwork.models.regressor import VariationalRegressor

    kind = VariationalRegressor if regression else VariationalClassifier
    options = {"layers": task.layers or 4, "n_qubits": task.qubits, "epochs": task.epochs, "learning_rate": 0.05}
    return kind(random_state=seed, **{**options, **setting})


def _kernel(task: CompareTask, regression: bool, setting: Setting, seed: int, sizes: Sizes) -> Any:
    from ketwork.models.kernel_methods import KernelClassifier, KernelRegressor

    fixed: Setting = {"encoding": "iqp", "depth": task.layers or 2, "random_state": seed}
    return KernelRegressor(**fixed, method="svr", **setting) if regression else KernelClassifier(**fixed, **setting)


MODELS: dict[str, tuple[Any, Space, int]] = {
    "variational": (_variational, VARIATIONAL_SPACE, 16),
    "kernel": (_kernel, KERNEL_SPACE, 10),
}
"""How a model is built, what tuning tries, and how many features it takes at most where nothing else is asked for."""
_TITLES = {"variational": "variational circuit", "kernel": "quantum kernel"}


def models_of(task: CompareTask, regression: bool) -> dict[str, Contender]:
    """The task's models as contenders, by title."""
    shown = f"layers {task.layers} qubits {task.qubits} epochs {task.epochs}"
    return {
        _TITLES[name]: Contender(
            _TITLES[name], "quantum", partial(MODELS[name][0], task, regression), MODELS[name][1], shown=shown
        )
        for name in task.models
    }


# ---------------------------------------------------------------------- the run
@dataclass(frozen=True)
class Compared:
    """A finished comparison: its task, what was found, its folder, how long it took in this start."""

    task: CompareTask
    found: Comparison
    folder: Path
    seconds: float


def comparing(task: CompareTask, out: Path | None = None, resume: bool = False) -> Compared:
    """Run a task in its folder, shown as it goes. Raises: UserError for what the user can mend."""
    regression = task.scoring in REGRESSION
    if task.target is not None and not any(Path(name).exists() for name in task.data):
        raise UserError(f"--target is for files; {' and '.join(task.data)} have their targets built in.")
    targets = [task.target if Path(name).exists() else None for name in task.data]
    sets = [draw_rows(load(*named, regression), task.samples) for named in zip(task.data, targets, strict=True)]
    regression = regression or (task.scoring is None and sets[0].continuous)
    limit = min(MODELS[name][2] for name in task.models)
    features = task.features or min(limit, max(one.X.shape[1] for one in sets))
    folder = out if out is not None else Path("runs") / f"compare-{task.digest[:8]}"
    started = time.perf_counter()
    try:
        found = compare(
            models_of(task, regression), task.baselines, sets, task.budget, task.seeds, folds=task.folds,
            inner=task.inner, scoring=task.scoring, features=features, ablations=task.ablations, out=folder,
            resume=resume,
        )  # fmt: skip
    except (ValueError, TypeError) as error:
        raise UserError(str(error)) from error
    return Compared(task, found, folder, time.perf_counter() - started)
