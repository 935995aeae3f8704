"""Models: encodings and ansaetze as functions that return circuits, and scikit-learn estimators made of them."""

import importlib
from typing import TYPE_CHECKING, Any

from ketwork.models.ansatz import efficient_su2, hardware_efficient, kandala, real_amplitudes, strongly_entangling
from ketwork.models.encodings import angle_encoding, data_reuploading, iqp_feature_map, zz_feature_map

if TYPE_CHECKING:
    from ketwork.models.classifier import VariationalClassifier
    from ketwork.models.kernel_methods import KernelClassifier

__all__ = [
    "KernelClassifier",
    "VariationalClassifier",
    "angle_encoding",
    "data_reuploading",
    "efficient_su2",
    "hardware_efficient",
    "iqp_feature_map",
    "kandala",
    "real_amplitudes",
    "strongly_entangling",
    "zz_feature_map",
]

_ESTIMATORS = {
    "VariationalClassifier": "ketwork.models.classifier",
    "KernelClassifier": "ketwork.models.kernel_methods",
}


def __getattr__(name: str) -> Any:
    """The estimators import scikit-learn, so they are imported when they are first used."""
    if name in _ESTIMATORS:
        return getattr(importlib.import_module(_ESTIMATORS[name]), name)
    raise AttributeError(f"module 'ketwork.models' has no attribute {name!r}")
