"""Types of questions over depth: what is drawn, what is kept apart, and what must come out."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from ketwork.atlas import question_classification as qc
from ketwork.atlas.question_classification import TASKS, TEST, TRAINING, Types, over_depth, over_size, split, tuned
from ketwork.experiments import text_data
from ketwork.experiments.contenders import plain
from ketwork.experiments.text_data import Question

WORDS = {"who": "painter singer king author actor", "when": "year century date born opened",
         "what": "colour name kind title shape", "how": "tall made built long far"}  # fmt: skip


def made(kind, k, part):
    """A question whose words hint at its type: two of five in three questions of four."""
    rng = np.random.default_rng([k, len(part), ord(kind[0]), ord(kind[-1])])
    source = kind if rng.random() < 0.75 else rng.choice(list(WORDS))
    words = [*rng.choice(WORDS[source].split(), 2, replace=False), *rng.choice(["tower", "river", "song", "game"], 2)]
    return Question(part, f"{kind} {' '.join(words)}?", "ART", (kind,), False, "A", f"{kind} {part} {k}", 3, (k % 3,))


@pytest.fixture(autouse=True)
def questions(monkeypatch):
    """Questions that are made up, enough of each type, with some of several types and of none."""
    found = [made(kind, k, part) for part, n in (("dev", 90), ("test", 160)) for kind in WORDS for k in range(n)]
    odd = [Question("test", "when who", "ART", ("when", "who"), False, "", "", 1, (0,)),
           Question("dev", "is it", "ART", (), False, "", "", 1, (0,))]  # fmt: skip
    monkeypatch.setattr(qc, "all_questions", lambda: (*found, *odd))
    return [*found, *odd]


def test_twins_are_never_on_both_sides(questions, monkeypatch):
    """With every question asked twice, and some under another type, nothing that is learned from is tested on."""
    again = [replace(q, text=f"{q.text} again", types=q.types if k % 5 else ("when",))
             for k, q in enumerate(questions) if k % 2]  # fmt: skip
    monkeypatch.setattr(qc, "all_questions", lambda: (*questions, *again))
    found = qc.all_questions()
    for seed in range(5):
        parts = qc.drawn(TASKS[3], seed)
        learned, tested = ({found[k].asks for k in places} for places in parts)
        assert not learned & tested and len(parts[0]) == 2 * TRAINING and len(set(parts[1])) == 2 * TEST
        assert len(learned) < 2 * TRAINING  # twins there were
    single = qc.without_twins(range(len(found)), [0])
    assert len({found[k].asks for k in single}) == len(single) and found[0].asks not in {found[k].asks for k in single}


def test_only_questions_of_one_type(questions):
    places = qc.of_one_type(("who", "when"))
    assert len(places) == 500 and {questions[k].types for k in places} == {("who",), ("when",)}
    assert len(qc.of_one_type(("who",), "dev")) == 90
    counts = qc.counted(questions)
    assert counts == {"kinds": dict.fromkeys(WORDS, 250), "several": 1, "none": 1}


def test_a_split_is_balanced_and_apart(monkeypatch):
    seen = []
    monkeypatch.setattr(qc, "texts_of", lambda places, real=qc.texts_of: seen.append(places) or real(places))
    data = split(TASKS[3], 4, 7)
    assert Counter(data.y.tolist()) == {"who": TRAINING, "when": TRAINING}
    assert Counter(data.y_test.tolist()) == {"who": TEST, "when": TEST}
    assert not set(seen[0]) & set(seen[1])
    again = split(TASKS[3], 4, 7)
    assert np.array_equal(data.X, again.X) and not np.array_equal(data.X, split(TASKS[3], 4, 8).X)


def test_features_are_learned_from_the_training_part(monkeypatch):
    """What the test questions say moves no feature of the training part."""
    before = split(TASKS[2], 3, 0).X
    texts_of, calls = qc.texts_of, []

    def other_words(places):
        texts, y = texts_of(places)
        calls.append(places)
        return (["zebra"] * len(texts) if len(calls) == 2 else texts), y

    monkeypatch.setattr(qc, "texts_of", other_words)
    data = split(TASKS[2], 3, 0)
    assert np.array_equal(before, data.X) and not data.X_test.any()


def test_the_question_word_counts_or_not():
    texts = ["who is the painter", "when is the painter"]
    kept = Types(("who", "when"), True).features(None).fit(texts)
    dropped = Types(("who", "when"), False).features(None).fit(texts)
    assert {"who", "when"} <= set(kept.words_) and not {"who", "when"} & set(dropped.words_)
    assert str(Types(("who", "when"), False)) == "who/when, no question word"


def test_the_word_tells_the_type():
    told, untold = (split(task, 12, 0) for task in TASKS[2:])
    for name in ("linear SVM", "logistic regression"):
        model = qc.classical(name, 0)
        assert told.accuracy(model) > max(0.9, untold.accuracy(model) + 0.05)
    small = [split(task, 6, 0).accuracy(qc.qsvm(1, "auto", 0)) for task in TASKS[2:]]
    assert small[0] > small[1] - 0.05 and small[0] > 0.7


def test_over_depth_and_size():
    row = over_depth(TASKS[3], 0, (1, 2))
    assert set(row["series"]) == set(qc.SERIES) and all(len(scores) == 2 for scores in row["series"].values())
    every = [*row["beside"].values(), row["all_words"], *np.ravel(list(row["series"].values()))]
    assert all(0 <= score <= 1 for score in every)
    assert row["all_words"] > 0.7  # three quarters of the questions tell it
    assert row["wide_kernel"][0] < row["kernel"][0]
    sizes = over_size(TASKS[3], 0, (2,))
    assert set(sizes["series"]) == {"QSVM", "VQC", *qc.CLASSICAL}


def test_support_vector_machines_have_the_same_penalty(monkeypatch):
    """Quantum or classical, tuned in the same range from the same start."""
    untuned = {qc.qsvm(1, "auto", 0).C} | {qc.classical(name, 0)[-1].C for name in qc.CLASSICAL[:2]}
    assert untuned == {qc.C}
    spaces: list[dict] = []
    monkeypatch.setattr(qc, "compare", lambda models, baselines, *_, **__: spaces.extend(
        space for group in (models, baselines) for _, space in group.values()))  # fmt: skip
    tuned(None, 0)
    assert len({plain(space["C"]) for space in spaces if "C" in space}) == 1


def test_the_mean_of_a_kernel():
    assert qc._away(np.array([[1.0, 0.2, 0.3], [0.2, 1.0, 0.4], [0.3, 0.4, 1.0]])) == pytest.approx(0.3)


def test_the_circuits_have_their_depth():
    data = split(TASKS[3], 2, 0)
    gates = [len(list(qc.qsvm(d, 0.3, 0).fit(data.X[:20], data.y[:20]).circuit_)) for d in (1, 2, 3)]
    assert gates[2] - gates[1] == gates[1] - gates[0] > 0
    weights = [len(qc.vqc(1, layers, 0.3, 0, epochs=1).fit(data.X[:20], data.y[:20]).weights_) for layers in (1, 2)]
    assert weights == [4, 6]  # RealAmplitudes: RY on two qubits, and again after every layer
    wider = qc.vqc(1, 2, 0.3, 0, epochs=1, ansatz="efficient_su2").fit(data.X[:20], data.y[:20])
    assert len(wider.weights_) == 12


def test_tuned_on_test_questions_with_equal_budgets(monkeypatch):
    monkeypatch.setattr(qc, "TASKS", TASKS[2:3])
    monkeypatch.setattr(qc, "EPOCHS", 2)
    found = tuned(None, 0, budget=2, folds=2)
    assert found.data == ("who/when",) and len(found.setup.data[0].y) == 2 * TRAINING
    assert found.names("quantum") == ("QSVM", "VQC")
    assert set(found.names("baseline")) == set(qc.CLASSICAL)
    assert len({row["fits"] for row in found.rows}) == 1


def test_the_questions_are_selqas(data_folder, monkeypatch):
    """The pairs are the largest types, and the second pair has enough of each for a split."""
    monkeypatch.setenv("KETWORK_DATA", str(data_folder))
    questions = text_data.selqa_questions()
    counts = qc.counted(questions)
    assert list(counts["kinds"])[:4] == ["what", "how", "who", "when"]
    assert counts["none"] == 317 and counts["several"] == 58
    monkeypatch.setattr(qc, "all_questions", lambda: questions)
    for task in TASKS:
        for seed in range(5):
            training, test = qc.drawn(task, seed)
            assert Counter(questions[k].types[0] for k in training) == dict.fromkeys(task.kinds, TRAINING)
            assert Counter(questions[k].types[0] for k in test) == dict.fromkeys(task.kinds, TEST)
