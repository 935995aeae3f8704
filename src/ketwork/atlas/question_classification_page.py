"""The report on types of questions: does depth help, and do types help to find answers?"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ketwork.atlas import question_classification_tables as tables
from ketwork.atlas.question_classification import (
    CLASSICAL,
    DEPTHS,
    MAP,
    SIZES,
    TASKS,
    TEST_SHARE,
    Row,
    all_questions,
    counted,
    over_depth,
    over_size,
    tuned,
)
from ketwork.atlas.question_classification_answers import NONE, TRUE, answer, first, mrr, rules
from ketwork.atlas.question_classification_tables import (
    ANSWERED,
    against,
    answers_of,
    beside,
    chosen,
    curve,
    deeper,
    depth_tests,
    gains,
    percent,
)
from ketwork.experiments.compare import Comparison, Interval, interval, paired_p_value
from ketwork.experiments.ledger import Ledger
from ketwork.experiments.ranks import holm
from ketwork.report.comparison_page import comparison_sections
from ketwork.report.run_page import Check, Claim, Finding, measured

QUANTUM = (f"QSVM, depth {MAP}", "VQC")
TWO = ("QSVM", "VQC")
WITHOUT = "QSVM, no entanglement"
Won = Mapping[str, tuple[Interval, float]]
"""Of a set of questions: what each classifier gains in MRR over none, and its p value."""


def question_classification_system(ledger: Ledger, seed: int, quick: bool) -> Finding:
    """Compute every part, a row each, and write the report."""
    splits, size_splits, answer_seeds = (3, 1, 1) if quick else (5, 3, 3)
    depths = (1, 3, 5) if quick else DEPTHS
    plan: list[tuple[str, Any]] = [("questions", lambda: counted(all_questions())), ("rules", rules)]
    for task in TASKS:
        plan += [
            (f"depth {task} {k}", lambda k=k, t=task: over_depth(t, 1000 * seed + k, depths)) for k in range(splits)
        ]
    for task in TASKS:
        plan += [
            (f"size {task} {k}", lambda k=k, t=task: over_size(t, 1000 * seed + k, SIZES[:: 2 if quick else 1]))
            for k in range(size_splits)
        ]
    for task in ANSWERED:
        plan += [(f"answers {task} {k}", lambda k=k, t=task: answer(t, 1000 * seed + k)) for k in range(answer_seeds)]
    ledger.expect(len(plan))
    rows = {key: ledger.row(key, make) for key, make in plan}
    compared = tuned(ledger, seed, 3, 2) if quick else tuned(ledger, seed, 9, 5, 2)
    return finding(rows, compared)


def finding(rows: Mapping[str, Row], compared: Comparison) -> Finding:
    """The report's content."""
    worse, better = (claims(compared, word) for word in ("worse", "better"))
    hard, every = str(TASKS[-1]), gains(rows)
    won = every[str(TASKS[2])]
    checks = _checks(rows, compared, every)

    def alike(name: str) -> str:
        return percent(compared.score(hard, name))

    return Finding(
        "Types of questions by quantum circuits, and answers found with them",
        "Katyayan and Joshi, arXiv:2305.07374: questions of SelQA, QSVM and VQC over circuit depth, rule-based answers",
        _verdict(rows, compared, checks, won),
        "worse" if worse and not better else "better" if better and not worse else "open",
        (
            (alike("QSVM"), f"QSVM, tuned, {hard}", f"RBF SVM, tuned alike: {alike('RBF SVM')}"),
            (alike("VQC"), f"VQC, tuned, {hard}", f"linear SVM, tuned alike: {alike('linear SVM')}"),
            (f"{won[QUANTUM[0]][0].mean:+.3f}", "MRR of answers by QSVM's types, who/when",
             f"with the true type {won[TRUE][0].mean:+.3f}"),
            (f"{won['linear SVM'][0].mean:+.3f}", "MRR of answers by a linear SVM's types", "who/when"),
        ),
        _claims(rows, compared, won),
        (
            "The paper's abstract could be read, its text and numbers could not: which two types, how many questions, "
            "which features and which answerer it uses is not known here.",
            "SelQA's training part is not at hand: questions are of its development and test parts.",
            "The VQC is trained by Adam on the cross-entropy of a trained affine map of expectation values, exact and "
            "without shots; Qiskit's reads a parity and is usually trained by COBYLA.",
            "Features are standardised; the bandwidth by alignment is ours. Taken as angles as they are (wide), the "
            "circuits are those of a first try.",
            "The tuned comparison learns its features from development questions, without labels, and compares on test "
            "questions: one TF-IDF for all folds.",
            "What the checks ask for is ours, not the paper's: the paper's claims put as tests, with thresholds set "
            "while this was written.",
            "The rules of the answerer are ours; so are the questions of four types, for which all models are "
            "multi-class.",
        ),
        checks,
        (
            tables.questions(rows["questions"]),
            *(tables.depth(rows, task) for task in TASKS),
            tables.ansatz(rows),
            tables.concentration(rows),
            tables.sizes(rows),
            *comparison_sections(compared),
            tables.rule_table(rows["rules"]),
            *(tables.answers(rows, task, every[str(task)]) for task in ANSWERED),
        ),
        metrics(rows, compared, every),
    )  # fmt: skip


def claims(compared: Comparison, word: str) -> int:
    """How many tests against the two classical SVMs say that a quantum model is better, or worse."""
    return sum(test.claim == word for test in compared.tests if test.other in CLASSICAL[:2])


def _verdict(rows: Mapping[str, Row], compared: Comparison, checks: tuple[Check, ...], won: Won) -> str:
    found = depth_tests(rows, TWO)
    up = sum(gain > 0 and p < 0.05 for *_, gain, p in found)
    down = sum(gain < 0 and p < 0.05 for *_, gain, p in found)
    wide = [deeper(chosen(rows, f"depth {task}"), f"{name}, wide")[0] for task in TASKS for name in TWO]
    said = "; ".join(f"{name} {_told(*won[name])}" for name in (*QUANTUM, "linear SVM", TRUE))
    return (
        f"The greatest depth of the feature map is better than the least in {up} of {len(found)} tests (two models, "
        f"four tasks) and worse in {down}; without a choice of bandwidth accuracy changes by "
        f"{100 * np.mean(wide):+.1f} points on average. Tuned alike, a quantum model is better than a classical SVM in "
        f"{claims(compared, 'better')} of {_count(compared)} tests, worse in {claims(compared, 'worse')}. "
        f"Change of the MRR of answers to who/when questions by who says the type: {said}. "
        f"{sum(c.passed for c in checks)} of {len(checks)} checks are reached."
    )


def _told(up: Interval, p: float) -> str:
    """A change of the MRR and whether it is shown."""
    shown = "" if p < 0.05 else ", no difference shown"
    return f"{up.mean:+.3f} (p = {p:.2g}{shown})"


def _count(compared: Comparison) -> int:
    return sum(test.other in CLASSICAL[:2] for test in compared.tests)


def _checks(rows: Mapping[str, Row], compared: Comparison, every: Mapping[str, Won]) -> tuple[Check, ...]:
    runs = [chosen(rows, f"depth {task}") for task in TASKS]
    points = [point for part in runs for name in TWO for point in curve(part, name)]
    depths = runs[0][0]["depths"]
    tests = depth_tests(rows, TWO)
    up = sum(gain > 0 and p < 0.05 for *_, gain, p in tests)
    down = sum(gain < 0 and p < 0.05 for *_, gain, p in tests)
    found = [
        Check("accuracy over depth of QSVM and VQC, with bands", f"depths {DEPTHS[0]} to {DEPTHS[-1]} on 4 tasks",
              f"depths {', '.join(map(str, depths))} on {len(runs)} tasks, {len(runs[0])} splits",
              tuple(depths) == DEPTHS and not any(np.isnan(point.half) for point in points),
              "classical SVMs stand in every figure"),
        Check("deeper feature maps classify better", "greatest depth better in most of 8 tests, p < 0.05",
              f"better in {up}, worse in {down}", up > 4, "bandwidth chosen at every depth"),
        Check("a quantum model is better than a classical SVM, tuned alike", "better in a test, worse in none",
              f"better in {claims(compared, 'better')} of {_count(compared)}, worse in {claims(compared, 'worse')}",
              claims(compared, "better") > 0 and claims(compared, "worse") == 0),
    ]  # fmt: skip
    found.append(_entangled(rows))
    for task in ANSWERED:
        won, answered = every[str(task)], answers_of(rows, task)
        said = [
            f"{name}: {mrr(answered[name]):.3f}, {first(answered[name]):.3f} (gain {won[name][0].mean:+.3f}, "
            f"p = {won[name][1]:.2g})" for name in QUANTUM
        ]  # fmt: skip
        found.append(
            Check(
                f"quantum types improve answers, {task}: MRR, P@1",
                f"MRR above {mrr(answered[NONE]):.3f}, p < 0.05 (P@1 without: {first(answered[NONE]):.3f})",
                "; ".join(said),
                all(won[name][0].mean > 0 and won[name][1] < 0.05 for name in QUANTUM),
                f"true type {mrr(answered[TRUE]):.3f}, {first(answered[TRUE]):.3f}; linear SVM "
                f"{mrr(answered['linear SVM']):.3f}, {first(answered['linear SVM']):.3f}",
            )
        )
    return (*found, _against_classical(rows, every))


def _entangled(rows: Mapping[str, Row]) -> Check:
    """The quantum kernel against itself without entangling gates, by the mean over depths of each split."""
    pairs = []
    for task in TASKS:
        runs = chosen(rows, f"depth {task}")
        pairs.append([[float(np.mean(run["series"][name])) for run in runs] for name in ("QSVM", WITHOUT)])
    adjusted = holm([paired_p_value(ours, plain, TEST_SHARE) for ours, plain in pairs]).tolist()
    gaps = [float(np.mean(np.subtract(ours, plain))) for ours, plain in pairs]
    better, worse = (
        sum(sign * gap > 0 and p < 0.05 for gap, p in zip(gaps, adjusted, strict=True)) for sign in (1, -1)
    )
    said = "; ".join(f"{task} {100 * gap:+.1f}" for task, gap in zip(TASKS, gaps, strict=True))
    return Check("entangling gates help the kernel", "better in a test, worse in none",
                 f"better in {better} of {len(pairs)}, worse in {worse}", better > 0 and worse == 0,
                 f"accuracy with them less that without, in points, mean over depths: {said}")  # fmt: skip


def _against_classical(rows: Mapping[str, Row], every: Mapping[str, Won]) -> Check:
    """Answers by quantum types against answers by classical SVMs', where the true type helps at all."""
    pairs, sets = [], []
    for task in ANSWERED:
        up, p = every[str(task)][TRUE]
        if up.mean > 0 and p < 0.05:
            pairs += [against(rows, task, name, other) for name in QUANTUM for other in CLASSICAL[:2]]
            sets.append(str(task))
    adjusted = holm([p for _, p in pairs]).tolist() if pairs else []
    signs = [np.sign(up.mean) for (up, _), p in zip(pairs, adjusted, strict=True) if p < 0.05]
    better, worse = signs.count(1), signs.count(-1)
    return Check("quantum types find better answers than classical SVMs' types", "better in a test, worse in none",
                 f"better in {better} of {len(pairs)}, worse in {worse}", better > 0 and worse == 0,
                 f"on questions where the true type helps: {'; '.join(sets) or 'none'}")  # fmt: skip


def _claims(rows: Mapping[str, Row], compared: Comparison, won: Won) -> tuple[Claim, ...]:
    gained = [up for *_, up, _ in depth_tests(rows, TWO)]
    return (
        Claim("two types of SelQA by QSVM and VQC", "done; numbers not known here", "; ".join(
            f"{name} {percent(compared.score(str(TASKS[2]), name))}" for name in TWO) + ", who/when, tuned"),
        Claim("effect of circuit depth", "studied; deep circuits in the title",
              f"{100 * min(gained):+.1f} to {100 * max(gained):+.1f} points from the least to the greatest depth"),
        Claim("rule-based answers with the types", "significant improvement",
              f"MRR {won[QUANTUM[0]][0].mean:+.3f} (QSVM), {won['VQC'][0].mean:+.3f} (VQC), "
              f"{won['linear SVM'][0].mean:+.3f} (linear SVM), who/when"),
    )  # fmt: skip


def metrics(rows: Mapping[str, Row], compared: Comparison, every: Mapping[str, Won]) -> dict[str, Any]:
    """The numbers for result.json."""
    found: dict[str, Any] = {"questions": {k: v for k, v in rows["questions"].items() if k not in ("key", "seconds")}}
    for task in TASKS:
        runs = chosen(rows, f"depth {task}")
        found[f"depth {task}"] = {
            "depths": runs[0]["depths"],
            **{name: list(map(measured, curve(runs, name))) for name in runs[0]["series"]},
            **{name: measured(beside(runs, name)) for name in runs[0]["beside"]},
            "all words": measured(interval([run["all_words"] for run in runs], TEST_SHARE)),
        }
        found[f"tuned {task}"] = {name: measured(compared.score(str(task), name)) for name in compared.names()}
    for task in ANSWERED:
        won = every[str(task)]
        found[f"answers {task}"] = {
            name: {"mrr": mrr(places), "p_at_1": first(places),
                   **({"gain": measured(won[name][0]), "p_value": won[name][1]} if name in won else {})}
            for name, places in answers_of(rows, task).items()
        }  # fmt: skip
    return found
