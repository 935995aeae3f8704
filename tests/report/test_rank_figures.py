"""Rank and Pareto figures: every contender named once, what beats what, no clash with odd names."""

import re
import xml.etree.ElementTree as xml

import pytest

from ketwork.experiments.compare import Interval
from ketwork.experiments.ranks import rank
from ketwork.report.rank_figures import critical_difference_figure, pareto, pareto_figure

KINDS = {"a": "quantum", "b": "baseline", "c": "baseline", "cost $x$ <&": "ablation"}


def texts(svg):
    return ["".join(node.itertext()) for node in xml.fromstring(svg).iter() if node.tag.endswith("text")]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_every_name_stands_beside_its_mean_rank(count):
    names = list(KINDS)[:count]
    ranks = rank(names, [[0.9 - 0.1 * k for k in range(count)] for _ in range(5)])
    said = texts(critical_difference_figure(ranks, KINDS))
    for k, name in enumerate(names, 1):
        assert sum(f"{name}  {k}.00" in text or f"{k}.00  {name}" in text for text in said) == 1, said
    assert any(f"critical difference {ranks.critical:.2f}" in text for text in said)


def test_bars_join_what_is_not_told_apart():
    close = rank(["a", "b", "c"], [[0.9, 0.8, 0.7], [0.7, 0.9, 0.8], [0.8, 0.7, 0.9]])
    apart = rank(["a", "b"], [[0.9, 0.1]] * 30)
    assert len(close.cliques) == 1
    assert apart.cliques == ()
    thick = [len(re.findall(r"stroke-width: 3.2", critical_difference_figure(r, KINDS))) for r in (close, apart)]
    assert thick == [1, 0]


def test_pareto_by_hand():
    points = [(1, 0.5), (2, 0.7), (2, 0.6), (3, 0.7), (5, 0.9), (1, 0.5)]
    assert pareto(points) == [0, 1, 4, 5]
    assert pareto([(3, 0.1)]) == [0]


def test_a_panel_a_cost_with_every_contender_numbered():
    points = {
        "a": (10.0, Interval(0.9, 0.1)),
        "b": (0.0, Interval(0.8, float("nan"))),
        "c": (3.0, Interval(0.95, 0.02)),
    }
    numbers = {"a": 1, "b": 2, "c": 3}
    drawn = pareto_figure("p", {"seconds": points, "circuits": {"a": points["a"]}}, KINDS, "accuracy", numbers)
    said = texts(drawn)
    assert {"seconds", "circuits", "accuracy", "none"} <= set(said)
    assert said.count("1") >= 2


def test_the_edge_of_no_cost_has_no_number():
    points = {"a": (2e4, Interval(0.9, 0.1)), "b": (0.0, Interval(0.8, 0.1)), "c": (3e6, Interval(0.7, 0.1))}
    drawn = pareto_figure("p", {"circuits": points}, KINDS, "accuracy", {"a": 1, "b": 2, "c": 3})
    said = [re.sub(r"\s", "", text) for text in texts(drawn)]
    assert "none" in said and any("106" in text for text in said)
    assert not any("103" in text for text in said)  # b stands at 5,000, left of which nothing is counted
