"""Published systems that run as one command each: `ENTRIES`, from name to entry."""

from collections.abc import Callable
from dataclasses import dataclass

from ketwork.experiments.ledger import Ledger
from ketwork.report.run_page import Finding


@dataclass(frozen=True)
class Entry:
    """A system of the atlas.

    paper: what it is from. sentence: what a run shows. function: runs it, (ledger, seed, quick) -> Finding; every row
    that it makes goes through the ledger, so that an interrupted run resumes.
    """

    name: str
    title: str
    paper: str
    sentence: str
    function: Callable[[Ledger, int, bool], Finding]


def _farhi_neven(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.farhi_neven_page import farhi_neven_system

    return farhi_neven_system(ledger, seed, quick)


def _he_vqe(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.he_vqe import he_vqe_system

    return he_vqe_system(ledger, seed, quick)


def _q_cluster(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.q_cluster import q_cluster_system

    return q_cluster_system(ledger, seed, quick)


def _tn_init(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.tn_init_page import tn_init_system

    return tn_init_system(ledger, seed, quick)


def _zne_nn(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.zne_nn_page import zne_nn_system

    return zne_nn_system(ledger, seed, quick)


def _quantum_optimization(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.quantum_optimization_page import quantum_optimization_system

    return quantum_optimization_system(ledger, seed, quick)


_LISTED = (
    Entry(
        "farhi-neven",
        "A quantum neural network that is read off one qubit",
        "arXiv:1802.06002",
        "Boolean functions, digits on 17 qubits and labels of states, and the classical formula of the same model.",
        _farhi_neven,
    ),
    Entry(
        "he-vqe",
        "Hardware-efficient VQE for molecules and magnets",
        "arXiv:1704.05018, Nature 549 (2017) 242",
        "Curves of H2, LiH and BeH2 and a magnet by SPSA, with shots and device noise, beside exact energies.",
        _he_vqe,
    ),
    Entry(
        "q-cluster",
        "Q-Cluster: noise-aware unsupervised error mitigation",
        "arXiv:2504.10801, QCE 2025",
        "Clusters noisy bit strings and gives flipped bits back, beside HAMMER, Q-BEEP, M3 and a likelihood variant.",
        _q_cluster,
    ),
    Entry(
        "quantum-optimization",
        "Quantum optimisation beside classical solvers",
        "arXiv:2503.12121",
        "Variational optimisers on four problems beside random strings, greedy rules and HiGHS; a cut of 800 nodes.",
        _quantum_optimization,
    ),
    Entry(
        "tn-init",
        "Starts of variational circuits from tensor networks",
        "arXiv:2208.13673, Nat. Commun. 14 (2023) 8367",
        "Trains circuits from matrix product states, beside random and identity starts, and DMRG alone.",
        _tn_init,
    ),
    Entry(
        "zne-nn",
        "Zero-noise extrapolation by neural networks",
        "arXiv:2403.07025",
        "Extrapolates values to zero noise by networks, beside polynomials and exponentials, on unseen circuits.",
        _zne_nn,
    ),
)

ENTRIES: dict[str, Entry] = {entry.name: entry for entry in _LISTED}
"""The systems by name."""
