"""Contenders: settings within their space, none twice; ablations take away one thing; what is refused."""

import numpy as np
import pytest
from scipy.stats import loguniform, randint
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ketwork import Circuit, x
from ketwork.experiments.contenders import ablations_of, contender_of, parameter_count, plain
from ketwork.models.classifier import VariationalClassifier
from ketwork.models.kernel_methods import KernelClassifier

SIZES = (2, 2, 10)


def test_settings_lie_in_the_space_and_follow_from_the_seed():
    space = {"C": loguniform(0.1, 10), "max_iter": randint(100, 200), "solver": ["lbfgs", "saga"]}
    contender = contender_of("l", "baseline", (LogisticRegression(), space))
    tried = contender.tried(30, seed=1)
    assert tried[0] == {}
    assert tried == contender.tried(30, seed=1)
    assert tried != contender.tried(30, seed=2)
    assert all(0.1 <= s["C"] <= 10 and 100 <= s["max_iter"] < 200 for s in tried[1:])
    assert {s["solver"] for s in tried[1:]} == {"lbfgs", "saga"}
    assert np.median(np.log10([s["C"] for s in contender.tried(400, 0)[1:]])) == pytest.approx(0, abs=0.15)
    assert contender.build(tried[1], 5, SIZES).get_params()["C"] == tried[1]["C"]


def test_small_spaces_are_not_tried_twice():
    tried = contender_of("l", "baseline", (LogisticRegression(), {"C": [1, 2, 3]})).tried(50, 0)
    assert sorted(s["C"] for s in tried[1:]) == [1, 2, 3]
    assert contender_of("l", "baseline", LogisticRegression()).tried(50, 0) == [{}]


def test_estimators_get_the_seed_only_where_they_have_none():
    forest = make_pipeline(StandardScaler(), RandomForestClassifier())
    assert (
        contender_of("f", "baseline", forest).build({}, 9, SIZES).get_params()["randomforestclassifier__random_state"]
        == 9
    )
    assert contender_of("f", "baseline", RandomForestClassifier(random_state=3)).build({}, 9, SIZES).random_state == 3


def test_building_leaves_the_given_estimator_alone():
    given = LogisticRegression()
    contender_of("l", "baseline", (given, {"C": [5]})).build({"C": 5}, 0, SIZES).fit([[0], [1]], [0, 1])
    assert given.C == 1.0
    assert not hasattr(given, "coef_")


def test_ablations_take_away_one_thing_even_in_a_pipeline():
    space = {"variationalclassifier__entangler": ["cx", "cz"], "variationalclassifier__layers": [1, 2]}
    given = make_pipeline(StandardScaler(), VariationalClassifier(layers=2))
    model = contender_of("m", "quantum", (given, space))
    found = ablations_of(model)
    assert [(c.name, c.kind, c.of) for c in found] == [
        ("m, frozen random circuit", "ablation", "m"),
        ("m, no entangling gates", "ablation", "m"),
    ]
    full, *less = (c.build({}, 0, SIZES).get_params() for c in (model, *found))
    names = [{k for k in full if "__" in k and full[k] != other[k]} for other in less]
    assert names == [{"variationalclassifier__train_circuit"}, {"variationalclassifier__entangler"}]
    assert set(found[1].space) == {"variationalclassifier__layers"}  # tuning cannot put entanglement back
    assert ablations_of(contender_of("l", "quantum", LogisticRegression())) == []


@pytest.mark.parametrize(("encoding", "count"), [("iqp", 1), ("zz", 1), ("angle", 0), (Circuit(2).rx(0, x[0]), 0)])
def test_a_kernel_without_entanglement_is_tried_only_where_there_is_some(encoding, count):
    assert len(ablations_of(contender_of("k", "quantum", KernelClassifier(encoding=encoding)))) == count
    off = KernelClassifier(encoding="iqp", entanglement="none")
    assert ablations_of(contender_of("k", "quantum", off)) == []
    pairs = KernelClassifier(encoding="iqp", entanglement=[(0, 1)])
    assert len(ablations_of(contender_of("k", "quantum", pairs))) == 1


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (LogisticRegression, TypeError, "'x' must be an estimator with fit, predict"),
        (3, TypeError, "'x' must be an estimator with fit, predict"),
        ((LogisticRegression(), [1]), TypeError, "must be a dict"),
        ((LogisticRegression(), {"c": [1]}), ValueError, "has no parameter 'c'"),
        ((LogisticRegression(), {"max_itr": [1]}), ValueError, "Did you mean 'max_iter'"),
        ((LogisticRegression(), {"C": []}), TypeError, "a list that is not empty"),
        ((LogisticRegression(), {"C": 3.0}), TypeError, "or a distribution of scipy.stats, but is 3.0"),
        ((LogisticRegression(), {"solver": "lbfgs"}), TypeError, "must be a list"),
    ],
)
def test_the_door(given, error, message):
    with pytest.raises(error, match=message):
        contender_of("x", "baseline", given)


def test_parameters_are_counted():
    X, y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 3
    assert parameter_count(LogisticRegression().fit(X, y)) == 3 * 4 + 3
    machine = SVC().fit(X, y)
    assert parameter_count(machine) == 2 * len(machine.support_) + 3
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    assert parameter_count(forest) == sum(tree.tree_.node_count for tree in forest.estimators_)
    assert parameter_count(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)) == 15
    assert parameter_count(StandardScaler().fit(X)) is None


def test_a_contender_is_shown_the_same_in_every_process():
    """Addresses of objects would make every run another run."""

    def callback(entry):
        return entry

    shown = plain(VariationalClassifier(callbacks=[callback]))
    assert "0x" not in shown
    assert "layers: 4" in shown
    assert plain({"C": loguniform(0.1, 10)}) != plain({"C": loguniform(0.1, 100)})
