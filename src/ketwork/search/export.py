"""A found circuit for use elsewhere: bound, as OpenQASM and Qiskit, as a scikit-learn classifier, as a torch layer."""

import json
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.circuit import Circuit
from ketwork.engine.simulator import Simulator
from ketwork.models.encoding import Encoding
from ketwork.models.plain import as_plain, from_plain
from ketwork.models.scaling import FeatureScale
from ketwork.models.storage import from_arrays
from ketwork.operators import PauliSum
from ketwork.search.learning_goal import Classification
from ketwork.search.raw_features import Preparation, project
from ketwork.search.tasks import Score, Task, as_trained

Floats = NDArray[np.floating[Any]]
_READ, _PREPARED = "observables.json", "preparation.json"
"""Files of what all circuits of a task have in common."""


@dataclass(frozen=True, eq=False)
class FoundCircuit:
    """A circuit and its angles, without the search that found them.

    task: its name. searched: what was searched, with weights w (P,). params: the angles (P,), as they were found.
    error, value: what the search said of them. prefix: gates before the searched ones, a reference state or the
    encoding of data with inputs x; None for none. uploads: how often both come one after the other, with the same
    angles. observables: what the task reads; none for a unitary, which is the answer itself. readout, sharpness: as of
    `Classification`, "" and 0 for tasks without data. prepared: what makes inputs of features, None where that is not
    known.
    """

    task: str
    searched: Circuit
    params: Floats
    error: float
    value: float
    observables: tuple[PauliSum, ...]
    prefix: Circuit | None = None
    uploads: int = 1
    readout: str = ""
    sharpness: float = 0.0
    prepared: Preparation | None = None

    @cached_property
    def circuit(self) -> Circuit:
        """The whole circuit with open weights, and for data with inputs."""
        once = self.searched if self.prefix is None else self.prefix + self.searched
        return once.repeat(self.uploads)

    @cached_property
    def bound(self) -> Circuit:
        """The whole circuit with its angles in place; `to_qasm3` and `draw` are its methods."""
        return self.circuit.bind(w=self.params) if self.circuit.n_weights else self.circuit

    def to_qiskit(self) -> Any:
        """`bound` as a `qiskit.QuantumCircuit`; inputs of data are its parameters x. Needs the extra `qiskit`."""
        from ketwork.circuit.to_qiskit import to_qiskit

        return to_qiskit(self.bound)

    def values(self, x: ArrayLike | None = None, backend: Any = None) -> Floats:
        """What is read: (M,), or (B, M) for inputs x (B, n_inputs) of data.

        backend: None for the ideal simulator with exact values in double precision.
        """
        where = Simulator("double") if backend is None else backend
        found = where.expectation(self.circuit, self._read(), x=None if x is None else np.asarray(x), w=self.params)
        return np.asarray(found) if x is not None else np.asarray(found).reshape(-1)

    def layer(self, backend: Any = None, trainable: bool = True) -> Any:
        """A `models.torch_layers.QuantumLayer` in float64 that starts at the found angles: inputs (..., n_inputs) to
        what is read (..., M); without data it is called without inputs. Needs the extra `torch`.
        """
        from ketwork.models.torch_layers import QuantumLayer, torch

        made = QuantumLayer(self.circuit, list(self._read()), backend=backend, init=0.0, trainable=trainable).double()
        made.weights.data.copy_(torch.from_numpy(np.array(self.params, float)))  # float32 on the way would round them
        return made

    def classifier(self, **parameters: Any) -> Any:
        """A fitted scikit-learn classifier with the found circuit and angles, for features (N, F) and labels as they
        were given to the task.

        It is a `VariationalClassifier`, in a `Pipeline` behind the map that reduces features where the task has one;
        without `prepared` it takes inputs and numbers of classes. Its `fit` goes on from the found angles and leaves
        map and scale as they are. parameters: of `VariationalClassifier`, such as `backend`, `epochs` or `precision`
        ("double" here).
        Raises: ValueError for tasks that are no data.
        """
        if not self.readout or self.prefix is None:
            raise ValueError(f"Task {self.task!r} is no data to classify: take `circuit`, `bound` or `layer`.")
        made = self.prepared or _as_it_is(self.prefix, len(self.observables))
        once = self.uploads == 1
        own: dict[str, Any] = {
            "encoding": replace(made.encoding, circuit=self.prefix if once else self.circuit),
            "ansatz": self.searched if once else None,
            "scale": made.scale.factor,
            "readout": self.readout,
            "observables": list(self.observables) if self.readout == "observables" else None,
            "precision": "double",
            "warm_start": True,
        }
        backend = parameters.pop("backend", None)
        config = {
            "kind": "VariationalClassifier",
            "parameters": {name: as_plain(value) for name, value in (own | parameters).items()},
            "n_features": len(made.scale.mean),
            "classes": as_plain(made.classes),
            "multilabel": False,
        }
        arrays: dict[str, Any] = {**made.scale.arrays, "weights": self.params}
        if self.readout == "observables":
            arrays["temperature"] = np.full(1, 1 / self.sharpness)
        model = from_arrays(config, arrays, backend)
        return model if made.components is None else _behind(made, model)

    def _read(self) -> tuple[PauliSum, ...]:
        if not self.observables:
            raise ValueError(f"Task {self.task!r} is a unitary: nothing is read of it. Take `circuit` or `bound`.")
        return self.observables


def found_circuit(task: Task, score: Score) -> FoundCircuit:
    """The circuit of a score, as it was trained: in its canonical form, without gates that cancel."""
    form, params = as_trained(score.architecture, score.params)
    goal: Any = task.goal
    facts: dict[str, Any] = {"prefix": None, "observables": ()}
    if isinstance(goal, Classification):
        facts = {
            "prefix": goal.encoding, "uploads": goal.uploads, "readout": goal.readout, "sharpness": goal.sharpness,
            "observables": tuple(goal.observables), "prepared": goal.prepared,
        }  # fmt: skip
    elif not getattr(goal, "reference", 0):  # else prefix and observable are of a larger system
        observable = getattr(goal, "observable", None)
        facts = {
            "prefix": getattr(goal, "prefix", None), "observables": () if observable is None else (observable,)
        }  # fmt: skip
    circuit = task.space.circuit(form)
    return FoundCircuit(task.name, circuit, params[: circuit.n_weights], score.error, score.value, **facts)


def _as_it_is(prefix: Circuit, n_classes: int) -> Preparation:
    """Of inputs that nothing is done to."""
    nothing = FeatureScale.of(np.zeros((1, prefix.n_inputs)), 1.0, span="raw")
    return Preparation(Encoding("found", prefix, span="raw"), nothing, np.arange(n_classes))


def _behind(made: Preparation, model: Any) -> Any:
    """A pipeline of the map and a model. A map that is given, not learned: fitting the pipeline leaves it as it is."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    given = {"components": made.components, "offset": made.offset}
    first = FunctionTransformer(project, validate=True, kw_args=given).fit(np.zeros((1, made.n_features)))
    return Pipeline([("reduce", first), ("circuit", model)])


# ---------------------------------------------------------------------- files
def write_found(found: FoundCircuit, folder: str | Path, name: str) -> None:
    """Write a circuit into a folder: NAME.qasm (OpenQASM 3, angles in place), NAME.json for `read_found`, and once
    for all circuits of a task what is read of them and what prepares data."""
    place, made = Path(folder), found.prepared
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.qasm").write_text(found.bound.to_qasm3(), encoding="utf-8")
    shared = {_READ: list(found.observables), **({} if made is None else {_PREPARED: _preparation_out(made)})}
    for file, what in shared.items():
        if not (place / file).exists():
            (place / file).write_text(json.dumps(as_plain(what)) + "\n", encoding="utf-8")
    names = [one.name for one in fields(found) if one.name not in ("observables", "prepared")]
    kept = {one: as_plain(getattr(found, one)) for one in names}
    (place / f"{name}.json").write_text(json.dumps(kept) + "\n", encoding="utf-8")


def read_found(folder: str | Path, name: str) -> FoundCircuit:
    """What `write_found` wrote. Raises: ValueError where it is missing or damaged."""
    place = Path(folder)
    try:
        kept = json.loads((place / f"{name}.json").read_text(encoding="utf-8"))
        facts = {key: from_plain(value) for key, value in kept.items()}
        facts["observables"] = tuple(_read_plain(place / _READ))
        if (place / _PREPARED).exists():
            facts["prepared"] = _preparation_in(_read_plain(place / _PREPARED))
        found = FoundCircuit(**{**facts, "params": np.asarray(facts["params"], float)})
        if found.params.shape != (found.searched.n_weights,):
            raise ValueError(f"{found.searched.n_weights} weights, but angles of shape {found.params.shape}")
    except (OSError, TypeError, KeyError, AttributeError, ValueError) as error:
        raise ValueError(f"There is no found circuit {name!r} in {place}: {error}") from None
    return found


def _read_plain(path: Path) -> Any:
    return from_plain(json.loads(path.read_text(encoding="utf-8")))


def _preparation_out(made: Preparation) -> dict[str, Any]:
    own = {name: getattr(made, name) for name in ("encoding", "classes", "components", "offset")}
    return {**own, "factor": made.scale.factor, **made.scale.arrays}


def _preparation_in(facts: dict[str, Any]) -> Preparation:
    encoding, factor = facts["encoding"], facts["factor"]
    scale = FeatureScale.restored(facts, len(facts["scale_mean"]), factor, encoding.span)
    return Preparation(encoding, scale, facts["classes"], facts["components"], facts["offset"])


def load_found(folder: str | Path, method: str | None = None, seed: int | None = None) -> FoundCircuit:
    """A circuit that `ketwork search` left in its folder: the best of a method, or that of one seed.

    method: None for the method whose circuit has the least error of the search. seed: None for the best one.
    Raises: ValueError where there is none, naming those that there are.
    """
    place = Path(folder) / "circuits"
    names = sorted(path.stem for path in place.glob("*.json") if path.name not in (_READ, _PREPARED))
    start = "" if method is None else method if seed is None else f"{method}-{seed}"
    wanted = [name for name in names if name == start]
    if not wanted and seed is None:
        wanted = [name for name in names if method is None or name.rpartition("-")[::2] == (method, _digits(name))]
    elif not wanted and method is None:
        wanted = [name for name in names if name.endswith(f"-{seed}")]
    if not wanted:
        known = ", ".join(names) or "none"
        raise ValueError(f"There is no found circuit of {method or 'any method'} in {place}; there are: {known}.")
    return min((read_found(place, name) for name in wanted), key=lambda found: found.error)


def _digits(name: str) -> str | None:
    """The seed at the end of a file's name, None where there is none."""
    last = name.rpartition("-")[2]
    return last if last.isdigit() else None
