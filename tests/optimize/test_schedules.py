"""Schedules against torch's and closed forms."""

import numpy as np
import pytest

from ketwork.optimize.schedules import FINAL, SCHEDULES, check_schedule, share


def rates(peer, steps, **options):
    torch = pytest.importorskip("torch")
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = getattr(torch.optim.lr_scheduler, peer)(optimiser, **options)
    found = []
    for _ in range(steps):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return found


def test_cosine_and_exponential_are_those_of_torch():
    steps = 20
    cosine = [share("cosine", step, steps) for step in range(steps)]
    np.testing.assert_allclose(cosine, rates("CosineAnnealingLR", steps, T_max=steps), atol=1e-12)
    falling = [share("exponential", step, steps) for step in range(steps)]
    np.testing.assert_allclose(falling, rates("ExponentialLR", steps, gamma=FINAL ** (1 / steps)), atol=1e-12)


def test_ends():
    assert [share(name, 0, 10) for name in SCHEDULES] == [1.0, 1.0, 1.0]
    assert share("cosine", 10, 10) == share("cosine", 25, 10) == 0.0
    assert share("exponential", 10, 10) == pytest.approx(FINAL)
    assert share("cosine", 5, 10) == pytest.approx(0.5)
    assert share(lambda step: 1 / (1 + step), 3, 10) == 0.25


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_schedule("schedule", "cosin"), "Did you mean 'cosine'"),
        (lambda: check_schedule("schedule", 3), "must be one of"),
        (lambda: share(lambda step: -1.0, 0, 1), "at least 0"),
        (lambda: share(lambda step: float("nan"), 0, 1), "finite"),
    ],
)
def test_doors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
