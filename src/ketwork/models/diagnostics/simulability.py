"""Would a classical method do the same? What each of several would need for one circuit, and a sentence about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

from ketwork.checks import check_real
from ketwork.circuit import Circuit
from ketwork.engine.door import check_observables
from ketwork.models.diagnostics.draws import check_unitary
from ketwork.models.diagnostics.light_cones import LightCone, is_free_fermion, light_cones, separate_parts
from ketwork.models.diagnostics.nonclifford import NonClifford, non_clifford
from ketwork.models.diagnostics.pauli_paths import PauliPaths, pauli_paths
from ketwork.models.diagnostics.schmidt import BondDimensions, bond_dimensions
from ketwork.operators import PauliSum

EXACT_QUBITS = 30
"""Up to here a state vector fits a workstation (16 GiB in double precision)."""
_BOND, _EXTENT, _FOLLOWED = 4096, 30.0, 3
_ERROR = 0.1  # of a state made of stabilizer states, in norm: they are extent / error^2
_DROPPED = 0.03  # of an observable's norm: an error that readout with 1,000 shots has too


@dataclass(frozen=True, eq=False)
class Simulability:
    """What classical methods would need for a circuit.

    bonds: of a matrix product state. magic: T gates and stabilizer extent. cones: what each observable sees. paths:
    Pauli propagation of the observables with the widest cones. parts: sets of qubits that no gate connects.
    free_fermion: whether it is made of matchgates. possible: the methods that would do it. reasons: a sentence each.
    """

    n_qubits: int
    bonds: BondDimensions
    magic: NonClifford
    cones: tuple[LightCone, ...]
    paths: tuple[PauliPaths, ...]
    parts: tuple[tuple[int, ...], ...]
    free_fermion: bool
    possible: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """Whether a classical method would do the same, and by what."""
        if not self.possible:
            return "None of the classical methods looked at does the same cheaply; that is no proof that there is none."
        return f"A classical computer does the same: {', '.join(self.possible)}."

    @property
    def scalable(self) -> tuple[str, ...]:
        """The possible methods besides plain exact simulation: those that may go on working at more qubits."""
        return tuple(method for method in self.possible if method != "exact state vector")


def simulability(
    circuit: Circuit,
    observables: PauliSum | Sequence[PauliSum] | None = None,
    inputs: Any = None,
    weights: Any = None,
    fidelity: float = 0.99,
    cutoff: float = 1e-4,
    precision: float = 1e-3,
) -> Simulability:
    """Ask matrix product states, stabilizer states, Pauli propagation, light cones and free fermions what they need.

    inputs (F,), weights (P,): numbers for the slots. observables: what is read (default: Z on each qubit). fidelity:
    of the matrix product state. cutoff: of Pauli coefficients. precision: of rotations made of T gates.
    """
    check_unitary(circuit, 60)
    bound = circuit.bind(None if not circuit.n_inputs else inputs, None if not circuit.n_weights else weights)
    if bound.n_inputs or bound.n_weights:
        missing = "inputs" if bound.n_inputs else "weights"
        raise ValueError(f"Argument `{missing}` is missing: the circuit has slots without numbers.")
    check_real("cutoff", cutoff, 0)
    n = bound.n_qubits
    if observables is None:
        observables = [PauliSum.from_dict({"I" * q + "Z" + "I" * (n - q - 1): 1.0}) for q in range(n)]
    sums = check_observables(n, observables)
    cones = tuple(light_cones(bound, sums))
    widest = sorted(range(len(sums)), key=lambda k: (-len(cones[k].qubits), -cones[k].gates, k))[:_FOLLOWED]
    paths = tuple(pauli_paths(bound, sums[k], cutoff) for k in widest)
    bonds, magic = bond_dimensions(bound, fidelity), non_clifford(bound, precision)
    parts, free = tuple(separate_parts(bound)), is_free_fermion(bound)
    free = free and all(_quadratic(one) for one in sums)
    possible, reasons = _judged(n, bonds, magic, cones, paths, parts, free)
    return Simulability(n, bonds, magic, cones, paths, parts, free, possible, reasons)


def _quadratic(observable: PauliSum) -> bool:
    return all(string.count("I") >= len(string) - 1 and set(string) <= {"I", "Z"} for string, _ in observable.terms)


def _judged(
    n: int, bonds: BondDimensions, magic: NonClifford, cones: Sequence[LightCone], paths: Sequence[PauliPaths],
    parts: Sequence[tuple[int, ...]], free: bool,
) -> tuple[tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    """The methods that would do, and what each would need."""
    possible, reasons = [], []

    def judge(fits: bool, method: str, said: str) -> None:
        reasons.append(said)
        if fits:
            possible.append(method)

    judge(
        n <= EXACT_QUBITS, "exact state vector",
        f"Exact: {2**n:,} amplitudes, {_memory(2**n * 16)}" + ("." if n <= EXACT_QUBITS else ", too many."),
    )  # fmt: skip
    judge(
        bonds.largest <= min(_BOND, bonds.limit // 2), f"matrix product state of bond dimension {bonds.largest}",
        f"Matrix product state: bond dimension {bonds.largest} "
        + (f"keeps a fidelity of {bonds.fidelity:g}" if bonds.needed is not None else "at most, by the gates alone")
        + f"; any state of {n} qubits fits {bonds.limit:,}.",
    )  # fmt: skip
    states = magic.log2_extent - 2 * log2(_ERROR) if magic.log2_extent else 0.0
    judge(
        states <= min(_EXTENT, n - 1), "stabilizer states" if magic.log2_extent else "Clifford simulation",
        f"Stabilizer states: {magic.rotations} rotations and {magic.t_gates} T gates are not Clifford, about "
        f"2^{states:.1f} stabilizer states for an error of {_ERROR:g} beside 2^{n} amplitudes; {magic.t_count:,} T "
        f"gates at a precision of {magic.precision:g}.",
    )  # fmt: skip
    done = [p for p in paths if p.value is not None]
    most = max((p.largest for p in paths), default=0)
    lost = max((p.dropped for p in done), default=0.0)
    judge(
        len(done) == len(paths) and most <= 4**n // 16 and lost <= _DROPPED, "Pauli propagation",
        f"Pauli propagation: at most {most:,} of 4^{n} strings above {paths[0].cutoff:g}"
        + (f", dropping a norm of {lost:.2g}." if len(done) == len(paths) else
           f"; {len(paths) - len(done)} of {len(paths)} observables had more than {paths[0].max_terms:,}."),
    )  # fmt: skip
    wide = max((len(c.qubits) for c in cones), default=0)
    judge(
        wide <= EXACT_QUBITS and wide < n, f"light cones of {wide} qubits",
        f"Light cones: a readout sees at most {wide} of {n} qubits and {max((c.gates for c in cones), default=0)} of "
        "the gates.",
    )  # fmt: skip
    if len(parts) > 1:
        size = len(parts[0])
        judge(
            size <= EXACT_QUBITS, f"separate parts of at most {size} qubits",
            f"The circuit falls into {len(parts)} parts that no gate connects, the largest of {size} qubits.",
        )  # fmt: skip
    if free:
        judge(
            True, "free fermions", "Every gate is a matchgate on neighbouring qubits, and the readout is Z: n^3 time."
        )
    return tuple(possible), tuple(reasons)


def _memory(size: int) -> str:
    """Bytes with a unit."""
    for power, unit in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
        if size >= 1024**power:
            return f"{size / 1024**power:,.3g} {unit}"
    return f"{size} bytes"
