"""Circuits in the shape of tensor networks: blocks arranged as a tree, as MERA, or as a matrix product state."""

from collections.abc import Iterable

from ketwork.checks import check_int
from ketwork.circuit import Circuit
from ketwork.models.blocks import block_of, place

Sets = list[tuple[int, ...]]


def tree_tensor_network(n_qubits: int, block: str | Circuit = "ttn", repeats: int = 1) -> Circuit:
    """Blocks on neighbours, then on the second halves of these, and so on up to one: read the last qubit.

    block: one of `BLOCKS`, or a circuit on 2h qubits; n_qubits must be a multiple of h, at least 2h. Where the number
    of groups is odd, the last one moves up alone. repeats: how often a block is done in its place. Every block has
    weights of its own. With h 2^k qubits: PennyLane's TTN.
    Source: Grant et al., npj Quantum Inf. 4 (2018) 65, arXiv:1804.03680; Huggins et al., arXiv:1803.11537.
    """
    half = _half(n_qubits, block)
    groups = [tuple(range(first, first + half)) for first in range(0, n_qubits, half)]
    sets: Sets = []
    while len(groups) > 1:
        sets += [a + b for a, b in zip(groups[::2], groups[1::2], strict=False)]
        groups = groups[1::2] + (groups[-1:] if len(groups) % 2 else [])
    return _placed(n_qubits, block, repeats, sets)


def mera(n_qubits: int, block: str | Circuit = "ttn", repeats: int = 1) -> Circuit:
    """A multi-scale entanglement renormalisation ansatz: a tree with disentangling blocks between its layers.

    block: one of `BLOCKS`, or a circuit on 2h qubits; n_qubits must be h 2^k, k at least 1. repeats: how often a block
    is done in its place. Every block has weights of its own. As PennyLane's MERA, whose qubits are numbered from the
    top: the last block is on the first 2h, and qubit 2h - 1 is read.
    Source: Vidal, Phys. Rev. Lett. 101 (2008) 110501; as a circuit Grant et al., arXiv:1804.03680.
    """
    half = _half(n_qubits, block)
    count = n_qubits // half
    if count & (count - 1):
        raise ValueError(f"MERA of blocks on {2 * half} qubits needs {half} * 2^k qubits, but n_qubits is {n_qubits}.")
    blocks, layers, fresh = [(0, 1)], [[(0, 1)]], 2
    while fresh < count:  # from the top down; time runs the other way
        finer = []
        for a, b in blocks:
            finer += [(a, fresh), (fresh + 1, b)]
            fresh += 2
        blocks = [(left[1], right[0]) for left, right in zip(finer, finer[1:] + finer[:1], strict=True)]
        layers += [finer, blocks]
    pairs = [pair for layer in layers for pair in layer][::-1]
    return _placed(n_qubits, block, repeats, (_qubits(a, half) + _qubits(b, half) for a, b in pairs))


def mps_ansatz(n_qubits: int, block: str | Circuit = "ttn", repeats: int = 1, offset: int | None = None) -> Circuit:
    """A matrix product state: blocks along the chain, each overlapping the one before: read the last qubit.

    block: one of `BLOCKS`, or a circuit on b qubits. offset: how many qubits further on the next block begins, from 1
    to b - 1; None for b // 2. repeats: how often a block is done in its place. Every block has weights of its own. As
    PennyLane's MPS.
    Source: Huggins et al., Quantum Sci. Technol. 4 (2019) 024001, arXiv:1803.11537.
    """
    width = block_of(block).n_qubits
    n = check_int("n_qubits", n_qubits, width)
    step = check_int("offset", width // 2 if offset is None else offset, 1, width - 1)
    if (n - width) % step:
        raise ValueError(
            f"Blocks on {width} qubits, {step} apart, do not end at the last of {n} qubits: choose another offset."
        )
    return _placed(n, block, repeats, (tuple(range(q, q + width)) for q in range(0, n - width + 1, step)))


def _half(n_qubits: int, block: str | Circuit) -> int:
    width = block_of(block).n_qubits
    if width % 2:
        raise ValueError(f"Argument `block` must act on an even number of qubits, but acts on {width}.")
    if check_int("n_qubits", n_qubits, width) % (width // 2):
        raise ValueError(f"Argument `n_qubits` must be a multiple of {width // 2}, half a block, but is {n_qubits}.")
    return width // 2


def _qubits(group: int, half: int) -> tuple[int, ...]:
    return tuple(range(group * half, (group + 1) * half))


def _placed(n_qubits: int, block: str | Circuit, repeats: int, sets: Iterable[tuple[int, ...]]) -> Circuit:
    whole = block_of(block).repeat(check_int("repeats", repeats, 1), new_weights=True)
    circuit = Circuit(n_qubits)
    for qubits in sets:
        circuit = place(circuit, whole, qubits)
    return circuit
