"""What every estimator has to do with the backend that runs its circuits: take it, keep it, exchange it."""

import copy
from typing import Any, Self

from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted


def check_backend(backend: Any) -> Any:
    """Return what can run circuits, or None. Raises: TypeError for anything else."""
    if backend is None or (not isinstance(backend, type) and callable(getattr(backend, "expectation", None))):
        return backend
    raise TypeError(f"Argument `backend` must be a Backend or None, but is {backend!r} ({type(backend).__name__}).")


class OnBackends:
    """A mixin for estimators with a parameter `backend`; to be named before scikit-learn's own.

    _fitted_by: the attribute that a fit leaves, where not any will do.
    """

    _fitted_by: str | None = None

    def __sklearn_clone__(self) -> Self:
        """An unfitted copy with the same backend: what runs circuits cannot always be copied."""
        given: dict[str, Any] = self.get_params(deep=False)  # type: ignore[attr-defined]
        params = {k: clone(v, safe=False) for k, v in given.items() if k != "backend"}
        return type(self)(**params, backend=given["backend"])  # type: ignore[call-arg]

    def on(self, backend: Any) -> Self:
        """The same fitted model, asking another backend from now on; None for the ideal simulator."""
        check_is_fitted(self, self._fitted_by)
        placed: Self = copy.copy(self).set_params(backend=check_backend(backend))  # type: ignore[attr-defined]
        return placed
