"""The sections of the report on optimisers of a classifier: tables and figures from the rows of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketwork.atlas.vqc_optimizers import (
    ALL_WORDS,
    BESIDE,
    CLASSICAL,
    FIRST,
    MAIN,
    MEASURES,
    OPTIMIZERS,
    REPRESENTATIONS,
    TEST_SHARE,
    Row,
)
from ketwork.experiments.compare import Interval, interval, paired_p_value
from ketwork.experiments.ranks import LEVEL, holm
from ketwork.report import plots
from ketwork.report.page import Section, Table
from ketwork.report.run_page import measured

PAPER = 0.77
PAPER_F = 0.785
SEVEN = (*OPTIMIZERS, *CLASSICAL)
"""The models of the paper's table."""
LBFGS, COBYLA = "VQC, L-BFGS", "VQC, COBYLA, 100 epochs"
SHOWN = (*SEVEN, *BESIDE, *ALL_WORDS)
"""The rows of the first table; the first one is what the others are tested against."""


def chosen(rows: dict[str, Row], start: str) -> list[Row]:
    """The rows whose key is `start` and the number of a split."""
    return [row for key, row in rows.items() if key.rpartition(", split ")[0] == start]


def values(rows: Sequence[Row], model: str, measure: str = MEASURES[0]) -> list[float]:
    """A measure of a model over the splits."""
    return [row["models"][model]["scores"][MEASURES.index(measure)] for row in rows]


def mean(rows: Sequence[Row], model: str, measure: str = MEASURES[0]) -> Interval:
    """Its mean with the interval of splits that share training data."""
    return interval(values(rows, model, measure), TEST_SHARE)


def best(rows: Sequence[Row], models: Sequence[str]) -> str:
    """The model with the highest mean accuracy."""
    return max(models, key=lambda model: mean(rows, model).mean)


@dataclass(frozen=True)
class Against:
    """A model's accuracy less that of AQGD with 100 epochs on the same features and splits, and the p value of the
    paired test, by Holm's method over all tests of its family."""

    gap: float
    p: float

    @property
    def word(self) -> str:
        """ "better", "worse" or "no difference shown"; "no test" where there is none."""
        if np.isnan(self.p):
            return "no test"
        return "no difference shown" if self.p >= LEVEL else "better" if self.gap > 0 else "worse"

    @property
    def back(self) -> "Against":
        """The same from the side of AQGD."""
        return Against(-self.gap, self.p)

    def __str__(self) -> str:
        return self.word if np.isnan(self.p) else f"{self.word} (p = {self.p:.2g})"


def _tests(pairs: dict[Any, tuple[Sequence[Row], str]]) -> dict[Any, Against]:
    """Models in rows against the first model there, as one family."""
    both = {key: (values(part, model), values(part, FIRST)) for key, (part, model) in pairs.items()}
    adjusted = holm([paired_p_value(ours, first, TEST_SHARE) for ours, first in both.values()])
    return {
        key: Against(float(np.mean(np.subtract(ours, first))), float(p))
        for (key, (ours, first)), p in zip(both.items(), adjusted, strict=True)
    }


def main_tests(rows: dict[str, Row]) -> dict[str, Against]:
    """All other models of the first table."""
    part = chosen(rows, MAIN)
    return _tests({model: (part, model) for model in SHOWN if model != FIRST})


def feature_tests(rows: dict[str, Row]) -> dict[tuple[str, str], Against]:
    """The classical models on every representation, by its name and theirs."""
    names = [name for name in REPRESENTATIONS if chosen(rows, name)]
    return _tests({(name, model): (chosen(rows, name), model) for name in names for model in CLASSICAL})


def _short(found: Interval) -> str:
    """A mean with its interval in few digits."""
    return f"{found.mean:.3f}" if np.isnan(found.half) else f"{found.mean:.3f} ± {found.half:.2f}"


def _told(test: Against | None) -> str:
    """A p value as a cell, and which way where it shows anything."""
    if test is None or np.isnan(test.p):
        return ""
    return f"{test.p:.2g}" + (f" {test.word}" if test.p < LEVEL else "")


def main_table(rows: dict[str, Row]) -> Section:
    """The paper's seven models, and what stands beside them."""
    part, tests, cells = chosen(rows, MAIN), main_tests(rows), []
    for model in SHOWN:
        cells.append((model, *(_short(mean(part, model, name)) for name in MEASURES), _told(tests.get(model))))
    kept, words = (float(np.mean([row[key] for row in part])) for key in ("explained", "words"))
    text = (
        f"1,000 reviews, half of them liked; {len(part)} random splits with a fifth to test on, means with 95 % "
        "intervals over them, corrected for splits that share data. Precision, recall and F-score are of the liked. "
        f"p is of a paired test of the accuracy against the first row, by Holm's method over {len(tests)} rows. "
        "No model is tuned: scikit-learn's and Qiskit's usual settings.",
        f"The five features are principal components of TF-IDF. They keep {kept:.1%} of the variance of {words:.0f} "
        "words. The last three rows are given all words.",
    )
    figure = plots.intervals("accuracy", {m: (mean(part, m), values(part, m)) for m in SHOWN},
                             "accuracy, a dot a split; dashed: the paper's best", PAPER)  # fmt: skip
    header = ("", *MEASURES, "p")
    return Section("The table", text, Table(header, tuple(cells)), figure, "accuracy", "Test accuracy of all models.")


def representations(rows: dict[str, Row]) -> Section:
    """Other features for the same models."""
    models = (FIRST, LBFGS, *CLASSICAL)
    found = [name for name in REPRESENTATIONS if chosen(rows, name)]
    cells: list[tuple[str, ...]] = []
    shown: dict[str, tuple[Interval, Sequence[float]]] = {}
    for name in found:
        part = chosen(rows, name)
        cells.append((name, *(_short(mean(part, model)) for model in models)))
        leading = best(part, CLASSICAL)
        shown[f"{name}: AQGD"] = (mean(part, FIRST), values(part, FIRST))
        shown[f"{name}: {leading}"] = (mean(part, leading), values(part, leading))
    text = (
        "; ".join(f"{name}: {REPRESENTATIONS[name].sentence}" for name in found)
        + ". Everything but the leak is learned from the training part alone.",
        "Principal components are made without labels and hold what varies most. " + _gaps(rows, found),
    )
    figure = plots.intervals("features", shown, "accuracy, a dot a split; dashed: the paper's best", PAPER)
    header = ("", "AQGD, 100 epochs", "L-BFGS", "SVM", "boosting", "forest")
    return Section("Where the difference comes from: the five features", text, Table(header, tuple(cells)),
                   figure, "features", "AQGD and the best classical model by representation.")  # fmt: skip


def _gaps(rows: dict[str, Row], names: Sequence[str]) -> str:
    """How far AQGD is from the best classical model on every representation, as a sentence."""
    said, tests = [], feature_tests(rows)
    for name in names:
        part = chosen(rows, name)
        test = tests[name, best(part, CLASSICAL)].back
        said.append(f"{name} {test.gap:+.3f}, {test}")
    return (
        f"AQGD with 100 epochs minus the best classical model on the same features: {'; '.join(said)}. p by Holm's "
        f"method over all {len(tests)} tests of a classical model against AQGD in this table."
    )


def optimizers(rows: dict[str, Row]) -> Section:
    """Losses on the way, and what a training costs on a device."""
    part, tests, cells = chosen(rows, MAIN), main_tests(rows), []
    models, weights = [*OPTIMIZERS, *BESIDE], rows["gradient"]["weights"]
    for model in models:
        runs = [row["models"][model] for row in part]
        loss = interval([run["loss"][-1] for run in runs], TEST_SHARE)
        steps, circuits, seconds = (
            float(np.mean(found))
            for found in zip(*((len(r["loss"]), r["circuits"], r["fit_seconds"]) for r in runs), strict=True)
        )
        train = np.mean([run["train"] for run in runs])
        cells.append((model, f"{loss.mean:.4f}", f"{train:.3f}", _short(mean(part, model)), f"{steps:.0f}",
                      f"{circuits:,.0f}", f"{seconds:.1f} s"))  # fmt: skip
    names = ["VQC, AQGD, 150 epochs", "VQC, COBYLA, 150 epochs", *BESIDE]
    longest = max(len(row["models"][name]["loss"]) for row in part for name in names)
    across = list(range(1, longest + 1))
    series = {name: [interval(point, TEST_SHARE) for point in _padded(part, name, longest)] for name in names}
    figure = plots.lines("losses", across, series, ("step, or for COBYLA value of the loss", "training loss"))
    text = (
        "Losses of the training part, means with bands over splits; a training that has ended keeps its last. Accuracy "
        "in training stands beside that of the test. A device "
        f"runs a circuit a sample for a loss and {2 * weights + 1} for a gradient of {weights} weights by shifts; the "
        "simulator takes gradients by the adjoint method. COBYLA looks at "
        f"{weights + 1} points before its first step.",
        f"AQGD with 150 epochs against 100: accuracy {tests['VQC, AQGD, 150 epochs']}. AQGD against "
        f"COBYLA, both 100: {tests[COBYLA].back}; COBYLA took {_ratio(part):.0f} times fewer circuits. L-BFGS, with a "
        f"loss {_lower(part):+.4f} off AQGD's: accuracy {tests[LBFGS]}. p as in the first table.",
    )
    header = ("", "last loss", "training", "accuracy", "steps", "circuits of a device", "time here")
    return Section("What the optimisers leave", text, Table(header, tuple(cells)), figure, "losses", "Losses.")


def _ratio(part: Sequence[Row]) -> float:
    slow, fast = (np.mean([row["models"][m]["circuits"] for row in part]) for m in (FIRST, COBYLA))
    return float(slow / fast)


def _lower(part: Sequence[Row]) -> float:
    """The last loss of L-BFGS less that of AQGD with 100 epochs."""
    return float(np.mean([row["models"][LBFGS]["loss"][-1] - row["models"][FIRST]["loss"][-1] for row in part]))


def _padded(part: Sequence[Row], model: str, longest: int) -> list[list[float]]:
    """Losses by step, one a split; the last one goes on."""
    runs = [row["models"][model]["loss"] for row in part]
    return [[run[min(step, len(run) - 1)] for run in runs] for step in range(longest)]


def scales(rows: dict[str, Row]) -> Section:
    """Features standardised and made angles by a factor."""
    names = [key.rpartition(", split ")[0] for key in rows if key.startswith("scale ")]
    cells = [("as they are", str(mean(chosen(rows, MAIN), FIRST)),
              f"{np.mean([row['models'][FIRST]['train'] for row in chosen(rows, MAIN)]):.3f}")]  # fmt: skip
    for name in dict.fromkeys(names):
        part = chosen(rows, name)
        found = interval([row["scores"][0] for row in part], TEST_SHARE)
        cells.append((name.removeprefix("scale "), str(found), f"{np.mean([row['train'] for row in part]):.3f}"))
    text = (
        "AQGD with 100 epochs; features as they are (principal components of rows of length 1), or standardised and "
        "multiplied by a factor. Phases of pairs are 2 (pi - a)(pi - b), which turn by 2 pi for every unit of a "
        "feature: with factor 1 neighbours in the features are no neighbours in the states.",
    )
    return Section("Features as angles", text, Table(("factor", "accuracy", "accuracy in training"), tuple(cells)))


def metrics(rows: dict[str, Row]) -> dict[str, Any]:
    """The numbers for result.json, without times."""
    part = chosen(rows, MAIN)
    found: dict[str, Any] = {}
    for model in SHOWN:
        one: dict[str, Any] = {name: measured(mean(part, model, name)) for name in MEASURES}
        one["accuracy in training"] = float(np.mean([row["models"][model]["train"] for row in part]))
        if "circuits" in part[0]["models"][model]:
            one["circuits"] = float(np.mean([row["models"][model]["circuits"] for row in part]))
            one["loss"] = float(np.mean([row["models"][model]["loss"][-1] for row in part]))
        found[model] = one
    features = {
        name: {model: measured(mean(chosen(rows, name), model)) for model in (FIRST, LBFGS, *CLASSICAL)}
        for name in REPRESENTATIONS
        if chosen(rows, name)
    }
    scaled = {
        name: measured(interval([row["scores"][0] for row in chosen(rows, name)], TEST_SHARE))
        for name in dict.fromkeys(key.rpartition(", split ")[0] for key in rows if key.startswith("scale "))
    }
    return {"models": found, "features": features, "scales": scaled, "gradient": rows["gradient"]["difference"]}
