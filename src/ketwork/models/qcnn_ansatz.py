"""Quantum convolutional networks: blocks with common weights on neighbours, then half of the qubits pooled away."""

from itertools import pairwise

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit, w
from ketwork.models.blocks import block_of, place

POOLINGS: dict[str, Circuit] = {
    "zx": Circuit(2).crz(0, 1, w[0]).x(0).crx(0, 1, w[1]),
    "rotation": Circuit(2).crz(0, 1, w[0]).cry(0, 1, w[1]).crz(0, 1, w[2]),
    "none": Circuit(2),
}
"""How a qubit that leaves (0) acts on the one that stays (1): RZ where it is 1 and RX where it is 0 (Hur et al.); any
rotation where it is 1; or not at all, it is just left out."""


def qcnn(
    n_qubits: int,
    repeats: int = 1,
    convolution: str | Circuit = "so4",
    pooling: str = "zx",
    remaining: int = 1,
    shared: bool = True,
) -> Circuit:
    """Convolutions on neighbouring qubits in a ring and pooling, in turn, until at most `remaining` qubits are left.

    A convolution is one block on (first, last), then on (0, 1), (2, 3), ..., then on (1, 2), (3, 4), ... of the qubits
    that are left, `repeats` times. Pooling halves them: every second qubit acts on the one before it and is not used
    again (a measurement and a rotation that depends on its result would do the same), see `remaining_qubits`.
    convolution: one of `BLOCKS` or a circuit on two qubits. pooling: one of `POOLINGS`. shared: one set of weights for
    all blocks of a convolution (and all of a pooling), as a convolution has; False gives each its own.
    Source: Cong, Choi, Lukin, Nat. Phys. 15 (2019) 1273, arXiv:1810.03787; the circuits of Hur, Kim, Park,
    Quantum Mach. Intell. 4 (2022) 3, arXiv:2108.00661.
    """
    left = list(range(check_int("n_qubits", n_qubits, 2)))
    check_int("repeats", repeats, 1)
    check_int("remaining", remaining, 1, n_qubits)
    block = block_of(convolution, "convolution")
    if block.n_qubits != 2:
        raise ValueError(f"Argument `convolution` must act on 2 qubits, but acts on {block.n_qubits}.")
    pool = POOLINGS[check_choice("pooling", pooling, POOLINGS)]
    circuit = Circuit(n_qubits)
    while True:
        for _ in range(repeats):
            circuit = _placed(circuit, block, _ring(left), shared)
        if len(left) <= remaining:
            return circuit
        circuit = _placed(circuit, pool, list(zip(left[1::2], left[::2], strict=False)), shared)
        left = left[::2]
        if len(left) == 1:
            return circuit


def remaining_qubits(n_qubits: int, remaining: int = 1) -> tuple[int, ...]:
    """The qubits of `qcnn` that are left after all pooling, and hold the answer."""
    left = range(check_int("n_qubits", n_qubits, 1))
    while len(left) > check_int("remaining", remaining, 1):
        left = left[::2]
    return tuple(left)


def _ring(left: list[int]) -> list[tuple[int, int]]:
    pairs = list(pairwise(left))
    return ([(left[0], left[-1])] if len(left) > 2 else []) + pairs[::2] + pairs[1::2]


def _placed(circuit: Circuit, block: Circuit, pairs: list[tuple[int, int]], shared: bool) -> Circuit:
    first = circuit.n_weights
    for pair in pairs:
        circuit = place(circuit, block, pair, first if shared else None)
    return circuit
