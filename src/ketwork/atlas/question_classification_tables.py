"""The sections of the report on types of questions: tables and figures from the rows of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ketwork.atlas.question_classification import (
    CLASSICAL,
    FEATURES,
    LAYERS,
    MAP,
    TASKS,
    TEST,
    TEST_SHARE,
    TRAINING,
    Row,
    Types,
)
from ketwork.atlas.question_classification_answers import KINDS, NONE, PENALTY, TRUE, first, gain, mrr
from ketwork.experiments.compare import Interval, interval, paired_p_value
from ketwork.experiments.ranks import holm
from ketwork.report import plots
from ketwork.report.page import Section, Table

Rows = Mapping[str, Row]
SHOWN = ("QSVM", "VQC", "QSVM, wide", "VQC, wide")
ANSWERED = (*TASKS, Types(KINDS, True), Types(KINDS, False))


def chosen(rows: Rows, start: str) -> list[Row]:
    """The rows whose key is `start` and a number, in this order."""
    return [row for key, row in rows.items() if key.rpartition(" ")[0] == start]


def percent(found: Interval) -> str:
    """A share with its interval, in percent."""
    half = "" if np.isnan(found.half) else f" ± {100 * found.half:.1f}"
    return f"{100 * found.mean:.1f}{half} %"


def chance(p: float) -> str:
    """A p value as text; nothing where there is none."""
    return "" if np.isnan(p) else f"{p:.2g}"


def curve(runs: Sequence[Row], name: str) -> list[Interval]:
    """Accuracies of a series over its depths: means over splits with intervals."""
    return [interval(scores, TEST_SHARE) for scores in np.transpose([run["series"][name] for run in runs])]


def beside(runs: Sequence[Row], name: str) -> Interval:
    """The accuracy of a model that has no depth."""
    return interval([run["beside"][name] for run in runs], TEST_SHARE)


def deeper(runs: Sequence[Row], name: str) -> tuple[float, float]:
    """How much the greatest depth gains over the least, and the p value of the paired test."""
    last, least = ([run["series"][name][k] for run in runs] for k in (-1, 0))
    return float(np.mean(np.subtract(last, least))), paired_p_value(last, least, TEST_SHARE)


def depth_tests(rows: Rows, names: Sequence[str]) -> list[tuple[str, str, float, float]]:
    """Task, series, gain and p of the greatest depth against the least; p by Holm's method over all of them."""
    found = [(str(task), name, *deeper(chosen(rows, f"depth {task}"), name)) for task in TASKS for name in names]
    adjusted = holm([p for *_, p in found])
    return [(task, name, up, float(p)) for (task, name, up, _), p in zip(found, adjusted, strict=True)]


def questions(row: Row) -> Section:
    """How many questions there are, and which are left out."""
    kinds = row["kinds"]
    text = (
        f"{sum(kinds.values()) + row['several'] + row['none']:,} questions of SelQA's development and test parts. "
        f"Those of several types ({row['several']}) and of none ({row['none']}) are left out. The two largest types "
        "are the first pair, the next two the second.",
        "Features: TF-IDF of stems without stop words, reduced by a truncated SVD, all of it learned from the training "
        "questions. scikit-learn's list of stop words holds who, what, when, where and how: left as it is "
        "it removes what tells the type. Both are measured: with question words the task is a look-up of one word, "
        f"without it is the harder task. A split: {TRAINING} questions a type to learn from, {TEST} to test on.",
        "Many a question is another's paraphrase, which asks for the same sentences in much the same words. Such twins "
        "are never on both sides of a split, and the tuned comparison has one of them.",
    )
    return Section("The questions", text, Table(("type", "questions"), tuple((k, str(n)) for k, n in kinds.items())))


def depth(rows: Rows, task: Types) -> Section:
    """Accuracy over the depth of the feature map, classical models beside."""
    runs = chosen(rows, f"depth {task}")
    depths = runs[0]["depths"]
    series = {name: curve(runs, name) for name in SHOWN}
    flat = {name: [beside(runs, name)] * len(depths) for name in CLASSICAL[:2]}
    figure = plots.lines(
        _slug("depth", task), depths, {**series, **flat}, ("repetitions of the feature map", "test accuracy"),
        dashed=tuple(flat), span=(0, 1),
    )  # fmt: skip
    tests = {name: (up, p) for place, name, up, p in depth_tests(rows, SHOWN) if place == str(task)}
    cells = [
        (name, *map(percent, curve(runs, name)), f"{100 * up:+.1f}", chance(p))
        for name, (up, p) in ((name, tests.get(name, (deeper(runs, name)[0], np.nan))) for name in
                              (*SHOWN, "QSVM, no entanglement"))
    ]  # fmt: skip
    blank = ("",) * (len(depths) - 1)
    cells += [(name, percent(beside(runs, name)), *blank, "", "") for name in runs[0]["beside"]]
    whole = interval([run["all_words"] for run in runs], TEST_SHARE)
    cells.append(("logistic regression on all words", percent(whole), *blank, "", ""))
    text: tuple[str, ...] = (
        f"{FEATURES} features and qubits, {len(runs)} random splits, 95 % intervals over splits as bands; the last "
        "columns are the gain of the greatest depth over the least and its paired test, corrected for splits that "
        "share data and by Holm's method over four series and four tasks. Guessing gives 50 %.",
        "Nothing is tuned but the bandwidth, by alignment on the training part. The VQC, with RealAmplitudes of "
        f"{LAYERS} repetitions, takes the same, and so does the kernel without entangling gates. Wide: standardised "
        "features as angles.",
    )
    if task != TASKS[0]:
        text = (f"Columns as for {TASKS[0]}.",)
    header = ("", *(f"depth {d}" for d in depths), "gain", "p")
    return Section(f"Accuracy over depth: {task}", text, Table(header, tuple(cells)), figure, _slug("depth", task),
                   f"Accuracy over depth, {task}.")  # fmt: skip


def ansatz(rows: Rows) -> Section:
    """Accuracy over the repetitions of the ansatz."""
    cells, series, names = [], {}, ("RealAmplitudes", "EfficientSU2")
    tests = {(task, name): (up, p) for task, name, up, p in depth_tests(rows, names)}
    for task in TASKS:
        runs = chosen(rows, f"depth {task}")
        depths = runs[0]["depths"]
        for name in names:
            up, p = tests[str(task), name]
            cells.append((f"{name}, {task}", *map(percent, curve(runs, name)), f"{100 * up:+.1f}", chance(p)))
            if not task.with_word:
                series[f"{name}, {'/'.join(task.kinds)}"] = curve(runs, name)
    figure = plots.lines("ansatz", depths, series, ("repetitions of the ansatz", "test accuracy"), span=(0, 1),
                         dashed=[name for name in series if name.startswith("Eff")])  # fmt: skip
    text = (
        f"The VQC after a feature map of {MAP} repetitions. The figure shows the tasks without question words; p is "
        "of the paired test of the greatest depth against the least, by Holm's method over both and four tasks.",
    )
    header = ("", *(f"depth {d}" for d in depths), "gain", "p")
    return Section("Accuracy over the depth of the ansatz", text, Table(header, tuple(cells)), figure, "ansatz",
                   "Accuracy over the repetitions of the ansatz.")  # fmt: skip


def concentration(rows: Rows) -> Section:
    """What depth does to the kernel."""
    cells = []
    for task in TASKS:
        runs = chosen(rows, f"depth {task}")
        for label, key, form in (("wide: mean kernel of two samples", "wide_kernel", "{:.3f}"),
                                 ("aligned: mean kernel of two samples", "kernel", "{:.3f}"),
                                 ("aligned: bandwidth, median", "factors", "{:.3g}")):  # fmt: skip
            middle = np.median if key == "factors" else np.mean
            cells.append((f"{task}; {label}", *(form.format(v) for v in middle([run[key] for run in runs], axis=0))))
    depths = chosen(rows, f"depth {TASKS[0]}")[0]["depths"]
    text = (
        f"Random states of {FEATURES} qubits have a mean fidelity of {2.0**-FEATURES:.3f}: the nearer a kernel's mean "
        "is to that, the more is every question equally unlike every other, whatever it says. A smaller bandwidth "
        "makes angles smaller, so that the map turns less and questions that are alike have more like states.",
    )
    return Section("What depth does to the kernel", text, Table(("", *(f"depth {d}" for d in depths)), tuple(cells)))


def sizes(rows: Rows) -> Section:
    """Accuracy over the number of features."""
    cells, shown = [], {}
    for task in TASKS:
        runs = chosen(rows, f"size {task}")
        across = runs[0]["sizes"]
        for name in runs[0]["series"]:
            points = curve(runs, name)
            cells.append((f"{name}, {task}", *map(percent, points)))
            if task == TASKS[-1]:
                shown[name] = points
    figure = plots.lines("sizes", across, shown, ("features, qubits", "test accuracy"), dashed=CLASSICAL, span=(0, 1))
    text = (f"Feature maps of {MAP} repetitions, bandwidth by alignment, {len(runs)} splits. The figure: {TASKS[-1]}.",)
    header = ("", *(f"{n} features" for n in across))
    return Section("Accuracy over the number of features", text, Table(header, tuple(cells)), figure, "sizes",
                   "Accuracy over the number of features.")  # fmt: skip


def answers_of(rows: Rows, task: Types, key: str = "ranks") -> dict[str, Any]:
    """Ranks (S, N) of the first right candidate by what said the type."""
    runs = chosen(rows, f"answers {task}")
    return {name: np.array([run["said"][name][key] for run in runs]) for name in runs[0]["said"]}


def against(rows: Rows, task: Types, name: str, other: str) -> tuple[Interval, float]:
    """What one gains in MRR over another, and the p value of that test alone."""
    found = answers_of(rows, task)
    return gain(found[name], found[other], chosen(rows, f"answers {task}")[0]["twins"])


def gains(rows: Rows) -> dict[str, dict[str, tuple[Interval, float]]]:
    """What each classifier gains in MRR over none by task, and p by Holm's method over all classifiers and tasks.

    The true type, which is no classifier, is tested by itself.
    """
    pairs = {
        (str(task), name): against(rows, task, name, NONE)
        for task in ANSWERED
        for name in answers_of(rows, task)
        if name != NONE
    }
    tested = [key for key in pairs if key[1] != TRUE]
    adjusted = dict(zip(tested, holm([pairs[key][1] for key in tested]), strict=True))
    found: dict[str, dict[str, tuple[Interval, float]]] = {}
    for (task, name), (up, p) in pairs.items():
        found.setdefault(task, {})[name] = up, float(adjusted.get((task, name), p))
    return found


def answers(rows: Rows, task: Types, won: Mapping[str, tuple[Interval, float]]) -> Section:
    """Answer selection with and without the type, by what said it. won: its `gains`."""
    runs = chosen(rows, f"answers {task}")
    found, strict = answers_of(rows, task), answers_of(rows, task, "filtered")
    cells, shown = [], {}
    for name, places in found.items():
        right = [run["said"][name]["accuracy"] for run in runs]
        up, p = won.get(name, (None, float("nan")))
        cells.append((
            name, "" if right[0] is None else f"{100 * np.mean(right):.1f} %", f"{mrr(places):.3f}",
            f"{first(places):.3f}", "" if up is None else f"{up.mean:+.4f} ± {up.half:.4f}", chance(p),
            "" if up is None else f"{mrr(strict[name]):.3f}",
        ))  # fmt: skip
        if up is not None:
            shown[name] = (up, [mrr(one) - mrr(found[NONE][0]) for one in places])
    text: tuple[str, ...] = (
        f"{runs[0]['questions']} test questions; classifiers learn from {runs[0]['training']} development questions, "
        f"{FEATURES} features, {len(runs)} seeds.",
        "Gains in MRR over no classifier with 95 % intervals over "
        "questions; p of a sign-flip permutation test over questions, by Holm's method over the classifiers of all "
        "sets (the true type by itself); questions that ask for the same sentences count as one draw in both. "
        "Development questions that ask for the same as a test question are not learned from. A candidate without the "
        f"expected answer loses {PENALTY} of overlap; last column: it comes "
        "after all others, a strict filter.",
    )
    if task != TASKS[0]:
        text = (text[0], f"Columns as for {TASKS[0]}.")
    header = ("type by", "right", "MRR", "P@1", "gain in MRR", "p", "MRR, strict")
    figure = plots.intervals(_slug("answers", task), shown, "gain in MRR over no classifier, a dot a seed", 0.0)
    return Section(f"Answers: {task}", text, Table(header, tuple(cells)), figure, _slug("answers", task),
                   f"Gain in MRR, {task}.")  # fmt: skip


def rule_table(row: Row) -> Section:
    """What the rules do when the type is known."""
    cells = []
    for key, found in row.items():
        if isinstance(found, dict):
            kind, _, part = key.partition(" ")
            cells.append((kind, part, str(found["questions"]), f"{found['right']:.1%}", f"{found['any']:.1%}",
                          f"{found['chance']:.3f}", *(f"{v:.3f}" for v in found["mrr"])))  # fmt: skip
    text = (
        "A candidate's score is the cosine of its TF-IDF with the question's; words weigh by all candidates of the "
        "part. By the type a rule says whether a "
        "sentence can hold the answer: a name or a word for a person (who), a year or a date (when), a place (where), "
        "a number or a manner (how), a reason (why), anything (what). Rules and penalty were chosen on the development "
        "part with the true types; the test part shows what is left of that.",
        "Right, any: the share of right and of all sentences that pass the rule. The last four columns are MRR: of a "
        "random order, without the type, with it, and with it as a strict filter.",
    )
    header = ("type", "part", "questions", "right", "any", "by chance", "no type", "with type", "strict")
    return Section("The rules, with the true type", text, Table(header, tuple(cells)))


def _slug(start: str, task: Types) -> str:
    return f"{start}-{'-'.join(task.kinds)}" + ("" if task.with_word else "-without")
