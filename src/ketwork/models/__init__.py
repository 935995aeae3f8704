"""Models: encodings and ansaetze as functions that return circuits, estimators in scikit-learn's form, torch layers."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ketwork.models.anomaly import QuantumAnomalyDetector
    from ketwork.models.ansatz import (
        ANSAETZE,
        answer_qubits,
        basic_entangler,
        brick_wall,
        build_ansatz,
        efficient_su2,
        hardware_efficient,
        kandala,
        real_amplitudes,
        strongly_entangling,
        two_local,
    )
    from ketwork.models.boolean_circuits import boolean_circuit, reed_muller
    from ketwork.models.chebyshev import chebyshev_encoding
    from ketwork.models.classifier import VariationalClassifier
    from ketwork.models.clusterer import QuantumClusterer
    from ketwork.models.encoding import Encoding
    from ketwork.models.encodings import ENCODINGS, angle_encoding, data_reuploading, dense_angle_encoding, encode
    from ketwork.models.equivariant import Symmetry, equivariant_ansatz, twirl
    from ketwork.models.feature_maps import iqp_feature_map, pauli_feature_map, z_feature_map, zz_feature_map
    from ketwork.models.hamiltonian_ansatz import hamiltonian_variational
    from ketwork.models.hamiltonian_encoding import chain_evolution, image_evolution
    from ketwork.models.kernel_alignment import align, alignment
    from ketwork.models.kernel_methods import KernelClassifier, KernelRegressor
    from ketwork.models.kernels import FidelityKernel
    from ketwork.models.preparation import amplitude_encoding, amplitudes, basis_encoding, state_preparation
    from ketwork.models.projected_kernel import ProjectedKernel
    from ketwork.models.qcnn_ansatz import qcnn, remaining_qubits
    from ketwork.models.quantum_features import QuantumFeatures
    from ketwork.models.quanvolution import quanvolution_circuit, random_filter, random_layers
    from ketwork.models.readout_qubit import readout_circuit, readout_observable
    from ketwork.models.regressor import VariationalRegressor
    from ketwork.models.reservoir import ReservoirRegressor
    from ketwork.models.symmetric_ansatz import exchange_circuit, excitation_circuit, number_conserving
    from ketwork.models.tensor_ansatz import mera, mps_ansatz, tree_tensor_network
    from ketwork.models.torch_layers import AmplitudeLayer, QuantumConv2d, QuantumLayer, QuantumLinear

_HOMES = {
    "ANSAETZE": "ansatz",
    "AmplitudeLayer": "torch_layers",
    "ENCODINGS": "encodings",
    "Encoding": "encoding",
    "FidelityKernel": "kernels",
    "KernelClassifier": "kernel_methods",
    "KernelRegressor": "kernel_methods",
    "ProjectedKernel": "projected_kernel",
    "QuantumAnomalyDetector": "anomaly",
    "QuantumClusterer": "clusterer",
    "QuantumConv2d": "torch_layers",
    "QuantumFeatures": "quantum_features",
    "QuantumLayer": "torch_layers",
    "QuantumLinear": "torch_layers",
    "ReservoirRegressor": "reservoir",
    "Symmetry": "equivariant",
    "VariationalClassifier": "classifier",
    "VariationalRegressor": "regressor",
    "align": "kernel_alignment",
    "alignment": "kernel_alignment",
    "amplitude_encoding": "preparation",
    "amplitudes": "preparation",
    "angle_encoding": "encodings",
    "answer_qubits": "ansatz",
    "basic_entangler": "ansatz",
    "basis_encoding": "preparation",
    "boolean_circuit": "boolean_circuits",
    "brick_wall": "ansatz",
    "build_ansatz": "ansatz",
    "chain_evolution": "hamiltonian_encoding",
    "chebyshev_encoding": "chebyshev",
    "data_reuploading": "encodings",
    "dense_angle_encoding": "encodings",
    "efficient_su2": "ansatz",
    "encode": "encodings",
    "equivariant_ansatz": "equivariant",
    "exchange_circuit": "symmetric_ansatz",
    "excitation_circuit": "symmetric_ansatz",
    "hamiltonian_variational": "hamiltonian_ansatz",
    "hardware_efficient": "ansatz",
    "image_evolution": "hamiltonian_encoding",
    "iqp_feature_map": "feature_maps",
    "kandala": "ansatz",
    "mera": "tensor_ansatz",
    "mps_ansatz": "tensor_ansatz",
    "number_conserving": "symmetric_ansatz",
    "pauli_feature_map": "feature_maps",
    "qcnn": "qcnn_ansatz",
    "quanvolution_circuit": "quanvolution",
    "random_filter": "quanvolution",
    "random_layers": "quanvolution",
    "readout_circuit": "readout_qubit",
    "readout_observable": "readout_qubit",
    "real_amplitudes": "ansatz",
    "reed_muller": "boolean_circuits",
    "remaining_qubits": "qcnn_ansatz",
    "state_preparation": "preparation",
    "strongly_entangling": "ansatz",
    "tree_tensor_network": "tensor_ansatz",
    "twirl": "equivariant",
    "two_local": "ansatz",
    "z_feature_map": "feature_maps",
    "zz_feature_map": "feature_maps",
}

__all__ = [
    "ANSAETZE",
    "ENCODINGS",
    "AmplitudeLayer",
    "Encoding",
    "FidelityKernel",
    "KernelClassifier",
    "KernelRegressor",
    "ProjectedKernel",
    "QuantumAnomalyDetector",
    "QuantumClusterer",
    "QuantumConv2d",
    "QuantumFeatures",
    "QuantumLayer",
    "QuantumLinear",
    "ReservoirRegressor",
    "Symmetry",
    "VariationalClassifier",
    "VariationalRegressor",
    "align",
    "alignment",
    "amplitude_encoding",
    "amplitudes",
    "angle_encoding",
    "answer_qubits",
    "basic_entangler",
    "basis_encoding",
    "boolean_circuit",
    "brick_wall",
    "build_ansatz",
    "chain_evolution",
    "chebyshev_encoding",
    "data_reuploading",
    "dense_angle_encoding",
    "efficient_su2",
    "encode",
    "equivariant_ansatz",
    "exchange_circuit",
    "excitation_circuit",
    "hamiltonian_variational",
    "hardware_efficient",
    "image_evolution",
    "iqp_feature_map",
    "kandala",
    "mera",
    "mps_ansatz",
    "number_conserving",
    "pauli_feature_map",
    "qcnn",
    "quanvolution_circuit",
    "random_filter",
    "random_layers",
    "readout_circuit",
    "readout_observable",
    "real_amplitudes",
    "reed_muller",
    "remaining_qubits",
    "state_preparation",
    "strongly_entangling",
    "tree_tensor_network",
    "twirl",
    "two_local",
    "z_feature_map",
    "zz_feature_map",
]


def __getattr__(name: str) -> Any:
    """Names are imported when they are first used: scikit-learn and torch only for those that need them."""
    if name in _HOMES:
        value = getattr(importlib.import_module(f"ketwork.models.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'ketwork.models' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
