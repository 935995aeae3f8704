"""What molecules keep, as Pauli sums from ladder operators: for tests of circuits and generators."""

from ketwork import PauliSum


def spin_operators(code):
    """(number of electrons, z spin, squared total spin) under an encoding, also one that leaves qubits out."""
    n, orbitals = code.n_qubits, range(code.n_modes // 2)
    one = PauliSum(n, (("I" * n, 1.0),))
    counts = [code.ladder([(p, True), (p, False)]) for p in range(code.n_modes)]
    number = sum(counts)
    z = 0.5 * sum((-1) ** p * count for p, count in enumerate(counts))
    # S_- S_+ by fours, since one alone leaves the parity of a spin
    flips = sum(
        code.ladder([(2 * k + 1, True), (2 * k, False), (2 * j, True), (2 * j + 1, False)])
        for k in orbitals
        for j in orbitals
    )
    return number, z, flips + z @ (z + one)
