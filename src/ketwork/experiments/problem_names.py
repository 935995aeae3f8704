"""What `ketwork solve` is asked about, from the words of a user: a molecule, a spin model, a sum, or an instance.

Names are tried in this order: an existing file (.xyz, .json, or an instance); MODEL:LATTICE:SIZE[:NAME=VALUE...]; a
ready molecule; an instance of the data folder.
"""

import difflib
import errno
import hashlib
import json
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ketwork.archives import data_folder
from ketwork.checks import check_choice
from ketwork.experiments.task import UserError
from ketwork.operators import (
    IndependentSet,
    LowAutocorrelation,
    MaxCut,
    Molecule,
    PauliSum,
    Problem,
    load_hamiltonian,
    load_instance,
    load_molecule,
    molecule,
    molecule_names,
    spins,
)
from ketwork.operators.instances import ORIGINS
from ketwork.operators.molecule_files import USUAL

LATTICES: dict[str, tuple[str, Callable[..., spins.Lattice]]] = {
    "chain": ("N", spins.chain),
    "ring": ("N", spins.ring),
    "ladder": ("RUNGS", spins.ladder),
    "square": ("ROWSxCOLUMNS", spins.square),
    "torus": ("ROWSxCOLUMNS", lambda rows, columns: spins.square(rows, columns, periodic=True)),
    "graph": ("A-B,B-C,...", spins.graph),
}
"""Lattices by name: how their size is written, and what makes them."""

MODELS: dict[str, tuple[Callable[..., PauliSum], dict[str, str]]] = {
    "ising": (spins.ising, {"coupling": "coupling", "field": "field"}),
    "tfim": (
        spins.transverse_ising,
        {"coupling": "coupling", "field": "transverse", "longitudinal": "longitudinal"},
    ),
    "xy": (spins.xy, {"coupling": "coupling", "anisotropy": "anisotropy", "field": "field"}),
    "xxz": (spins.xxz, {"coupling": "coupling", "delta": "delta", "field": "field"}),
    "heisenberg": (spins.heisenberg, {"coupling": "coupling", "field": "field", "dm": "dm", "ksea": "ksea"}),
}
"""Spin models by name: what makes the sum, and the parameters as they are written with the argument that each is."""

GRAPH_PROBLEMS: dict[str, Callable[..., Problem]] = {"maxcut": MaxCut, "mis": IndependentSet}
"""Optimisation problems on lattices, by name."""

GRAMMAR = (
    f"MODEL:LATTICE:SIZE[:NAME=VALUE...], such as heisenberg:ring:8 or tfim:chain:10:field=0.5; models: "
    f"{', '.join(MODELS)}; lattices: {', '.join(f'{name}:{size}' for name, (size, _) in LATTICES.items())}; problems: "
    f"{', '.join(f'{name}:LATTICE:SIZE' for name in GRAPH_PROBLEMS)}, labs:LENGTH"
)
"""How models with sizes are written."""


_LONGEST = 80  # letters of a folder's name


@dataclass(frozen=True)
class Chemistry:
    """What makes a molecule of an .xyz file. active: "ELECTRONS,ORBITALS". mapping: also chooses a ready molecule's."""

    basis: str | None = None
    charge: int | None = None
    spin: int | None = None
    active: str | None = None
    mapping: str | None = None


@dataclass(frozen=True)
class Posed:
    """What is to be solved: a Hamiltonian (of a molecule, or without one), or an optimisation problem.

    name: short, for folders. written: a model with its size as the user wrote it.
    """

    name: str
    hamiltonian: PauliSum | None = None
    molecule: Molecule | None = None
    problem: Problem | None = None
    written: str = ""

    @property
    def title(self) -> str:
        return self.written or self.name

    @property
    def subject(self) -> Molecule | PauliSum | Problem:
        """What solvers take: the molecule, the Hamiltonian alone, or the problem."""
        for found in (self.problem, self.molecule, self.hamiltonian):
            if found is not None:
                return found
        raise TypeError("A `Posed` must have a Hamiltonian or a problem, but has neither.")

    @property
    def unit(self) -> str:
        """Of energies, "" where they have none."""
        return "hartree" if self.molecule is not None else ""

    @property
    def n_qubits(self) -> int:
        """Of the Hamiltonian, or of the problem's QUBO with a qubit a variable."""
        if self.problem is not None:
            return self.problem.n_qubits
        return self.hamiltonian.n_qubits if self.hamiltonian is not None else 0


def pose(what: str, chemistry: Chemistry | None = None, kind: str | None = None, index: int | None = None) -> Posed:
    """What a name or file stands for. kind, index: of an instance file, as for `load_instance`.

    Raises: UserError, a line, for names that are not known (with the nearest), files that are malformed (with the
    line), options that do not go with it, and extras that are missing.
    """
    options = chemistry or Chemistry()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # PySCF says by warnings what its error says as well
            return _posed(what.strip(), options, kind, index)
    except UserError:
        raise
    except (ValueError, TypeError, RuntimeError, OSError) as error:
        raise UserError(_one_line(error)) from None
    except ImportError as error:
        if "pip install" not in str(error):
            raise
        raise UserError(_one_line(error)) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _posed(what: str, chemistry: Chemistry, kind: str | None, index: int | None) -> Posed:
    lower, path = what.lower(), Path(what)
    if lower.endswith(".xyz"):
        _refuse({"kind": kind, "index": index}, "is for instance files")
        return _of_geometry(path, chemistry)
    given = {name: value for name, value in vars(chemistry).items() if name != "mapping"}
    _refuse(given, "is for molecules from .xyz files")
    if lower.endswith(".json"):
        _refuse({"kind": kind, "index": index, "mapping": chemistry.mapping}, "does not go with a .json file")
        return _of_json(path)
    if ":" in what and not _exists(path):
        _refuse({"kind": kind, "index": index, "mapping": chemistry.mapping}, "does not go with a spin model")
        return _of_grammar(what)
    if not _exists(path) and (what in USUAL or what in _molecules()):
        _refuse({"kind": kind, "index": index}, "is for instance files")
        found = load_molecule(what, chemistry.mapping)
        return Posed(what, found.hamiltonian, found)
    _refuse({"mapping": chemistry.mapping}, "is for molecules")
    try:
        problem = load_instance(what, kind, index)
    except OSError as error:
        if error.errno not in (None, errno.ENOENT, errno.ENAMETOOLONG):
            raise
        raise UserError(_unknown(what, path, str(error))) from None
    return Posed(problem.name or path.stem, problem=problem)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # too long for a name
        return False


def _refuse(options: dict[str, Any], why: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise UserError(f"--{name} {why}.")


def _molecules() -> set[str]:
    """The full names of ready molecules, and those without qubits and mapping."""
    full = molecule_names()
    bare = {"_".join(name.split("_")[:count]) for name in full for count in (1, 2)}
    return {*full, *(b for b in bare if not b.split("_")[-1].endswith("q"))}


# ---------------------------------------------------------------------- molecules and sums
def _of_geometry(path: Path, chemistry: Chemistry) -> Posed:
    active = None if chemistry.active is None else _active(chemistry.active)
    made = molecule(
        path,
        chemistry.basis or "sto-3g",
        chemistry.charge or 0,
        chemistry.spin or 0,
        active_space=active,
        mapping=chemistry.mapping or "jordan_wigner",
    )
    return Posed(path.stem, made.hamiltonian, made)


def _active(text: str) -> tuple[int, int]:
    """The electrons and orbitals of "4,4"."""
    words = text.split(",")
    if len(words) != 2 or not all(word.strip().isdigit() for word in words):
        raise UserError(f"--active must be ELECTRONS,ORBITALS such as 4,4, but is {text!r}.")
    return int(words[0]), int(words[1])


def _of_json(path: Path) -> Posed:
    """A molecule where the file has all that makes one, else the sum alone."""
    hamiltonian = load_hamiltonian(path)
    if not hamiltonian.is_hermitian:
        raise UserError(f"{path.name}: the sum is not Hermitian: its energies would be complex.")
    if "active_space" in json.loads(path.read_text(encoding="utf-8")):
        found = load_molecule(path)
        return Posed(path.stem, found.hamiltonian, found)
    return Posed(path.stem, hamiltonian)


# ---------------------------------------------------------------------- models with sizes
def _of_grammar(what: str) -> Posed:
    model, *rest = (word.strip() for word in what.split(":"))
    name = _folder(what)
    if model == "labs":
        if len(rest) != 1 or not rest[0].isdigit():
            raise UserError(f"A low-autocorrelation sequence is written labs:LENGTH, but this is {what!r}.")
        return Posed(name, problem=replace(LowAutocorrelation(int(rest[0])), name=name), written=what)
    known = (*MODELS, *GRAPH_PROBLEMS, "labs")
    if model not in known:
        raise UserError(f"There is no model {model!r}.{_near(model, known)} Write {GRAMMAR}.")
    if len(rest) < 2:
        raise UserError(f"{what!r} has no {'size' if rest else 'lattice'}: write {GRAMMAR}.")
    lattice = _lattice(what, rest[0], rest[1])
    if model in GRAPH_PROBLEMS:
        if len(rest) > 2:
            raise UserError(f"{model}:LATTICE:SIZE takes no parameters, but {rest[2]!r} is given.")
        return Posed(name, problem=GRAPH_PROBLEMS[model](lattice.n_sites, lattice.edges, name=name), written=what)
    make, arguments = MODELS[model]
    made = make(lattice, **dict(_parameter(model, word, arguments) for word in rest[2:]))
    return Posed(name, made, written=what)


def _folder(what: str) -> str:
    """A model as the name of a folder; of a long one the start and a digest, since names have at most 255 letters."""
    name = "-".join(word.strip() for word in what.replace("=", "").replace(",", "_").replace("/", "_").split(":"))
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}-{hashlib.sha256(what.encode()).hexdigest()[:8]}"


def _lattice(what: str, name: str, size: str) -> spins.Lattice:
    try:
        written, make = LATTICES[check_choice("lattice", name, LATTICES)]
    except ValueError as error:
        raise UserError(f"{what!r}: {error}") from None
    try:
        if name == "graph":
            return make([tuple(_whole(node) for node in edge.split("-")) for edge in size.split(",")])
        sizes = [_whole(word) for word in size.lower().split("x")]
        if len(sizes) != written.count("x") + 1:
            raise ValueError(f"{size!r} has {len(sizes)} number{'s' * (len(sizes) > 1)}")
    except ValueError as error:
        raise UserError(
            f"{what!r}: the size of a {name} is written {written}, but {_one_line(error).rstrip('.')}."
        ) from None
    try:
        return make(*sizes)
    except ValueError as error:
        raise UserError(f"{what!r}: {error}") from None


def _whole(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise ValueError(f"{word!r} is no whole number" if word.strip() else "a number is missing") from None


def _parameter(model: str, word: str, arguments: dict[str, str]) -> tuple[str, Any]:
    """(argument, value) of "field=0.5", or of three components "field=0/0/0.5" where the model has them."""
    name, equals, value = word.partition("=")
    if not equals:
        raise UserError(f"A parameter is written NAME=VALUE, but it is {word!r}; {model} has {', '.join(arguments)}.")
    if name not in arguments:
        raise UserError(f"{model} has no parameter {name!r}.{_near(name, arguments)} It has {', '.join(arguments)}.")
    try:
        numbers = [float(part) for part in value.split("/")]
    except ValueError:
        raise UserError(f"{name} must be a number, but is {value!r}.") from None
    if not all(math.isfinite(number) for number in numbers):
        raise UserError(f"{name} must be finite, but is {value!r}.")
    if len(numbers) not in ((1, 3) if model == "heisenberg" else (1,)):
        several = "a number or three, x/y/z" if model == "heisenberg" else "one number"
        raise UserError(f"{name} of {model} must be {several}, but is {value!r}.")
    return arguments[name], numbers[0] if len(numbers) == 1 else tuple(numbers)


# ---------------------------------------------------------------------- what it may have been
def _near(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, list(known), n=2, cutoff=0.5)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _unknown(what: str, path: Path, error: str) -> str:
    """What to say of a name that fits nothing: the nearest names, and what can be asked for."""
    if path.suffix and path.parent != Path() and path.parts[0] not in ORIGINS:
        return error
    known = [*_molecules(), *(f"{model}:" for model in (*MODELS, *GRAPH_PROBLEMS)), *_instances()]
    near = _near(what, known)
    if path.parts and path.parts[0] in ORIGINS:
        return f"{error}{near}"
    return (
        f"There is no problem {what!r}.{near} Name a molecule ({', '.join(USUAL)}, ...), a file (.xyz, .json or an "
        f"instance), an instance such as gset/gset_14, or a model with its size such as heisenberg:ring:8."
    )


def _instances() -> list[str]:
    """Instances of the data folder, as archive/name."""
    places = [data_folder() / archive for archive in ORIGINS]
    files = [path for place in places if place.is_dir() for path in sorted(place.rglob("*"))]
    return [f"{p.relative_to(data_folder()).parts[0]}/{p.stem}" for p in files if p.suffix in (".txt", ".dat", ".gph")]
