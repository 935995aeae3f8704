"""A task: everything that decides a run's numbers, frozen, with an id."""

import hashlib
import json
import shlex
from dataclasses import asdict, dataclass, fields
from typing import Any

from ketwork.checks import check_choice, check_int, check_real

MODELS = ("variational", "kernel")
TRAIN_ON = ("device", "ideal")
MITIGATIONS = {"variational": ("readout", "zne", "twirl"), "kernel": ("readout",)}
"""What can be asked for a model, the innermost first; a kernel is read from samples, which the others do not have."""
_DEFAULT_MITIGATION = {"variational": "readout,zne", "kernel": "readout"}
_LATER = ("device", "shots", "train_on", "mitigation")  # left out of the id at their defaults: older ids stay


class UserError(Exception):
    """Something the user can mend: the command line prints its one line and ends with code 2."""


@dataclass(frozen=True)
class FitTask:
    """What `ketwork fit` was asked to do.

    data: a built-in name or a file. target: the column of labels of a file. model: "variational" or "kernel".
    encoding, layers, qubits: of the quantum model; qubits None for its default. features: how many features the
    circuit takes; more are reduced by PCA to so many. seeds: repetitions, each another fold of a cross-validation, or
    of the next one when all its folds were tested. fits: settings tried for every model in every repetition, on its
    training rows alone, before the final fit. epochs: of gradient training. test_fraction: held out in every
    repetition, as a fold (0.25: a fourth of the data; above one half: all but a fold). samples: at most so many rows
    are used, drawn with the first seed. seed: of the first repetition. device: a shipped snapshot or a calibration file
    on which the quantum model runs; None: an ideal simulator. shots: how often each circuit is read, None for exact
    values; without a device that of an ideal one. train_on: "device" trains the weights under the device's noise,
    "ideal" without. mitigation: names, comma between, of what improves the device's values in a last evaluation; "none"
    for nothing, None for what suits the model.
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
    device: str | None = None
    shots: int | None = None
    train_on: str = "device"
    mitigation: str | None = None

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
            check_choice("train_on", self.train_on, TRAIN_ON)
            object.__setattr__(self, "mitigation", self._checked_mitigation())
        except (ValueError, TypeError) as error:
            raise UserError(str(error)) from None

    def _checked_mitigation(self) -> str | None:
        """The names in the order in which they are stacked; None for those that are taken anyway."""
        if self.device is None and (self.mitigation is not None or self.train_on != TRAIN_ON[0]):
            name = "mitigation" if self.mitigation is not None else "train_on"
            raise ValueError(f"Argument `{name}` is for runs on a device; name one with --device.")
        if self.mitigation is None or self.mitigation == "none":
            return self.mitigation
        known = MITIGATIONS[self.model]
        given = [check_choice("mitigation", name.strip(), (*known, "none")) for name in self.mitigation.split(",")]
        if "none" in given:
            raise ValueError("Argument `mitigation` must be 'none' or names of methods, but is both.")
        text = ",".join(name for name in known if name in given)
        return None if text == _DEFAULT_MITIGATION[self.model] else text

    @property
    def mitigations(self) -> tuple[str, ...]:
        """The names of the methods that are used, the innermost first; none without a device."""
        text = self.mitigation or _DEFAULT_MITIGATION[self.model]
        return () if self.device is None or text == "none" else tuple(text.split(","))

    @property
    def turned(self) -> bool:
        """Whether a fold trains and the others test, instead of the other way round."""
        return self.test_fraction > 0.5

    @property
    def folds(self) -> int:
        """How many folds the data is cut into."""
        return max(2, round(1 / (1 - self.test_fraction if self.turned else self.test_fraction)))

    @property
    def held_out(self) -> float:
        """The share of the data that is tested in a repetition."""
        return 1 - 1 / self.folds if self.turned else 1 / self.folds

    @property
    def digest(self) -> str:
        """The id: equal tasks have equal ids, on every machine."""
        defaults = {field.name: field.default for field in fields(self)}
        said: dict[str, Any] = {"splits": "folds"}  # runs of random splits had other ids
        said |= {k: v for k, v in asdict(self).items() if k not in _LATER or v != defaults[k]}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]

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
    ("shots", 1, 1_000_000),
)  # fmt: skip
