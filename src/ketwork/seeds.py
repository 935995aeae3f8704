"""Randomness comes in as a seed or a generator; nothing in the package touches NumPy's global state."""

from typing import Any

import numpy as np

Seed = int | np.random.Generator | np.random.SeedSequence | None


def generator(seed: Seed = None) -> np.random.Generator:
    """Return a `numpy.random.Generator`: the one that was given, or a new one made from the seed.

    Raises: TypeError when `seed` is neither None, a non-negative integer, a SeedSequence nor a Generator.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, np.random.RandomState):
        return np.random.default_rng(seed.randint(0, 2**31, size=4))
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer, np.random.SeedSequence, type(None))):
        raise TypeError(f"Argument `seed` must be None, a non-negative integer or a numpy Generator, but is {seed!r}.")
    if isinstance(seed, (int, np.integer)) and seed < 0:
        raise ValueError(f"Argument `seed` must be at least 0, but is {seed}.")
    return np.random.default_rng(seed)


def spawn(seed: Seed, k: int) -> list[np.random.Generator]:
    """Return `k` independent generators derived from `seed`."""
    return list(generator(seed).spawn(k))


def save(rng: np.random.Generator) -> dict[str, Any]:
    """Return the generator's whole state as plain data that JSON can hold."""
    return dict(rng.bit_generator.state)


def restore(state: dict[str, Any]) -> np.random.Generator:
    """Return a generator that continues where `save` was called."""
    rng = np.random.default_rng()
    rng.bit_generator.state = state
    return rng
