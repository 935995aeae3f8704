"""A model of values with its uncertainty: Bayesian linear regression on the last layer of a small network.

Source: Snoek et al., Scalable Bayesian optimization using deep neural networks, arXiv:1502.05700.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from ketwork.checks import need_extra

Floats = NDArray[np.floating[Any]]


class DeepSurrogate:
    """Trained on points (K, d) and values (K,), which it standardises; three layers of tanh.

    Noise and prior of the regression are those that make the values likeliest (`BayesianRidge`).
    """

    def __init__(self, points: Floats, values: Floats, seed: int, width: int = 128, epochs: int = 100) -> None:
        from sklearn.linear_model import BayesianRidge

        torch = need_extra("torch", "search")
        self._torch = torch
        self._shift, self._scale = float(values.mean()), max(float(values.std()), 1e-12)
        aims = torch.as_tensor((values - self._shift) / self._scale, dtype=torch.float32)
        features = torch.as_tensor(points, dtype=torch.float32)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            layers: list[Any] = []
            for a, b in zip((features.shape[1], width, width), (width, width, width), strict=True):
                layers += [torch.nn.Linear(a, b), torch.nn.Tanh()]
            self._body, head = torch.nn.Sequential(*layers), torch.nn.Linear(width, 1)
        optimizer = torch.optim.Adam([*self._body.parameters(), *head.parameters()], lr=1e-2)
        for _ in range(epochs):
            optimizer.zero_grad()
            ((head(self._body(features))[:, 0] - aims) ** 2).mean().backward()
            optimizer.step()
        self._regression = BayesianRidge().fit(self._basis(points), aims.numpy())

    def _basis(self, points: Floats) -> Floats:
        with self._torch.no_grad():
            return np.asarray(self._body(self._torch.as_tensor(points, dtype=self._torch.float32)).numpy(), float)

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Means and spreads (M,) of the values at points (M, d)."""
        mean, spread = self._regression.predict(self._basis(points), return_std=True)
        return mean * self._scale + self._shift, spread * self._scale


def expected_improvement(mean: Floats, spread: Floats, best: float) -> Floats:
    """By how much values with normal distributions are expected to exceed `best`.

    Source: Jones, Schonlau and Welch, J. Global Optim. 13 (1998) 455, eq. 15.
    """
    spread = np.maximum(spread, 1e-12)
    gain = (mean - best) / spread
    return np.asarray(spread * (gain * norm.cdf(gain) + norm.pdf(gain)))
