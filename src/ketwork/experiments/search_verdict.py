"""What may be said after a search run: every method against random search, paired by seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ketwork.experiments.compare import Interval, interval, paired_p_value
from ketwork.experiments.ledger import Row
from ketwork.experiments.ranks import claim, holm
from ketwork.experiments.searching_task import BASELINE


@dataclass(frozen=True)
class AgainstRandom:
    """A method and random search at the same budget and seeds.

    errors, others: the means with 95 % intervals over seeds. difference: of the means, method minus random; below zero
    is better. p: of the paired t-test; adjusted: by Holm's method over all methods of the run.
    """

    method: str
    errors: Interval
    others: Interval
    difference: float
    p: float
    adjusted: float

    @property
    def claim(self) -> str:
        """ "better", "worse", "no difference shown", or "no test" where there is none."""
        return claim(-self.difference, self.adjusted)


def final_error(row: Row) -> float:
    """The error that counts, of the best circuit on what the search did not see; nan where nothing was found.

    For data the share of wrong answers on test data; with noise that under held-out noise; without, the search's own.
    """
    final = row.get("final") or {}
    accuracy = _first(final, "accuracy_held_out", "accuracy_ideal")
    error = _first(final, "held_out", "ideal") if accuracy is None else 1 - accuracy
    return float("nan") if error is None else float(error)


def _first(final: Row, *names: str) -> float | None:
    return next((final[name] for name in names if final.get(name) is not None), None)


def final_errors(rows: Sequence[Row], method: str) -> list[float]:
    """The errors that count of a method, one a seed."""
    mine = sorted((row for row in rows if row["method"] == method), key=lambda row: int(row["seed"]))
    return [final_error(row) for row in mine]


def against_random(errors: Mapping[str, Sequence[float]]) -> tuple[AgainstRandom, ...]:
    """Every method against random search; errors: by method, one a seed, the same seeds for all."""
    return paired_tests([(name, errors[name], errors[BASELINE]) for name in errors if name != BASELINE])


def paired_tests(scores: Sequence[tuple[str, Sequence[float], Sequence[float]]]) -> tuple[AgainstRandom, ...]:
    """Tests of (method, its errors, those of random search on the same seeds), corrected for how many there are."""
    p_values = [paired_p_value(ours, others, 0.0) for _, ours, others in scores]
    return tuple(
        AgainstRandom(name, interval(ours), interval(others), float(np.mean(ours) - np.mean(others)), p, float(q))
        for (name, ours, others), p, q in zip(scores, p_values, holm(p_values), strict=True)
    )


def sentence(task: str, unit: str, tests: Sequence[AgainstRandom], seeds: int, budget: int) -> str:
    """What may be claimed of a run on one task, and no more than the tests show."""
    of = f" {unit}" if unit else ""
    start = f"On {task} with {budget:,} circuit evaluations and {seeds} seed{'s' * (seeds != 1)}"
    if not tests:
        return f"{start} only random search took part: there is nothing to compare it with."
    best = min(tests, key=lambda test: (np.isnan(test.errors.mean), test.errors.mean))  # some may have found nothing
    first = f"{start}, random search reaches an error of {figures(best.others)}{of}"
    if len(tests) == 1:
        first += f" and {best.method} {figures(best.errors)}{of}."
    else:
        first += f"; of the {len(tests)} others {best.method} has the least mean, {figures(best.errors)}{of}."
    if seeds < 2:
        return f"{first} One seed allows no test; run with more seeds before claiming anything."
    said = f"Paired t-test over seeds against random search with Holm's correction over {len(tests)}:"
    parts = [
        f"{claim}: {', '.join(_with_p(test) for test in tests if test.claim == claim)}"
        for claim in ("better", "worse", "no difference shown", "no test")
        if any(test.claim == claim for test in tests)
    ]
    return f"{first} {said} {'; '.join(parts)}."


def _with_p(test: AgainstRandom) -> str:
    return test.method if np.isnan(test.adjusted) else f"{test.method} (p = {test.adjusted:.2g})"


def figures(found: Interval) -> str:
    """A mean with its interval, in as many figures as errors of any size need."""
    return f"{found.mean:.3g}" if np.isnan(found.half) else f"{found.mean:.3g} ± {found.half:.2g}"
