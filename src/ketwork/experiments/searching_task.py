"""What `ketwork search` was asked to do, frozen, and the command line that repeats it."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ketwork.checks import check_choice, check_int
from ketwork.experiments.ledger import Row
from ketwork.experiments.task import UserError
from ketwork.search.method_table import METHODS

BASELINE = "random"
"""Takes part always: a method that does not beat it has shown nothing."""

_RANGES = (
    ("shots", 1, 10_000_000), ("budget", 1, 10**12), ("circuits", 1, 10**9), ("seeds", 1, 1000), ("seed", 0, 2**31 - 1),
    ("max_gates", 1, 10_000), ("steps", 1, 1_000_000), ("workers", 1, 4096),
)  # fmt: skip
_WHERE = ("workers", "ray")  # where a search runs changes nothing in what it finds


@dataclass(frozen=True)
class SearchTask:
    """What to search for, and how.

    name: a task, see `search_names`. methods: names of `ketwork.search.METHODS`, or "all"; random search is added where
    it is not named. device: a shipped snapshot or a calibration file, simulated with its noise, or with `noise` in its
    place; neither: the ideal simulator. shots: how often a circuit is read, None for exact values. budget: circuit
    evaluations of every method and seed; circuits: in its place, about how many random circuits it trains; 200 where
    both are None. seeds: repetitions; seed: of the first. max_gates, gates: of the circuits; steps: of the inner
    optimisation; None for the task's own. options: of methods, by name of the method. workers: processes, None for what
    suits; ray: address of a Ray cluster where circuits are trained, None for this machine.
    """

    name: str
    methods: tuple[str, ...] = ("evolutionary",)
    device: str | None = None
    noise: str | None = None
    shots: int | None = None
    budget: int | None = None
    circuits: int | None = None
    seeds: int = 5
    seed: int = 0
    max_gates: int | None = None
    gates: tuple[str, ...] | None = None
    steps: int | None = None
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    workers: int | None = None
    ray: str | None = None

    def __post_init__(self) -> None:
        try:
            if not self.methods:
                raise ValueError("Argument `methods` must name a method.")
            for name in (*self.methods, *self.options):
                check_choice("method", name, ("all", *METHODS))
            for name, low, high in _RANGES:
                if getattr(self, name) is not None:
                    check_int(name, getattr(self, name), low, high)
            if self.budget is not None and self.circuits is not None:
                raise ValueError("Arguments `budget` and `circuits` both say how much is spent: give one.")
        except (ValueError, TypeError) as error:
            raise UserError(str(error)) from None

    @property
    def chosen(self) -> tuple[str, ...]:
        """The methods by name in the order of the table, random search among them."""
        wanted = {*self.methods, BASELINE}
        return tuple(name for name in METHODS if name in wanted or "all" in wanted)

    def config(self) -> Row:
        """All that decides what is found, as plain data."""
        return {name: value for name, value in asdict(self).items() if name not in _WHERE}

    def command(self) -> str:
        """The command line that repeats the task."""
        words = ["ketwork", "search", self.name]
        for one in fields(self):
            value: Any = getattr(self, one.name)
            if one.name in ("name", "options") or value == one.default:
                continue
            name = "method" if one.name == "methods" else one.name.replace("_", "-")
            words += [f"--{name}", ",".join(value) if isinstance(value, tuple) else str(value)]
        return shlex.join(words)
