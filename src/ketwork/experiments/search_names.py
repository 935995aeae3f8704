"""What `ketwork search` is asked about, from the words of a user, as a task; and the standard tasks.

MOLECULE, SPIN MODEL or PROBLEM    as for `ketwork solve`: H2_0.7414_4q, tfim:ring:6, maxcut:ring:4, an instance
state:ghz:4                        a state to prepare: ghz, w, random, circuit, or a file (.npy, .qasm)
unitary:qft:3                      a unitary to build: qft, random, toffoli, or a file (.npy, .qasm)
digits:classes=4                   data to classify: a built-in name or a table (.csv, .tsv, .parquet)
"""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit import Circuit
from ketwork.experiments.data import BUILT_IN, IMAGES, NUMBERS, Dataset, draw_rows, load
from ketwork.experiments.generators import GENERATORS
from ketwork.experiments.problem_names import pose
from ketwork.experiments.subject import circuit_of_file, gates_alone
from ketwork.experiments.task import UserError
from ketwork.noise import NoiseModel
from ketwork.operators import molecule_names
from ketwork.search.inner import Inner
from ketwork.search.learning_goal import Classification
from ketwork.search.setting import GATE_SET, Setting, gate_noise
from ketwork.search.space import Space, draw
from ketwork.search.task_makers import classify, combinatorial, ground_state, prepare_state, prepare_unitary
from ketwork.search.tasks import Task
from ketwork.seeds import generator

Floats = NDArray[np.float64]
Target = Circuit | NDArray[np.complex128]
GATES_PER_QUBIT = 10
"""How many gates a circuit may have where nobody says: 40 on four qubits, as in Patel et al., arXiv:2402.03500."""

_TABLES = (".csv", ".tsv", ".parquet", ".pq")
_SIDE = 4  # images are averaged to so many pixels a side
_DATA_OPTIONS = {"classes": int, "samples": int, "qubits": int, "features": int, "batch": int, "uploads": int,
                 "encoding": str, "measure": str, "readout": str, "target": str}  # fmt: skip
_MOST_SAMPLES = 400


_GRAPH = "0-1,0-6,0-7,1-2,1-6,2-4,2-7,3-7,3-6,4-5,4-6,5-1,5-6,5-7,6-7"


class StandardTask(NamedTuple):
    """A task of the leaderboard. says: one line. words: what `task_of` is given."""

    says: str
    words: dict[str, Any]


STANDARD: dict[str, StandardTask] = {
    "h2": StandardTask("H2 at 0.7414 angstrom, 4 qubits, no noise", {"name": "H2_0.7414_4q"}),
    "lih": StandardTask("LiH at 3.4 angstrom, 4 qubits, no noise", {"name": "LiH_3.4_4q"}),
    "ising": StandardTask("transverse-field Ising ring of 6 spins at its critical point", {"name": "tfim:ring:6"}),
    "maxcut": StandardTask(
        "maximum cut of the 8 nodes and 15 edges of arXiv:2401.11576, with at most 4 gates",  # with more it is easy
        {"name": f"maxcut:graph:{_GRAPH}", "max_gates": 4},
    ),
    "state": StandardTask("the state of a random circuit of 16 gates, 4 qubits", {"name": "state:circuit:4:gates=16"}),
    "unitary": StandardTask("quantum Fourier transform of 3 qubits", {"name": "unitary:qft:3", "max_gates": 40}),
    "digits": StandardTask(
        "digits 0 to 3 of scikit-learn, 4 x 4 pixels on 4 qubits, uploaded twice",
        {"name": "digits:classes=4:uploads=2", "max_gates": 24},
    ),
    "h2-device": StandardTask(
        "H2 at 0.7414 angstrom, 4 qubits, with the noise of ibmq_guadalupe",
        {"name": "H2_0.7414_4q", "device": "guadalupe", "max_gates": 24},
    ),
}
"""The tasks of the leaderboard by name: small enough to be repeated, and of every kind. H2 without noise is there since
papers have it, though many circuits solve it."""


def task_of(
    name: str,
    device: str | None = None,
    noise: str | None = None,
    shots: int | None = None,
    max_gates: int | None = None,
    gates: Sequence[str] | None = None,
    steps: int | None = None,
    seed: int = 0,
    inner: Inner | None = None,
) -> Task:
    """The task that a name stands for (see above).

    device: a shipped snapshot or a calibration file, with its noise. noise: "none", or "depolarizing:P1,P2" with the
    chances after one- and two-qubit gates, and a third number for the chance to misread a bit; it takes the place of
    the device's. shots: None for exact values. max_gates: None for `GATES_PER_QUBIT` a qubit. gates: names, ("native",)
    for the device's own; None for RX, RY, RZ and CX. steps: of the inner optimisation, None for 50; inner: what takes
    its place. seed: of the parts of data and of shots; random targets say theirs in their name.
    Raises: UserError, a line, for what the user can mend: unknown names (with the nearest), files that cannot be read,
    devices that are too small, matrices that are not unitary.
    """
    try:
        options: dict[str, Any] = {"device": device, "noise": _noise(noise), "shots": shots, "inner": inner}
        options |= {"seed": seed, "steps": 50 if steps is None else steps}
        if gates is not None:
            options["gates"] = "native" if tuple(gates) == ("native",) else tuple(gates)
        return _made(name.strip(), _Maker(options, max_gates, seed))
    except UserError:
        raise
    except (ValueError, TypeError, OSError) as error:
        raise UserError(" ".join(str(error).split())) from None


class _Maker(NamedTuple):
    """Settings for as many qubits as a task turns out to have."""

    options: dict[str, Any]
    max_gates: int | None
    seed: int

    def setting(self, n_qubits: int) -> Setting:
        most = GATES_PER_QUBIT * n_qubits if self.max_gates is None else self.max_gates
        return Setting(**self.options, max_gates=most)


def _made(what: str, maker: _Maker) -> Task:
    head, _, rest = what.partition(":")
    if head in ("state", "unitary"):
        return _target_task(what, head, rest, maker)
    if head in BUILT_IN or Path(head).suffix.lower() in _TABLES:
        return _data_task(what, head, rest, maker)
    whole = [full for full in molecule_names() if full.startswith(f"{what}_")]
    try:
        posed = pose(whole[0] if len(whole) == 1 else what)
    except UserError as error:
        near = difflib.get_close_matches(head.lower(), ["state", "unitary", *BUILT_IN], n=2, cutoff=0.7)
        if near:
            raise UserError(f"There is no task {what!r}. Did you mean {' or '.join(near)}?") from None
        raise UserError(str(error).replace("There is no problem", "There is no task")) from None
    if posed.problem is not None:
        return combinatorial(posed.problem, maker.setting(posed.n_qubits), name=posed.name)
    subject: Any = posed.subject
    return ground_state(subject, maker.setting(posed.n_qubits), name=posed.name)


def _noise(text: str | None) -> NoiseModel | bool:
    if text is None:
        return True
    kind, _, numbers = text.partition(":")
    if text == "none":
        return False
    try:
        values = [float(word) for word in numbers.split(",")]
    except ValueError:
        values = []
    known = kind in ("depolarizing", "depolarising") and len(values) in (2, 3)
    if not known or not all(0 <= value <= 1 for value in values):
        raise UserError(
            f"--noise must be none, or depolarizing:P1,P2 with the chances (0 to 1) after one- and two-qubit gates "
            f"(and a third number to misread a bit), but is {text!r}."
        )
    model = gate_noise(values[0], values[1])
    return model.readout(values[2], values[2]) if len(values) == 3 else model


# ---------------------------------------------------------------------- states and unitaries
def _ghz(n: int) -> Target:
    state = np.zeros(2**n, complex)
    state[[0, -1]] = np.sqrt(0.5)
    return state


def _w(n: int) -> Target:
    state = np.zeros(2**n, complex)
    state[1 << np.arange(n)] = 1 / np.sqrt(n)
    return state


def _qft(n: int) -> Target:
    k = np.arange(2**n)
    return np.exp(2j * np.pi * np.outer(k, k) / 2**n) / np.sqrt(2**n)


def _random_state(n: int, seed: int = 0) -> Target:
    """Even over all states: a Gaussian vector over its norm."""
    rng = generator(seed)
    vector = rng.normal(size=2**n) + 1j * rng.normal(size=2**n)
    return np.asarray(vector / np.linalg.norm(vector))


def _random_unitary(n: int, seed: int = 0) -> Target:
    """Even over all unitaries. Source: Mezzadri, arXiv:math-ph/0609050."""
    from scipy.stats import unitary_group

    return np.asarray(unitary_group.rvs(2**n, random_state=generator(seed)))


def _random_circuit(n: int, gates: int = 12, seed: int = 0) -> Target:
    """Gates of `GATE_SET` drawn at random with random angles."""
    space, rng = Space(n, GATE_SET, max_gates=gates), generator(seed)
    circuit = space.circuit(draw(space, rng, gates))
    return circuit.bind(w=rng.uniform(-np.pi, np.pi, circuit.n_weights))


STATES: dict[str, Callable[..., Target]] = {
    "ghz": _ghz, "w": _w, "random": _random_state, "circuit": _random_circuit,
}  # fmt: skip
"""Families of states by name, each by its number of qubits."""

UNITARIES: dict[str, Callable[..., Target]] = {"qft": _qft, "random": _random_unitary, "circuit": _random_circuit}
"""Families of unitaries by name, each by its number of qubits."""

GATES_BY_NAME = {
    "toffoli": Circuit(3).ccx(0, 1, 2), "fredkin": Circuit(3).cswap(0, 1, 2), "swap": Circuit(2).swap(0, 1),
}  # fmt: skip
"""Single gates that can be asked for as unitaries."""

_DRAWN = {"random": ("seed",), "circuit": ("gates", "seed")}  # what is drawn has options
_MOST_QUBITS = {"state": 8, "unitary": 4}


def _target_task(what: str, kind: str, rest: str, maker: _Maker) -> Task:
    families = STATES if kind == "state" else UNITARIES
    make: Callable[..., Task] = prepare_state if kind == "state" else prepare_unitary
    name = rest.partition(":")[0]
    if kind == "unitary" and rest in GATES_BY_NAME:
        target: Target = GATES_BY_NAME[rest]
    elif Path(rest).suffix.lower() in (".npy", ".qasm"):
        target = _target_of_file(Path(rest))
    elif name in families:
        target = _of_family(what, families[name], _MOST_QUBITS[kind])
    else:
        known = [*families, *(GATES_BY_NAME if kind == "unitary" else ())]
        near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UserError(
            f"There is no {kind} {rest!r}.{hint} Write {kind}:NAME:QUBITS with {', '.join(known)}, or {kind}:FILE with "
            f"an .npy or .qasm file."
        )
    n = target.n_qubits if isinstance(target, Circuit) else max(len(np.atleast_1d(target)) - 1, 1).bit_length()
    return make(target, maker.setting(n), name=_short(what))


def _of_family(what: str, make: Callable[..., Target], most: int) -> Target:
    kind, name, *words = what.split(":")
    if not words or not words[0].isdigit() or not 1 <= int(words[0]) <= most:
        raise UserError(f"{what!r} has no number of qubits from 1 to {most}: write it as in {kind}:{name}:3.")
    known, options = _DRAWN.get(name, ()), dict[str, int]()
    for word in words[1:]:
        option, _, value = word.partition("=")
        if option not in known or not value.isdigit():
            takes = " and ".join(f"{key}=NUMBER" for key in known) or "no options"
            raise UserError(f"{what!r}: {name} takes {takes}, but {word!r} is given.")
        options[option] = int(value)
    return make(int(words[0]), **options)


def _target_of_file(path: Path) -> Target:
    if not path.is_file():
        raise UserError(f"There is no file {str(path)!r}.")
    if path.suffix.lower() == ".qasm":
        return gates_alone(circuit_of_file(path), path)
    try:
        return np.asarray(np.load(path, allow_pickle=False), complex)
    except (ValueError, TypeError, EOFError) as error:
        raise UserError(f"{path.name} holds no array of numbers: {error}") from None


def _short(what: str) -> str:
    """A name for folders."""
    head, _, rest = what.partition(":")
    words = [Path(rest).stem] if Path(rest).suffix else rest.split(":")
    return "-".join([head, *(word.replace("=", "") for word in words)])


# ---------------------------------------------------------------------- data
def _data_task(what: str, head: str, rest: str, maker: _Maker) -> Task:
    given, own = _data_options(what, head, rest)
    source = f"{head}:{','.join(own)}" if own else head
    if head in NUMBERS:
        raise UserError(f"{head} has numbers as targets; a search needs classes.")
    data = load(source, given.get("target"))
    data = _some_classes(data, given.get("classes"))
    data = draw_rows(data, given.get("samples", _MOST_SAMPLES), maker.seed)
    pixels, width = _pixels(head, data), given.get("features", _SIDE**2)
    X = data.X if pixels is None else data.X @ pixels.T
    n = given.get("qubits", max(4, (len(np.unique(data.y)) - 1).bit_length()))
    keys = {key: given[key] for key in ("encoding", "batch", "uploads", "measure", "readout") if key in given}
    name = "-".join([Path(head).stem, *(word.replace("=", "") for word in rest.replace(",", ":").split(":") if word)])
    task = classify(X, data.y, maker.setting(n), n_qubits=n, n_features=width, name=name, seed=maker.seed, **keys)
    goal = task.goal
    if pixels is None or not isinstance(goal, Classification) or goal.prepared is None:
        return task
    return replace(task, goal=replace(goal, prepared=goal.prepared.after(pixels)))


def _data_options(what: str, head: str, rest: str) -> tuple[dict[str, Any], list[str]]:
    """Our options by name, and those of a generator as they were written."""
    given: dict[str, Any] = {}
    own: list[str] = []
    for word in filter(None, rest.replace(",", ":").split(":")):
        key, equals, value = (part.strip() for part in word.partition("="))
        kind = _DATA_OPTIONS.get(key)
        if head in GENERATORS and (kind is None or key == "features"):
            own.append(word)
        elif kind is None or not equals:
            near = difflib.get_close_matches(key, _DATA_OPTIONS, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UserError(f"{what!r}: {key!r} is no option.{hint} Data have {', '.join(_DATA_OPTIONS)}.")
        elif kind is int and not (value.isdigit() and int(value) > 0):
            raise UserError(f"{what!r}: {key} must be a whole number above 0, but is {value!r}.")
        else:
            given[key] = kind(value)
    return given, own


def _some_classes(data: Dataset, count: int | None) -> Dataset:
    """The samples of the first so many classes."""
    classes = np.unique(data.y)
    if count is None or count == len(classes):
        return data
    if not 2 <= count < len(classes):
        raise UserError(f"{data.name}: classes must be from 2 to {len(classes)}, but is {count}.")
    rows = np.isin(data.y, classes[:count])
    return replace(data, X=data.X[rows], y=data.y[rows])


def _pixels(head: str, data: Dataset) -> Floats | None:
    """(_SIDE^2, F) what makes `_SIDE` x `_SIDE` pixels of images, each the mean of those it covers; None for others."""
    side = round(np.sqrt(data.X.shape[1]))
    if head not in ("digits", *IMAGES) or side % _SIDE:
        return None
    step = side // _SIDE
    rows = np.kron(np.eye(_SIDE), np.full((1, step), 1 / step))
    return np.asarray(np.kron(rows, rows))
