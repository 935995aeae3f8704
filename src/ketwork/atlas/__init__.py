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


def _crlqas(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.crlqas import crlqas_system

    return crlqas_system(ledger, seed, quick)


def _farhi_neven(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.farhi_neven_page import farhi_neven_system

    return farhi_neven_system(ledger, seed, quick)


def _feature_space(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.feature_space_page import feature_space_system

    return feature_space_system(ledger, seed, quick)


def _he_vqe(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.he_vqe import he_vqe_system

    return he_vqe_system(ledger, seed, quick)


def _noise_aware_search(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.noise_aware_search_page import noise_aware_search_system

    return noise_aware_search_system(ledger, seed, quick)


def _q_cluster(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.q_cluster import q_cluster_system

    return q_cluster_system(ledger, seed, quick)


def _qas_arch2vec(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.qas_arch2vec_page import qas_arch2vec_system

    return qas_arch2vec_system(ledger, seed, quick)


def _qas_arch2vec_8(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.qas_arch2vec_page import qas_arch2vec_8_system

    return qas_arch2vec_8_system(ledger, seed, quick)


def _qrnn_reservoir(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.qrnn_reservoir_page import qrnn_reservoir_system

    return qrnn_reservoir_system(ledger, seed, quick)


def _tn_init(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.tn_init_page import tn_init_system

    return tn_init_system(ledger, seed, quick)


def _vqc_optimizers(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.vqc_optimizers_page import vqc_optimizers_system

    return vqc_optimizers_system(ledger, seed, quick)


def _zne_nn(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.zne_nn_page import zne_nn_system

    return zne_nn_system(ledger, seed, quick)


def _question_classification(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.question_classification_page import question_classification_system

    return question_classification_system(ledger, seed, quick)


def _quantum_optimization(ledger: Ledger, seed: int, quick: bool) -> Finding:
    from ketwork.atlas.quantum_optimization_page import quantum_optimization_system

    return quantum_optimization_system(ledger, seed, quick)


_LISTED = (
    Entry(
        "crlqas",
        "Curriculum reinforcement learning for architecture search",
        "ICLR 2024, arXiv:2402.03500",
        "Builds circuits for H2, LiH and H2O gate by gate, with and without noise, beside other searches; ablations.",
        _crlqas,
    ),
    Entry(
        "farhi-neven",
        "A quantum neural network that is read off one qubit",
        "arXiv:1802.06002",
        "Boolean functions, digits on 17 qubits and labels of states, and the classical formula of the same model.",
        _farhi_neven,
    ),
    Entry(
        "feature-space",
        "Supervised learning with quantum enhanced feature spaces",
        "arXiv:1804.11326, Nature 567 (2019) 209",
        "Variational classifier and kernel on data made for them, on a noisy device, and on real data.",
        _feature_space,
    ),
    Entry(
        "he-vqe",
        "Hardware-efficient VQE for molecules and magnets",
        "arXiv:1704.05018, Nature 549 (2017) 242",
        "Curves of H2, LiH and BeH2 and a magnet by SPSA, with shots and device noise, beside exact energies.",
        _he_vqe,
    ),
    Entry(
        "noise-aware-search",
        "Circuits searched for a noisy device",
        "arXiv:2107.10845, HPCA 2022",
        "Four classes of images on a device's noise: searched circuits beside ones made by hand of as many parameters.",
        _noise_aware_search,
    ),
    Entry(
        "q-cluster",
        "Q-Cluster: noise-aware unsupervised error mitigation",
        "arXiv:2504.10801, QCE 2025",
        "Clusters noisy bit strings and gives flipped bits back, beside HAMMER, Q-BEEP, M3 and a likelihood variant.",
        _q_cluster,
    ),
    Entry(
        "qas-arch2vec",
        "Architecture search by learned representations",
        "arXiv:2401.11576, Quantum 10 (2026) 1994",
        "A graph autoencoder of circuits, then REINFORCE and Bayesian optimisation among them, beside random search.",
        _qas_arch2vec,
    ),
    Entry(
        "qas-arch2vec-8",
        "Architecture search by learned representations, 8 qubits",
        "arXiv:2401.11576, Quantum 10 (2026) 1994",
        "The long version of qas-arch2vec: circuits of 20 gates on 8 qubits, 1,000 a search.",
        _qas_arch2vec_8,
    ),
    Entry(
        "qrnn-reservoir",
        "Quantum recurrent networks as reservoirs",
        "arXiv:2211.02612",
        "QRNN, QGRU and QLSTM as random reservoirs and trained, beside classical twins and autoregression.",
        _qrnn_reservoir,
    ),
    Entry(
        "quantum-optimization",
        "Quantum optimisation beside classical solvers",
        "arXiv:2503.12121",
        "Variational optimisers on four problems beside random strings, greedy rules and HiGHS; a cut of 800 nodes.",
        _quantum_optimization,
    ),
    Entry(
        "question-classification",
        "Types of questions by quantum circuits, and answers found with them",
        "arXiv:2305.07374",
        "A kernel and a variational circuit tell types of questions, over depth, and help to answer, beside SVMs.",
        _question_classification,
    ),
    Entry(
        "tn-init",
        "Starts of variational circuits from tensor networks",
        "arXiv:2208.13673, Nat. Commun. 14 (2023) 8367",
        "Trains circuits from matrix product states, beside random and identity starts, and DMRG alone.",
        _tn_init,
    ),
    Entry(
        "vqc-optimizers",
        "Local optimisers of a variational quantum classifier",
        "arXiv:2102.08949",
        "Restaurant reviews on five qubits by AQGD and COBYLA, beside classical models and other features.",
        _vqc_optimizers,
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
