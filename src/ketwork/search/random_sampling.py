"""Random search: circuits drawn evenly, the baseline that every other method must beat."""

from ketwork.checks import check_int
from ketwork.search.seek import Search
from ketwork.search.space import draw


def random_sampling(search: Search, batch: int = 16, n_gates: int | None = None) -> None:
    """Draw circuits of `n_gates` gates (None: any number up to the limit), `batch` at a time.

    Source: Yang, Esperanca and Carlucci, arXiv:1912.12522; Li and Talwalkar, arXiv:1902.07638 (random search is a
    baseline that many methods do not beat).
    """
    check_int("batch", batch, 1)
    while True:
        search.scores([draw(search.space, search.rng, n_gates) for _ in range(batch)])
