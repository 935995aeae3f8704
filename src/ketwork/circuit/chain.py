"""The chainable gate methods of a circuit, one for each row of the gate table, which also gives their docstrings.

They are written out, not generated, so that editors and type checkers know them: `c.h(0).ry(1, w[0]).crx(0, 1, 0.5)`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ketwork.circuit.gates import GATES
from ketwork.circuit.operation import ConditionLike, Gate, Param, make_gate

if TYPE_CHECKING:
    from ketwork.circuit.circuit import Circuit


class GateMethods:
    """Every method returns a new circuit with the gate at its end; qubits first, then angles in radians.

    `condition=(bit, value)`, or a list of such pairs, makes a gate happen only when classical bits have these values.
    """

    __slots__ = ()

    _extended: Callable[[Iterable[Gate]], "Circuit"]  # how a `Circuit` grows

    def append(
        self,
        name: str,
        qubits: Sequence[int],
        params: Sequence[Param] = (),
        payload: Any = None,
        condition: ConditionLike = None,
    ) -> "Circuit":
        """A new circuit with one more gate, by its name in the gate table."""
        return self._extended((make_gate(name, qubits, params, payload, condition),))

    def i(self, q: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("i", (q,), condition=condition)

    def x(self, q: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("x", (q,), condition=condition)

    def y(self, q: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("y", (q,), condition=condition)

    def z(self, q: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("z", (q,), condition=condition)

    def h(self, q: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("h", (q,), condition=condition)

    def s(self, q: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("s", (q,), condition=condition)

    def sdg(self, q: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("sdg", (q,), condition=condition)

    def t(self, q: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("t", (q,), condition=condition)

    def tdg(self, q: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("tdg", (q,), condition=condition)

    def sx(self, q: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("sx", (q,), condition=condition)

    def sxdg(self, q: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("sxdg", (q,), condition=condition)

    def rx(self, q: int, theta: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("rx", (q,), (theta,), condition=condition)

    def ry(self, q: int, theta: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("ry", (q,), (theta,), condition=condition)

    def rz(self, q: int, theta: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("rz", (q,), (theta,), condition=condition)

    def p(self, q: int, lam: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("p", (q,), (lam,), condition=condition)

    def u3(self, q: int, theta: Param, phi: Param, lam: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("u3", (q,), (theta, phi, lam), condition=condition)

    def cx(self, control: int, target: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("cx", (control, target), condition=condition)

    def cy(self, control: int, target: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("cy", (control, target), condition=condition)

    def cz(self, control: int, target: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("cz", (control, target), condition=condition)

    def ch(self, control: int, target: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("ch", (control, target), condition=condition)

    def swap(self, a: int, b: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("swap", (a, b), condition=condition)

    def iswap(self, a: int, b: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("iswap", (a, b), condition=condition)

    def iswap_dg(self, a: int, b: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("iswap_dg", (a, b), condition=condition)

    def ecr(self, a: int, b: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("ecr", (a, b), condition=condition)

    def crx(self, control: int, target: int, theta: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("crx", (control, target), (theta,), condition=condition)

    def cry(self, control: int, target: int, theta: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("cry", (control, target), (theta,), condition=condition)

    def crz(self, control: int, target: int, theta: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("crz", (control, target), (theta,), condition=condition)

    def cp(self, control: int, target: int, lam: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("cp", (control, target), (lam,), condition=condition)

    def rxx(self, a: int, b: int, theta: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("rxx", (a, b), (theta,), condition=condition)

    def ryy(self, a: int, b: int, theta: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("ryy", (a, b), (theta,), condition=condition)

    def rzz(self, a: int, b: int, theta: Param, condition: ConditionLike = None) -> "Circuit":
        return self.append("rzz", (a, b), (theta,), condition=condition)

    def xx_plus_yy(self, a: int, b: int, theta: Param, beta: Param = 0.0, condition: ConditionLike = None) -> "Circuit":
        return self.append("xx_plus_yy", (a, b), (theta, beta), condition=condition)

    def xx_minus_yy(
        self, a: int, b: int, theta: Param, beta: Param = 0.0, condition: ConditionLike = None
    ) -> "Circuit":
        return self.append("xx_minus_yy", (a, b), (theta, beta), condition=condition)

    def ccx(self, a: int, b: int, target: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("ccx", (a, b, target), condition=condition)

    def ccz(self, a: int, b: int, c: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("ccz", (a, b, c), condition=condition)

    def cswap(self, control: int, a: int, b: int, condition: ConditionLike = None) -> "Circuit":
        return self.append("cswap", (control, a, b), condition=condition)

    def pauli_rotation(
        self, qubits: Sequence[int], letters: str, theta: Param, condition: ConditionLike = None
    ) -> "Circuit":
        """exp(-i theta/2 P) for the Pauli string with `letters[k]` on `qubits[k]`."""
        return self.append("pauli_rotation", qubits, (theta,), letters, condition)

    def unitary(self, qubits: Sequence[int], matrix: Any, condition: ConditionLike = None) -> "Circuit":
        """A unitary matrix on one or two qubits, the first one most significant."""
        return self.append("unitary", qubits, (), matrix, condition)

    def diagonal(self, qubits: Sequence[int], phases: Any, condition: ConditionLike = None) -> "Circuit":
        """A diagonal unitary: `phases` are its 2^k complex numbers of modulus 1."""
        return self.append("diagonal", qubits, (), phases, condition)

    def prepare(self, qubits: Sequence[int], amplitudes: Any) -> "Circuit":
        """Put qubits that no gate has touched into the state with these 2^k amplitudes, of norm 1."""
        return self.append("prepare", qubits, (), amplitudes)

    def global_phase(self, phi: Param) -> "Circuit":
        """Multiply the state by exp(i phi)."""
        return self.append("global_phase", (), (phi,))

    def measure(self, q: int, bit: int, condition: ConditionLike = None) -> "Circuit":
        """Measure a qubit into a classical bit."""
        return self.append("measure", (q,), (), bit, condition)

    def reset(self, q: int, condition: ConditionLike = None) -> "Circuit":
        """Set a qubit to 0."""
        return self.append("reset", (q,), condition=condition)


for _name, _gate_row in GATES.items():
    getattr(GateMethods, _name).__doc__ = _gate_row.help
