"""Diagnostics: what a circuit can express, whether it can be trained, and whether a classical method does the same.

Plain functions from a circuit to a frozen dataclass of arrays; `ketwork diagnose` puts them in a report.
"""

from ketwork.models.diagnostics.entangling import EntanglingCapability, entangling_capability, meyer_wallach
from ketwork.models.diagnostics.expressibility import Expressibility, expressibility
from ketwork.models.diagnostics.fisher import (
    FisherSpectrum,
    classical_fisher,
    effective_dimension,
    quantum_fisher,
    spectrum_of,
)
from ketwork.models.diagnostics.fourier import (
    FourierSpectrum,
    SampledSpectrum,
    fourier_spectrum,
    sampled_spectrum,
)
from ketwork.models.diagnostics.kernel_concentration import (
    KernelSpread,
    effective_rank,
    fidelity_kernel,
    kernel_concentration,
    kernel_spread,
)
from ketwork.models.diagnostics.kernel_geometry import (
    Geometry,
    classical_kernels,
    compare_kernels,
    generalisation_bound,
    geometric_difference,
    model_complexity,
    training_difference,
)
from ketwork.models.diagnostics.light_cones import LightCone, is_free_fermion, light_cones, separate_parts
from ketwork.models.diagnostics.nonclifford import NonClifford, non_clifford
from ketwork.models.diagnostics.pauli_paths import PauliPaths, pauli_paths
from ketwork.models.diagnostics.plateaus import (
    Decay,
    GradientVariance,
    fitted_decay,
    gradient_samples,
    gradient_variance,
    plateau_grid,
)
from ketwork.models.diagnostics.schmidt import BondDimensions, bond_dimensions
from ketwork.models.diagnostics.simulability import Simulability, simulability

__all__ = [
    "BondDimensions",
    "Decay",
    "EntanglingCapability",
    "Expressibility",
    "FisherSpectrum",
    "FourierSpectrum",
    "Geometry",
    "GradientVariance",
    "KernelSpread",
    "LightCone",
    "NonClifford",
    "PauliPaths",
    "SampledSpectrum",
    "Simulability",
    "bond_dimensions",
    "classical_fisher",
    "classical_kernels",
    "compare_kernels",
    "effective_dimension",
    "effective_rank",
    "entangling_capability",
    "expressibility",
    "fidelity_kernel",
    "fitted_decay",
    "fourier_spectrum",
    "generalisation_bound",
    "geometric_difference",
    "gradient_samples",
    "gradient_variance",
    "is_free_fermion",
    "kernel_concentration",
    "kernel_spread",
    "light_cones",
    "meyer_wallach",
    "model_complexity",
    "non_clifford",
    "pauli_paths",
    "plateau_grid",
    "quantum_fisher",
    "sampled_spectrum",
    "separate_parts",
    "simulability",
    "spectrum_of",
    "training_difference",
]
