"""The report on optimisers of a variational classifier: the paper's table beside ours, and why they differ."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ketwork.atlas import vqc_optimizers_tables as tables
from ketwork.atlas.vqc_optimizers import (
    ALL_WORDS,
    CLASSICAL,
    FIRST,
    MAIN,
    OPTIMIZERS,
    REPRESENTATIONS,
    SCALES,
    Row,
    features_row,
    gradient_row,
    scale_row,
    table_row,
)
from ketwork.atlas.vqc_optimizers_tables import (
    COBYLA,
    LBFGS,
    PAPER,
    PAPER_F,
    SEVEN,
    best,
    chosen,
    feature_tests,
    main_tests,
    mean,
)
from ketwork.experiments.ledger import Ledger
from ketwork.report.run_page import Check, Claim, Finding

LABELLED = "least squares"
WITHIN = 0.05


def vqc_optimizers_system(ledger: Ledger, seed: int, quick: bool) -> Finding:
    """Compute every split of every part, a row each, and write the report."""
    splits = 3 if quick else 5
    names = [name for name in REPRESENTATIONS if name != MAIN]
    plan: list[tuple[str, Any]] = [("gradient", lambda: gradient_row(seed))]
    plan += [(f"{MAIN}, split {k}", lambda k=k: table_row(seed, k)) for k in range(splits)]
    for name in ("chosen words", LABELLED) if quick else names:
        plan += [(f"{name}, split {k}", lambda k=k, name=name: features_row(name, seed, k)) for k in range(splits)]
    for scale in SCALES[1::2] if quick else SCALES:
        plan += [(f"scale {scale:g}, split {k}", lambda k=k, s=scale: scale_row(s, seed, k)) for k in range(splits)]
    ledger.expect(len(plan))
    return finding({key: ledger.row(key, make) for key, make in plan})


def finding(rows: dict[str, Row]) -> Finding:
    """The report's content."""
    part, tests, checks = chosen(rows, MAIN), main_tests(rows), _checks(rows)
    five, every = best(part, CLASSICAL), best(part, tuple(ALL_WORDS))
    ours = mean(part, FIRST)
    labelled = mean(chosen(rows, LABELLED), FIRST)
    return Finding(
        "Local optimisers of a variational quantum classifier",
        "Joshi, Katyayan and Ahmed, arXiv:2102.08949: whether a restaurant review is liked, from five features on five "
        "qubits",
        _verdict(rows, five, every, checks),
        {"better": "worse", "worse": "better"}.get(tests[five].word, "open"),
        (
            (str(ours), "accuracy, AQGD, 100 epochs", f"the paper: {PAPER}"),
            (str(mean(part, five)), f"best classical model on the same features: {five}", str(tests[five])),
            (str(mean(part, every)), f"best classical model on all words: {ALL_WORDS[every]}",
             str(tests[every])),
            (str(labelled), "AQGD, 100 epochs, features made with labels", "5 components of partial least squares"),
        ),
        _claims(rows),
        (
            "The paper's text could not be read when this was written: its abstract was. How it makes features, scales "
            "them, splits reviews and starts its training is not known. Ours: " + REPRESENTATIONS[MAIN].sentence
            + "; features as angles as they are; a fifth of the reviews to test on.",
            "The paper gives one number a model, from how many runs is not known; ours are means over "
            f"{len(part)} splits.",
            "The circuit is the default of Qiskit's VQC at the paper's time: ZZFeatureMap in two rounds and "
            "EfficientSU2 with three repetitions, both on all pairs, the parity of the bits as the label, "
            "cross-entropy; AQGD with learning rate 1 and momentum 0.25. Weights start near 0 instead of anywhere.",
            "Values are exact, the paper's are of a simulator with shots or of a device.",
            "Adam, L-BFGS, classical models on all words, other features and the scaling are added. The kinds of "
            "features were looked for on other splits of the same reviews until one brought the circuit near the "
            "paper's number, and the checks called \"explained\" were set after first looks; that they explain the "
            "difference is our reading, not the paper's.",
            "Of the 1,000 sentences 4 are there twice, and may be on both sides of a split.",
        ),
        checks,
        (
            tables.main_table(rows),
            tables.representations(rows),
            tables.optimizers(rows),
            tables.scales(rows),
        ),
        tables.metrics(rows),
    )  # fmt: skip


def _claims(rows: dict[str, Row]) -> tuple[Claim, ...]:
    part = chosen(rows, MAIN)
    leading = best(part, SEVEN)
    found = [
        Claim("accuracy, AQGD, 100 epochs", f"{PAPER}", str(mean(part, FIRST))),
        Claim("F-score, AQGD, 100 epochs", f"{PAPER_F}", str(mean(part, FIRST, "F-score"))),
        Claim("best of seven models", "AQGD, 100 epochs", f"{leading}, {mean(part, leading)}"),
        Claim("the same circuit on features made with labels", "", str(mean(chosen(rows, LABELLED), FIRST))),
    ]
    others = [name for name in OPTIMIZERS if name != FIRST]
    found += [Claim(f"accuracy, {name}", f"below {PAPER}", str(mean(part, name))) for name in others]
    found += [Claim(f"accuracy, {name}", f"below {PAPER}", str(mean(part, name))) for name in CLASSICAL]
    return tuple(found)


def _checks(rows: dict[str, Row]) -> tuple[Check, ...]:
    part, labelled = chosen(rows, MAIN), chosen(rows, LABELLED)
    ours, five, leading = mean(part, FIRST), best(part, CLASSICAL), best(part, SEVEN)
    ceiling, lifted = mean(part, five), mean(labelled, FIRST)
    train = float(np.mean([row["models"][FIRST]["train"] for row in part]))
    low = PAPER - WITHIN
    further = mean(part, LBFGS)
    difference, tests = rows["gradient"]["difference"], main_tests(rows)
    reached = abs(ours.mean - PAPER) <= WITHIN
    remark = f"its accuracy in training is {train:.3f}"
    return (
        Check("accuracy of AQGD with 100 epochs on 5 principal components", f"within {WITHIN} of {PAPER}", str(ours),
              reached, remark if reached else f"{remark}; the next three checks ask where the difference comes from"),
        Check("explained: these features do not hold it, the best classical model stays below as well", f"< {low:g}",
              f"{ceiling} ({five})", ceiling.mean < low),
        Check("explained: it is not the optimiser, L-BFGS by exact gradients stays below as well", f"< {low:g}",
              str(further), further.mean < low, f"against AQGD: {tests[LBFGS]}"),
        Check("explained: on five features made with training labels the same circuit and optimiser come near",
              f"within {WITHIN} of {PAPER}", str(lifted), abs(lifted.mean - PAPER) <= WITHIN),
        Check("AQGD with 100 epochs is the best of the paper's seven models", FIRST,
              f"{leading}: {mean(part, leading)}", leading == FIRST),
        Check("AQGD is better than COBYLA, both with 100 epochs", "better, in a paired test",
              str(tests[COBYLA].back), tests[COBYLA].back.word == "better",
              f"COBYLA: {mean(part, COBYLA)}"),
        Check("the gradient here is the parameter-shift rule's", "difference below 1e-10", f"{difference:.1e}",
              difference < 1e-10),
    )  # fmt: skip


def _verdict(rows: dict[str, Row], five: str, every: str, checks: Sequence[Check]) -> str:
    part, labelled = chosen(rows, MAIN), chosen(rows, LABELLED)
    ours, tests = mean(part, FIRST), main_tests(rows)
    where = "within" if abs(ours.mean - PAPER) <= WITHIN else "not within"
    lift = best(labelled, CLASSICAL)
    return (
        f"On five principal components of TF-IDF the circuit trained by AQGD for 100 epochs tells {ours} of the test "
        f"reviews, {where} {WITHIN} of the paper's {PAPER}. Of the classical models on the same features the best, "
        f"{five}, reaches {mean(part, five)}, against AQGD {tests[five]}; on all words the best, "
        f"{ALL_WORDS[every]}, reaches {mean(part, every)}, {tests[every]}. On five features made with "
        f"the training labels the same circuit reaches {mean(labelled, FIRST)}, the best classical model, {lift}, "
        f"{mean(labelled, lift)}: {feature_tests(rows)[LABELLED, lift]}. p by Holm's method. "
        f"{sum(c.passed for c in checks)} of {len(checks)} checks are reached."
    )
