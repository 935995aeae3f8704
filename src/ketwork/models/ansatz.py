"""Ansaetze in layers: circuits of trainable weights w[0], w[1], ..., and the table of all ansaetze by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ketwork.checks import check_choice, check_int
from ketwork.circuit import GATES, Circuit
from ketwork.models.couplings import ENTANGLERS, Topology, append_weighted, check_topology, connected_pairs, entangle
from ketwork.models.encoding import without_entanglement
from ketwork.models.equivariant import equivariant_ansatz
from ketwork.models.hamiltonian_ansatz import hamiltonian_variational
from ketwork.models.qcnn_ansatz import qcnn, remaining_qubits
from ketwork.models.quanvolution import random_layers
from ketwork.models.symmetric_ansatz import exchange_circuit, excitation_circuit, number_conserving
from ketwork.models.tensor_ansatz import mera, mps_ansatz, tree_tensor_network
from ketwork.operators.pauli import pauli


def hardware_efficient(
    n_qubits: int,
    layers: int,
    rotations: Sequence[str] = ("Y", "Z"),
    entangler: str = "cx",
    topology: Topology = "ring",
) -> Circuit:
    """Layers of rotations about the given axes on every qubit, then entanglers; a last layer of rotations closes.

    entangler: any two-qubit gate; its angles, if any, are weights. topology: one of `TOPOLOGIES`, or pairs of qubits
    such as a device's couplings. Weights: (layers + 1) * n_qubits * len(rotations), and the entanglers'.
    Source: Kandala et al., Nature 549 (2017) 242, arXiv:1704.05018, eq. 1, with any rotations and entangler.
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    check_int("layers", layers, 0)
    names = _axes(rotations)
    for layer in range(layers + 1):
        for q in range(n_qubits):
            for name in names:
                circuit = append_weighted(circuit, name, (q,))
        if layer < layers:
            circuit = entangle(circuit, entangler, topology, layer)
    return circuit


def strongly_entangling(n_qubits: int, layers: int, entangler: str = "cx") -> Circuit:
    """Layers of RZ RY RZ on every qubit, then entanglers from each qubit to one further on, further each layer.

    In layer l qubit q is entangled with q + r mod n, r = l mod (n - 1) + 1. Weights: layers * n_qubits * 3, and the
    entanglers'.
    Source: Schuld, Bocharov, Svore, Wiebe, arXiv:1804.00633, sec. III (strongly entangling blocks).
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    check_choice("entangler", entangler, ENTANGLERS)
    for layer in range(check_int("layers", layers, 0)):
        for q in range(n_qubits):
            for name in ("rz", "ry", "rz"):
                circuit = append_weighted(circuit, name, (q,))
        if n_qubits > 1 and entangler != "none":
            reach = layer % (n_qubits - 1) + 1
            for q in range(n_qubits):
                circuit = append_weighted(circuit, entangler, (q, (q + reach) % n_qubits))
    return circuit


def basic_entangler(n_qubits: int, layers: int, rotation: str = "X", entangler: str = "cx") -> Circuit:
    """Layers of one rotation on every qubit and a closed chain of entanglers: PennyLane's BasicEntanglerLayers.

    Weights: layers * n_qubits, and the entanglers'.
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    (name,) = _axes((rotation,), "rotation")
    for _ in range(check_int("layers", layers, 0)):
        for q in range(n_qubits):
            circuit = append_weighted(circuit, name, (q,))
        circuit = entangle(circuit, entangler, "ring")
    return circuit


def kandala(n_qubits: int, layers: int, pairs: Sequence[Sequence[int]] | None = None, entangler: str = "cz") -> Circuit:
    """Euler rotations Z X Z on every qubit, and `layers` times entanglers on `pairs` and Euler rotations again.

    pairs: of a device's coupled qubits, in the order in which they are entangled; None for the chain (0, 1), (1, 2), ..
    The first Z would act on |0> and is left out. Weights: n_qubits * (3 * layers + 2), qubit by qubit in each layer.
    The experiment's entangler is a cross-resonance drift of fixed length; any fixed one serves.
    Source: Kandala et al., Nature 549 (2017) 242, arXiv:1704.05018, eq. 1.
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    check_choice("entangler", entangler, ENTANGLERS)
    for pair in () if pairs is None else pairs:
        if not hasattr(pair, "__len__") or len(pair) != 2:
            raise ValueError(f"Argument `pairs` must hold pairs of qubits, such as (0, 1), but holds {pair}.")
    chosen = connected_pairs(n_qubits, "linear") if pairs is None else [(a, b) for a, b in pairs]
    for layer in range(check_int("layers", layers, 0) + 1):
        if layer and entangler != "none":
            for pair in chosen:
                circuit = append_weighted(circuit, entangler, pair)
        for q in range(n_qubits):
            for letter in "zxz" if layer else "xz":
                circuit = append_weighted(circuit, f"r{letter}", (q,))
    return circuit


def two_local(
    n_qubits: int,
    layers: int = 3,
    rotations: Sequence[str] = ("ry",),
    entanglers: Sequence[str] = ("cx",),
    topology: Topology | Callable[[int], Topology] = "full",
    last_rotations: bool = True,
) -> Circuit:
    """Qiskit's n_local: one-qubit gates on all qubits, two-qubit gates on pairs, in turn.

    rotations: one-qubit gates of the table, such as "ry" or "h"; entanglers: two-qubit gates, such as "cx" or "crz".
    Every angle is a weight of its own, gate by gate in each layer, in Qiskit's order. topology: one of `TOPOLOGIES`,
    pairs of qubits, or a function from the layer to these. last_rotations: whether rotations close.
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    singles = [name for name, row in GATES.items() if row.n_qubits == 1]
    for name in rotations:
        check_choice("rotations", name, singles)
    for name in entanglers:
        check_choice("entanglers", name, ENTANGLERS)
    for layer in range(check_int("layers", layers, 0) + 1):
        if layer == layers and not last_rotations:
            break
        for name in rotations:
            for q in range(n_qubits):
                circuit = append_weighted(circuit, name, (q,))
        for name in entanglers if layer < layers else ():
            circuit = entangle(circuit, name, topology(layer) if callable(topology) else topology, layer)
    return circuit


def efficient_su2(
    n_qubits: int, layers: int = 3, entanglement: Topology = "reverse_linear", rotations: Sequence[str] = ("Y", "Z")
) -> Circuit:
    """Qiskit's circuit of this name: RY on all qubits, RZ on all qubits, CX on pairs; rotations close.

    layers: what Qiskit calls reps. entanglement: one of `TOPOLOGIES` or pairs. rotations: axes out of X, Y, Z.
    Weights: (layers + 1) * len(rotations) * n_qubits, axis by axis in each layer, in Qiskit's order.
    """
    check_topology("entanglement", entanglement, check_int("n_qubits", n_qubits, 1))
    return two_local(n_qubits, layers, _axes(rotations), ("cx",), entanglement)


def real_amplitudes(n_qubits: int, layers: int = 3, entanglement: Topology = "reverse_linear") -> Circuit:
    """Qiskit's circuit of this name: `efficient_su2` with RY alone, whose states have real amplitudes.

    Weights: (layers + 1) * n_qubits.
    """
    return efficient_su2(n_qubits, layers, entanglement, ("Y",))


def brick_wall(n_qubits: int, layers: int, rotations: Sequence[str] = ("Y", "Z"), entangler: str = "cx") -> Circuit:
    """Layers of bricks, each rotations on two neighbours and an entangler: (0, 1), (2, 3), ... then (1, 2), (3, 4), ...

    A layer is one row of bricks, even rows and odd rows in turn; rotations on every qubit close.
    Weights: 2 len(rotations) a brick and n_qubits len(rotations) at the end, and the entanglers'.
    Source: Cerezo et al., Nat. Commun. 12 (2021) 1791, arXiv:2001.00550 (the alternating layered ansatz).
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    check_choice("entangler", entangler, ENTANGLERS)
    names = _axes(rotations)
    for layer in range(check_int("layers", layers, 0)):
        for q in range(layer % 2, n_qubits - 1, 2):
            for place in (q, q + 1):
                for name in names:
                    circuit = append_weighted(circuit, name, (place,))
            if entangler != "none":
                circuit = append_weighted(circuit, entangler, (q, q + 1))
    for q in range(n_qubits):
        for name in names:
            circuit = append_weighted(circuit, name, (q,))
    return circuit


def _axes(rotations: Sequence[str], name: str = "rotations") -> list[str]:
    """The gates of rotations about these axes."""
    if not isinstance(rotations, str | list | tuple) or not rotations:
        raise ValueError(f"Argument `{name}` must name at least one axis out of X, Y, Z, but is {rotations!r:.60}.")
    return [f"r{check_choice(name, letter, 'XYZ').lower()}" for letter in rotations]


@dataclass(frozen=True)
class AnsatzRow:
    """One ansatz of the table.

    make: (n_qubits, layers, **options) to a circuit of weights. takes: the options of `build_ansatz` that it takes.
    help: one line. read: from the number of qubits to those that hold the answer; None for all.
    """

    make: Callable[..., Circuit]
    takes: tuple[str, ...]
    help: str
    read: Callable[[int], tuple[int, ...]] | None = None


def _hamiltonian_variational(n: int, layers: int, topology: Topology, groups: Any = None) -> Circuit:
    """Without groups: the transverse-field Ising model on the topology's pairs, from its paramagnet |+...+>."""
    start = None
    if groups is None:
        pairs = connected_pairs(n, topology)
        couplings = [sum((pauli("ZZ", pair, n) for pair in pairs[1:]), pauli("ZZ", pairs[0], n))] if pairs else []
        groups = [*couplings, sum((pauli("X", q, n) for q in range(1, n)), pauli("X", 0, n))]
        start = Circuit(n)
        for q in range(n):
            start = start.h(q)
    circuit = hamiltonian_variational(groups, layers, start)
    if circuit.n_qubits != n:
        raise ValueError(f"Argument `groups` must act on {n} qubits, but acts on {circuit.n_qubits}.")
    return circuit


def _two_local(n: int, layers: int, topology: Topology, entangler: str, **options: Any) -> Circuit:
    return two_local(n, layers, topology=topology, entanglers=options.pop("entanglers", (entangler,)), **options)


ANSAETZE: dict[str, AnsatzRow] = {
    "hardware_efficient": AnsatzRow(
        hardware_efficient, ("entangler", "topology", "rotations"), "Rotations on every qubit, entanglers on pairs."
    ),
    "strongly_entangling": AnsatzRow(
        strongly_entangling, ("entangler",), "RZ RY RZ, entanglers that reach further each layer."
    ),
    "basic_entangler": AnsatzRow(
        basic_entangler, ("entangler", "rotation"), "One rotation a qubit and a closed chain of entanglers."
    ),
    "kandala": AnsatzRow(
        lambda n, layers, topology, entangler: kandala(n, layers, connected_pairs(n, topology), entangler),
        ("entangler", "topology"),
        "Euler rotations between entanglers on a device's couplings.",
    ),
    "two_local": AnsatzRow(
        _two_local,
        ("entangler", "topology", "rotations", "entanglers", "last_rotations"),
        "Qiskit's n_local: any one-qubit gates, any two-qubit gates.",
    ),
    "efficient_su2": AnsatzRow(
        lambda n, layers, topology, **options: efficient_su2(n, layers, topology, **options),
        ("topology", "rotations"),
        "Qiskit's: RY, RZ and CX.",
    ),
    "real_amplitudes": AnsatzRow(
        lambda n, layers, topology: real_amplitudes(n, layers, topology),
        ("topology",),
        "Qiskit's: RY and CX, real states.",
    ),
    "qcnn": AnsatzRow(
        lambda n, layers, **options: qcnn(n, layers, **options),
        ("convolution", "pooling", "shared"),
        "Convolutions and pooling in turn, `layers` convolutions a level; one qubit answers.",
        remaining_qubits,
    ),
    "tree_tensor_network": AnsatzRow(
        lambda n, layers, block="ttn": tree_tensor_network(n, block, layers),
        ("block",),
        "Blocks in a tree, each done `layers` times; the last qubit answers.",
        lambda n: (n - 1,),
    ),
    "mera": AnsatzRow(
        lambda n, layers, block="ttn": mera(n, block, layers),
        ("block",),
        "A tree with disentangling blocks in between; qubit 1 answers.",
        lambda n: (1,),
    ),
    "mps": AnsatzRow(
        lambda n, layers, block="ttn", offset=None: mps_ansatz(n, block, layers, offset),
        ("block", "offset"),
        "Blocks along a chain, each overlapping the one before; the last qubit answers.",
        lambda n: (n - 1,),
    ),
    "random_layers": AnsatzRow(
        random_layers, ("rotations", "ratio", "seed"), "Rotations about random axes on random qubits, CX in between."
    ),
    "hamiltonian_variational": AnsatzRow(
        _hamiltonian_variational,
        ("topology", "groups"),
        "Evolutions under parts of a Hamiltonian; without one, ZZ on pairs and X.",
    ),
    "number_conserving": AnsatzRow(
        lambda n, layers, ones=None, real=True: number_conserving(n, n // 2 if ones is None else ones, layers, real),
        ("ones", "real"),
        "A brick wall that keeps the number of ones.",
    ),
    "exchange": AnsatzRow(
        lambda n, layers, topology, start=None: exchange_circuit(n, connected_pairs(n, topology), layers, start),
        ("topology", "start"),
        "Exchange and ZZ on pairs: keeps the total Z.",
    ),
    "excitations": AnsatzRow(
        lambda n, layers, ones=None, **options: excitation_circuit(
            n, n // 2 if ones is None else ones, layers, **options
        ),
        ("ones", "singles", "doubles"),
        "Single and double excitations (Givens rotations) from a basis state.",
    ),
    "equivariant": AnsatzRow(
        equivariant_ansatz, ("symmetries", "strings"), "Commutes with permutations or reflections of the qubits."
    ),
    "brick_wall": AnsatzRow(brick_wall, ("entangler", "rotations"), "Rows of two-qubit bricks, each shifted by one."),
}
"""The ansaetze by name."""


def build_ansatz(
    ansatz: str | Circuit,
    n_qubits: int,
    layers: int,
    entangler: str = "cx",
    topology: Topology = "ring",
    **options: Any,
) -> Circuit:
    """The ansatz of an estimator: by its name in `ANSAETZE`, or a circuit of weights as it is.

    entangler: a gate on two qubits, where the ansatz has a choice; "none" takes gates on two or more qubits out of any
    ansatz. topology: one of `TOPOLOGIES`, or pairs of qubits such as a device's couplings, where it has a choice.
    options: what else it takes, see `ANSAETZE[name].takes`.
    Raises: ValueError for unknown names or options, or a circuit with inputs or of another number of qubits.
    """
    n = check_int("n_qubits", n_qubits, 1)
    check_choice("entangler", entangler, ENTANGLERS)  # both are checked even where they change nothing
    connected_pairs(n, topology)
    if not isinstance(ansatz, str):
        circuit = _given(ansatz, n, options)
        return without_entanglement(circuit) if entangler == "none" else circuit
    row = ANSAETZE[check_choice("ansatz", ansatz, ANSAETZE)]
    for name in options:
        if name not in row.takes:
            known = ", ".join(row.takes) or "none"
            raise ValueError(f"Ansatz {ansatz!r} takes no option {name!r}; it takes: {known}.")
    if "topology" in row.takes:
        options["topology"] = topology
    if "entangler" in row.takes:
        return row.make(n, layers, entangler=entangler, **options)
    circuit = row.make(n, layers, **options)
    return without_entanglement(circuit) if entangler == "none" else circuit


def answer_qubits(ansatz: str | Circuit, n_qubits: int) -> tuple[int, ...]:
    """The qubits that hold the answer: all, but for ansaetze that pool, such as "qcnn"."""
    row = None if isinstance(ansatz, Circuit) else ANSAETZE[check_choice("ansatz", ansatz, ANSAETZE)]
    return tuple(range(n_qubits)) if row is None or row.read is None else row.read(n_qubits)


def _given(ansatz: Any, n_qubits: int, options: dict[str, Any]) -> Circuit:
    if not isinstance(ansatz, Circuit):
        raise TypeError(f"Argument `ansatz` must be a name or a Circuit, but is {ansatz!r:.60}.")
    if options:
        raise ValueError(f"A circuit as `ansatz` takes no options, but got {', '.join(options)}.")
    if ansatz.n_inputs:
        raise ValueError(
            f"Argument `ansatz` must be a circuit of weights alone, but asks for {ansatz.n_inputs} inputs."
        )
    if ansatz.n_qubits != n_qubits:
        raise ValueError(f"Argument `ansatz` must have {n_qubits} qubits, but has {ansatz.n_qubits}.")
    return ansatz
