"""What `ketwork solve` was asked to do, frozen, and the command line that repeats it."""

import shlex
from dataclasses import dataclass, fields
from typing import Any

from ketwork.checks import check_int, check_real
from ketwork.experiments.problem_names import Chemistry, Posed, pose
from ketwork.experiments.task import UserError
from ketwork.noise.calibration import Device
from ketwork.noise.calibration_files import load_device
from ketwork.solve.doors import check_method, default_method, methods_for

_RANGES = (
    ("layers", 1, 1000), ("steps", 1, 1_000_000), ("shots", 1, 10_000_000), ("seeds", 1, 1000), ("seed", 0, 2**31 - 1),
    ("index", 0, 1_000_000), ("charge", -100, 100), ("spin", 0, 100), ("local_search", 0, 1000),
)  # fmt: skip


@dataclass(frozen=True)
class SolveTask:
    """What to solve, and how.

    problem: a molecule, a file, a model with its size or an instance: see `problem_names`. methods: names, or None for
    the default by kind and size. optimizer, layers, steps: None for what each method takes by itself. shots: how often
    a circuit is read, None for exact values. device: a shipped snapshot or a calibration file, simulated with its
    noise; None for an ideal simulator. seeds: repetitions from different starts; seed: of the first. basis, charge,
    spin, active, mapping: of molecules. index: of instance files with several problems. reference_seconds: what
    each classical solver is given. local_search: rounds of it on the best string that each method reads.
    """

    problem: str
    methods: tuple[str, ...] | None = None
    optimizer: str | None = None
    layers: int | None = None
    steps: int | None = None
    shots: int | None = None
    device: str | None = None
    seeds: int = 3
    seed: int = 0
    basis: str | None = None
    charge: int | None = None
    spin: int | None = None
    active: str | None = None
    mapping: str | None = None
    index: int | None = None
    reference_seconds: float = 10.0
    local_search: int = 1

    def __post_init__(self) -> None:
        try:
            for name, low, high in _RANGES:
                if getattr(self, name) is not None:
                    check_int(name, getattr(self, name), low, high)
            check_real("reference_seconds", self.reference_seconds, 0.01, 1e6)
        except (ValueError, TypeError) as error:
            raise UserError(str(error)) from None

    def command(self) -> str:
        """The command line that repeats the task."""
        words = ["ketwork", "solve", self.problem]
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if field.name in ("problem",) or value == field.default:
                continue
            name = "method" if field.name == "methods" else field.name.replace("_", "-")
            words += [f"--{name}", ",".join(value) if isinstance(value, tuple) else str(value)]
        return shlex.join(words)

    def posed(self) -> Posed:
        """What `problem` stands for. Raises: UserError."""
        chemistry = Chemistry(self.basis, self.charge, self.spin, self.active, self.mapping)
        return pose(self.problem, chemistry, index=self.index)

    def chosen(self, posed: Posed) -> tuple[str, ...]:
        """The methods by name: those asked for, `all` that fit, or the default. Raises: UserError."""
        subject = posed.subject
        known = methods_for(subject)
        wanted = self.methods or (default_method(subject),)
        if "all" in wanted:
            wanted = (*(n for n in wanted if n != "all"), *(n for n in known if _fits(subject, n, self)))
        try:
            for name in wanted:
                check_method(subject, name, layers=self.layers, optimizer=self.optimizer, noisy=self.device is not None)
        except (ValueError, MemoryError) as error:
            raise UserError(str(error)) from None
        except ImportError as error:
            raise UserError(" ".join(str(error).split())) from None
        return tuple(dict.fromkeys(wanted))

    def place(self) -> Device | None:
        """The device. Raises: UserError for one that is not known."""
        if self.device is None:
            return None
        try:
            return load_device(self.device)
        except (ValueError, OSError) as error:
            raise UserError(f"--device {self.device}: {error}") from None


def _fits(subject: Any, name: str, task: SolveTask) -> bool:
    try:
        check_method(subject, name, layers=task.layers, optimizer=task.optimizer, noisy=task.device is not None)
    except (ValueError, MemoryError, ImportError):
        return False
    return True
