"""How far a circuit is from Clifford: non-Clifford rotations, T gates when they are synthesised, stabilizer extent."""

from dataclasses import dataclass

import numpy as np

from ketwork.checks import check_real
from ketwork.circuit import Circuit
from ketwork.circuit.decompose import gate_steps
from ketwork.circuit.gates import Rot
from ketwork.models.diagnostics.draws import check_unitary, step_angle

_EXACT = 1e-9
_T_TIMES = 3.0  # T gates a rotation for each factor 2 in precision


@dataclass(frozen=True)
class NonClifford:
    """What is not Clifford in a circuit, each gate taken as the Pauli rotations it is made of.

    clifford: rotations by multiples of pi/2. t_gates: rotations that are one T gate and Cliffords (odd multiples of
    pi/4). rotations: all others. precision: of the whole circuit, in operator norm. t_count: T gates in all when those
    are synthesised so precisely. log2_extent: the logarithm of a bound on the number of stabilizer states among which a
    simulation samples; 0 for a Clifford circuit.
    """

    clifford: int
    t_gates: int
    rotations: int
    precision: float
    t_count: int
    log2_extent: float


def non_clifford(circuit: Circuit, precision: float = 1e-3) -> NonClifford:
    """Count what is not Clifford in a circuit without slots; a rotation about any Pauli string is one about Z between
    Clifford gates.

    A rotation that is no multiple of pi/4 takes about 3 log2(1 / epsilon) T gates with epsilon = precision / rotations.
    log2_extent sums log2 (cos(a/2) + tan(pi/8) sin(a/2))^2 over angles a within [0, pi/2): simulating by stabilizer
    states takes of the order of 2^log2_extent of them (over the error squared). Neighbouring rotations about the same
    string are not merged, and nothing is optimised: all are upper bounds.
    Raises: ValueError for open slots, measurements, or states that are prepared by amplitudes.
    Source: Ross and Selinger, arXiv:1403.2975, sec. 1 (T count 3 log2(1/epsilon) + O(log log(1/epsilon))); Bravyi et
    al., Quantum 3 (2019) 181, arXiv:1808.00128, sec. 2.3 and 5.2 (extent of rotations, sparsification).
    """
    check_unitary(circuit, 60)
    if circuit.n_inputs or circuit.n_weights:
        raise ValueError("Argument `circuit` must have no open slots; bind its inputs and weights first.")
    if check_real("precision", precision, 0, 1) == 0:
        raise ValueError("Argument `precision` must be above 0: no number of T gates makes any rotation exactly.")
    clifford = t_gates = rotations = 0
    extent = 0.0
    for gate in circuit.gates:
        if gate.name == "prepare":
            raise ValueError("T gates of states that are prepared by amplitudes are not counted; give a circuit.")
        for step in gate_steps(gate):
            if not isinstance(step, Rot) or set(step.pauli) <= {"I"}:
                continue
            beyond = step_angle(step, gate) % (np.pi / 2)
            angle = min(beyond, np.pi / 2 - beyond)  # a Clifford away, and mirrored
            if angle < _EXACT:
                clifford += 1
                continue
            if abs(angle - np.pi / 4) < _EXACT:
                t_gates += 1
            else:
                rotations += 1
            extent += 2 * np.log2(np.cos(angle / 2) + np.tan(np.pi / 8) * np.sin(angle / 2))
    each = _T_TIMES * np.log2(max(rotations, 1) / precision)
    return NonClifford(clifford, t_gates, rotations, precision, t_gates + int(np.ceil(rotations * each)), float(extent))
