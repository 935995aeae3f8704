"""A task: everything that decides a run's numbers, frozen, with an id."""

import hashlib
import json
import shlex
from dataclasses import asdict, dataclass, fields
from typing import Any

from ketwork.checks import check_choice, check_int, check_real

MODELS = ("variational", "kernel")


class UserError(Exception):
    """Something the user can mend: the command line prints its one line and ends with code 2."""


@dataclass(frozen=True)
class FitTask:
    """What `ketwork fit` was asked to do.

    data: a built-in name or a file. target: the column of labels of a file. model: "variational" or "kernel".
    encoding, layers, qubits: of the quantum model; qubits None for its default. features: how many features the
    circuit takes; more are reduced by PCA to so many. seeds: repetitions, each with its own split. fits: settings tried
    for every model in every repetition before the final fit. epochs: of gradient training. test_fraction: held out in
    every repetition. samples: at most so many rows are used, drawn with the first seed. seed: of the first repetition.
    """

    data: str
    target: str | None = None
    model: str = "variational"
    encoding: str | None = None
    layers: int | None = None
    qubits: int | None = None
    features: int | None = None
    seeds: int = 3
    fits: int = 3
    epochs: int = 60
    test_fraction: float = 0.25
    samples: int = 5000
    seed: int = 0

    def __post_init__(self) -> None:
        try:
            check_choice("model", self.model, MODELS)
            known = ("reuploading", "angle", "iqp", "zz") if self.model == "variational" else ("angle", "iqp", "zz")
            if self.encoding is not None:
                check_choice("encoding", self.encoding, known)
            for name, low, high in _RANGES:
                if getattr(self, name) is not None:
                    object.__setattr__(self, name, check_int(name, getattr(self, name), low, high))
            object.__setattr__(self, "test_fraction", check_real("test_fraction", self.test_fraction, 0.05, 0.9))
        except (ValueError, TypeError) as error:
            raise UserError(str(error)) from None

    @property
    def digest(self) -> str:
        """The id: equal tasks have equal ids, on every machine."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    def command(self) -> str:
        """The command line that repeats the task."""
        words = ["ketwork", "fit", self.data]
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if field.name != "data" and value != field.default:
                words += [f"--{field.name.replace('_', '-')}", str(value)]
        return shlex.join(words)


_RANGES = (
    ("layers", 1, 100), ("qubits", 1, 20), ("features", 1, 10_000), ("seeds", 1, 1000), ("fits", 1, 50),
    ("epochs", 1, 100_000), ("samples", 20, 1_000_000), ("seed", 0, 2**31 - 1),
)  # fmt: skip
