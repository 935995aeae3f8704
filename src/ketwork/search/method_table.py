"""The table of search methods."""

import importlib
import importlib.util
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ketwork.checks import check_choice, need_extra


class SearchMethod(NamedTuple):
    """A row of `METHODS`. where: "module:function", imported when it is used. source: the paper. needs: modules of the
    extra `search`."""

    where: str
    says: str
    source: str
    needs: tuple[str, ...] = ()


METHODS: dict[str, SearchMethod] = {
    "random": SearchMethod(
        "random_sampling:random_sampling",
        "circuits drawn at random",
        "Yang, Esperanca and Carlucci, NAS evaluation is frustratingly hard, arXiv:1912.12522",
    ),
    "annealing": SearchMethod(
        "simulated_annealing:simulated_annealing",
        "one circuit changed gate by gate, worse ones taken at a falling temperature",
        "Kirkpatrick, Gelatt and Vecchi, Science 220 (1983) 671",
    ),
    "evolutionary": SearchMethod(
        "evolutionary:evolutionary",
        "NSGA-II over error, depth and two-qubit gates",
        "Deb et al., IEEE Trans. Evol. Comput. 6 (2002) 182",
    ),
    "crlqas": SearchMethod(
        "curriculum:curriculum",
        "double deep Q-network with a curriculum, random halting and illegal actions",
        "Patel et al., arXiv:2402.03500",
        ("torch",),
    ),
    "ppo": SearchMethod(
        "policy_gradient:policy_gradient",
        "proximal policy optimisation (stable-baselines3 and sb3-contrib), illegal actions masked",
        "Schulman et al., arXiv:1707.06347",
        ("torch", "stable_baselines3", "sb3_contrib"),
    ),
    "arch2vec-reinforce": SearchMethod(
        "latent_search:latent_reinforce",
        "REINFORCE in the latent space of a graph autoencoder",
        "Sun et al., arXiv:2401.11576",
        ("torch",),
    ),
    "arch2vec-bo": SearchMethod(
        "latent_search:latent_bayes",
        "Bayesian optimisation in the latent space of a graph autoencoder",
        "Sun et al., arXiv:2401.11576",
        ("torch",),
    ),
    "supernet": SearchMethod(
        "supernet:supernet",
        "one circuit that holds all others, its weights shared; then evolution",
        "Wang et al., QuantumNAS, arXiv:2107.10845; Du et al., arXiv:2010.10217; Chen et al., arXiv:2107.00651",
    ),
    "differentiable": SearchMethod(
        "differentiable:differentiable",
        "gates chosen by Gumbel-softmax, trained with the angles",
        "Zhang et al., arXiv:2010.08561; Wu et al., QuantumDARTS, ICML 2023",
    ),
    "grow": SearchMethod(
        "growing:growing",
        "gates put in one by one where the gradient is largest, each at first doing nothing",
        "Grimsley et al., arXiv:1812.11173; Bilkis et al., arXiv:2103.06712",
    ),
    "predictor": SearchMethod(
        "predictor:predictor",
        "circuits that a learned predictor of the error puts first",
        "Zhang et al., arXiv:2103.06524",
    ),
    "training-free": SearchMethod(
        "training_free:training_free",
        "circuits that proxies put first: paths, expressibility, noise, capacity, gradients",
        "He et al., AAAI 38 (2024) 12430; Anagolum et al., Elivagar, arXiv:2401.09393",
    ),
    "mcts": SearchMethod(
        "tree_search:tree_search",
        "best-first search with a learned cost to go, and Monte Carlo tree search",
        "Wang et al., arXiv:2207.00132; Agostinelli et al., arXiv:2102.04518",
    ),
}
"""Methods by name."""


def find_search(method: str | Callable[..., None]) -> tuple[str, Callable[..., None]]:
    """(name, function) of a method by its name, or of a function. Raises: ValueError for an unknown name."""
    if callable(method):
        return getattr(method, "__name__", type(method).__name__), method
    module, _, function = METHODS[check_choice("method", method, METHODS)].where.partition(":")
    found: Any = getattr(importlib.import_module(f"ketwork.search.{module}"), function)
    return method, found


def check_extras(methods: Iterable[str]) -> None:
    """Before hours of other methods. Raises: ImportError that names the extra where one of the methods lacks it."""
    for method in methods:
        for module in METHODS[method].needs:
            if importlib.util.find_spec(module) is None:
                need_extra(module, "search")
