"""Kernels that train many different circuits, each from its start to its end in one call: Adam and L-BFGS.

L-BFGS takes the steps of SciPy's (L-BFGS-B without bounds): the same first step, line search, updates and tests of the
end, so that a circuit trained here ends where `ketwork.optimize.minimize` ends, but for rounding.
Source: Byrd, Lu, Nocedal and Zhu, SIAM J. Sci. Comput. 16 (1995) 1190; More and Thuente, ACM Trans. Math. Softw. 20
(1994) 286; Kingma and Ba, arXiv:1412.6980.
"""

import numpy as np
from numba import njit

from ketwork.engine.lanes import OPTIONS
from ketwork.engine.many_ideal import evaluate_ideal, fill_places
from ketwork.engine.many_noisy import evaluate_noisy, fill_terms
from ketwork.engine.statevector import aligned

ADAM, LBFGS = 0, 1
"""The methods."""
_MEMORY = 10  # pairs of steps and changes of the gradient
_FTOL, _GTOL, _XTOL = 1e-3, 0.9, 0.1  # of the line search
_SEARCHES = 20  # values that one line search may ask for
_FARTHEST = 1e10
_EPSILON = 2.220446049250313e-16


# ---------------------------------------------------------------------- the function of one circuit
@njit(**OPTIONS)
def scratch_ideal(c, program):  # type: ignore[no-untyped-def]
    """What `evaluate_ideal` works with."""
    like = np.zeros(1)
    columns, count = program[3], program[2][c + 1] - program[2][c]
    size = 1 << columns.shape[1]
    places = np.empty(size, np.int64)
    fill_places(columns[c], program[4][c], places)
    return aligned(like, 4 * size), aligned(like, 4 * size), places, aligned(like, 3 * (count + 8)).reshape(3, -1)


@njit(**OPTIONS)
def scratch_noisy(c, program, observable):  # type: ignore[no-untyped-def]
    """What `evaluate_noisy` works with."""
    like, ops, ends, digits = np.zeros(1), program[0], program[2], program[6]
    size, count, longest = max(8, 1 << 2 * digits.shape[1]), 0, 0
    for k in range(ends[c], ends[c + 1]):
        count += ops[k, 5] - ops[k, 4] if ops[k, 0] < 2 else 0
        longest = max(longest, ops[k, 5] - ops[k, 4])
    rows = np.empty(len(observable[1]), np.int64)
    fill_terms(observable[0], digits[c], rows)
    return (
        aligned(like, program[7][c]), aligned(like, size), rows,
        aligned(like, 3 * (count + 8)).reshape(3, -1), np.empty((ends[c + 1] - ends[c], 16)), aligned(like, 128),
        np.empty((longest + 1, 16)),
    )  # fmt: skip


@njit(**OPTIONS)
def evaluate(problem, scratch, w, slopes):  # type: ignore[no-untyped-def]
    """The value of a circuit, and its gradient unless `slopes` has no size. problem: (circuit, whether it is noisy,
    ideal program, its observable, noisy program, its observable); scratch: (ideal, noisy)."""
    if problem[1]:
        return evaluate_noisy(problem[0], problem[4], problem[5], scratch[1], w, slopes)
    return evaluate_ideal(problem[0], problem[2], problem[3], scratch[0], w, slopes)


@njit(**OPTIONS)
def scratches(problem):  # type: ignore[no-untyped-def]
    """Scratch for one circuit; of the kind that it is not, next to nothing."""
    c, noisy = problem[0], problem[1]
    return scratch_ideal(0 if noisy else c, problem[2]), scratch_noisy(c if noisy else 0, problem[4], problem[5])


@njit(**OPTIONS)
def value_and_gradient(problem, w, slopes):  # type: ignore[no-untyped-def]
    """The same with scratch of its own."""
    return evaluate(problem, scratches(problem), w, slopes)


# ---------------------------------------------------------------------- training
@njit(**OPTIONS)
def train(problem, method, steps, options, w, best):  # type: ignore[no-untyped-def]
    """Minimise from w (P,), used up: (the lowest value seen, how many gradients it took); best (P,): where that was.

    options: of Adam, learning rate, beta1, beta2, epsilon, weight decay; of L-BFGS, the tolerances of the value and of
    the gradient.
    """
    scratch = scratches(problem)
    best[:] = w
    if method == ADAM:
        return adam(problem, scratch, steps, options, w, best)
    return lbfgs(problem, scratch, steps, options, w, best)


@njit(**OPTIONS)
def adam(problem, scratch, steps, options, w, best):  # type: ignore[no-untyped-def]
    """See `train`."""
    rate, beta1, beta2, epsilon, decay = options[0], options[1], options[2], options[3], options[4]
    lowest, g = np.inf, np.empty_like(w)
    mean, square = np.zeros_like(w), np.zeros_like(w)
    for step in range(1, steps + 1):
        value = evaluate(problem, scratch, w, g)
        if value < lowest:
            lowest, best[:] = value, w
        scale = np.sqrt(1 - beta2**step)
        share = rate / (1 - beta1**step)
        for k in range(len(w)):
            slope = g[k] + decay * w[k]
            mean[k] = beta1 * mean[k] + (1 - beta1) * slope
            square[k] = beta2 * square[k] + (1 - beta2) * slope * slope
            w[k] -= share * mean[k] / (np.sqrt(square[k]) / scale + epsilon)
    return lowest, steps


@njit(**OPTIONS)
def dot(a, b):  # type: ignore[no-untyped-def]
    """The inner product, in order."""
    found = 0.0
    for k in range(len(a)):
        found += a[k] * b[k]
    return found


@njit(**OPTIONS)
def direct(g, pairs, held, theta, d):  # type: ignore[no-untyped-def]
    """d = -H g with the last `held` of the pairs (steps, changes, 1 / their products), the newest at (held - 1)."""
    moves, changes, rho = pairs
    shares = np.empty(_MEMORY)
    d[:] = g
    for k in range(held - 1, -1, -1):
        shares[k] = rho[k] * dot(moves[k], d)
        for j in range(len(d)):
            d[j] -= shares[k] * changes[k, j]
    for j in range(len(d)):
        d[j] /= -theta
    for k in range(held):
        share = shares[k] + rho[k] * dot(changes[k], d)
        for j in range(len(d)):
            d[j] -= share * moves[k, j]


@njit(**OPTIONS)
def remember(pairs, held, move, change, product):  # type: ignore[no-untyped-def]
    """One more pair; the oldest goes where there are as many as are kept. Returns how many there are."""
    moves, changes, rho = pairs
    if held == _MEMORY:
        for k in range(1, held):
            moves[k - 1], changes[k - 1], rho[k - 1] = moves[k], changes[k], rho[k]
        held -= 1
    moves[held], changes[held], rho[held] = move, change, 1 / product
    return held + 1


@njit(**OPTIONS)
def lbfgs(problem, scratch, steps, options, w, best):  # type: ignore[no-untyped-def]
    """See `train`."""
    count = len(w)
    g, d, start, before = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    pairs = np.empty((_MEMORY, count)), np.empty((_MEMORY, count)), np.empty(_MEMORY)
    tally = np.array([np.inf, 0.0])  # the lowest value, gradients so far
    value = noted(problem, scratch, w, g, best, tally)
    held, theta, iteration = 0, 1.0, 0
    while tally[1] < steps and np.abs(g).max() > options[1]:
        direct(g, pairs, held, theta, d)
        start[:], before[:] = w, g
        first = dot(g, d)
        if first >= 0:  # no way down: without what was learnt
            if held == 0:
                break
            held, theta = 0, 1.0
            continue
        length = np.sqrt(dot(d, d))
        step = 1.0 if iteration else min(1 / length, _FARTHEST)
        old = value
        value, step, good = search(problem, scratch, steps, (value, first, step), (w, g, d, start), best, tally)
        if tally[1] >= steps and not good:
            break
        if not good:
            w[:], g[:], value = start, before, old
            if held == 0:
                break
            held, theta = 0, 1.0
            continue
        iteration += 1
        if np.abs(g).max() <= options[1] or old - value <= options[0] * max(abs(old), abs(value), 1.0):
            break
        last = dot(g, d)
        product = (last - first) * step
        for k in range(count):
            before[k] = g[k] - before[k]
            d[k] *= step
        if product > _EPSILON * -first * step:
            held = remember(pairs, held, d, before, product)
            theta = dot(before, before) / product
    return tally[0], int(tally[1])


@njit(**OPTIONS)
def noted(problem, scratch, w, g, best, tally):  # type: ignore[no-untyped-def]
    """The value at w, its gradient in g, counted; the lowest is remembered."""
    value = evaluate(problem, scratch, w, g)
    tally[1] += 1
    if value < tally[0]:
        tally[0], best[:] = value, w
    return value


@njit(**OPTIONS)
def search(problem, scratch, steps, begin, vectors, best, tally):  # type: ignore[no-untyped-def]
    """The line search of More and Thuente: (value, step, whether it found one); w and g are those at its end.

    begin: value and slope at the start, the first step. vectors: w, g, direction, start.
    """
    w, g, d, start = vectors
    zero, ginit, step = begin
    gtest = _FTOL * ginit
    # x: the best end of the interval, y: the other one
    state = np.array([0.0, zero, ginit, 0.0, zero, ginit, step])
    bracketed, first_stage, low, high = False, True, 0.0, step + 4 * step
    width, twice = _FARTHEST, 2 * _FARTHEST
    for _ in range(_SEARCHES):
        if tally[1] >= steps:
            return zero, step, False
        for k in range(len(w)):
            w[k] = start[k] + step * d[k]
        value = noted(problem, scratch, w, g, best, tally)
        slope = dot(g, d)
        test = zero + step * gtest
        if first_stage and value <= test and slope >= 0:
            first_stage = False
        stuck = bracketed and (step <= low or step >= high or high - low <= _XTOL * high)
        stuck |= step == _FARTHEST and value <= test and slope <= gtest
        stuck |= step == 0 and (value > test or slope >= gtest)
        if stuck or (value <= test and abs(slope) <= _GTOL * -ginit):
            return value, step, True
        modified = gtest if first_stage and state[1] >= value > test else 0.0
        state[6] = step
        for k in (0, 3):
            state[k + 1] -= modified * state[k]
            state[k + 2] -= modified
        bracketed = trial(state, value - modified * step, slope - modified, bracketed, low, high)
        for k in (0, 3):
            state[k + 1] += modified * state[k]
            state[k + 2] += modified
        step = state[6]
        if bracketed:
            if abs(state[3] - state[0]) >= 0.66 * twice:
                step = state[0] + 0.5 * (state[3] - state[0])
            twice, width = width, abs(state[3] - state[0])
            low, high = min(state[0], state[3]), max(state[0], state[3])
        else:
            low, high = step + 1.1 * (step - state[0]), step + 4 * (step - state[0])
        step = min(max(step, 0.0), _FARTHEST)
        if bracketed and (step <= low or step >= high or high - low <= _XTOL * high):
            step = state[0]
    return zero, step, False


@njit(**OPTIONS)
def cubic(a, b, fa, fb, da, db, bounded):  # type: ignore[no-untyped-def]
    """(theta, gamma) of the cubic through two points with their slopes; gamma is real where it is bounded from 0."""
    theta = 3 * (fa - fb) / (b - a) + da + db
    scale = max(abs(theta), abs(da), abs(db))
    root = (theta / scale) ** 2 - (da / scale) * (db / scale)
    return theta, scale * np.sqrt(max(root, 0.0) if bounded else root)


@njit(**OPTIONS)
def trial(state, fp, dp, bracketed, low, high):  # type: ignore[no-untyped-def]
    """The next step of the line search, in state[6], and the interval; returns whether there is one.

    state: the best end (place, value, slope), the other end, the step that was tried, with value fp and slope dp.
    """
    x, fx, dx, y, fy, dy, step = state[0], state[1], state[2], state[3], state[4], state[5], state[6]
    opposite = dp * (dx / abs(dx)) < 0
    if fp > fx:  # a higher value: the minimum is between
        theta, gamma = cubic(x, step, fx, fp, dx, dp, False)
        gamma = -gamma if step < x else gamma
        by_cubic = x + ((gamma - dx) + theta) / (((gamma - dx) + gamma) + dp) * (step - x)
        by_square = x + ((dx / ((fx - fp) / (step - x) + dx)) / 2) * (step - x)
        near = abs(by_cubic - x) < abs(by_square - x)
        new, bracketed = by_cubic if near else by_cubic + (by_square - by_cubic) / 2, True
    elif opposite:  # slopes of different sign
        theta, gamma = cubic(x, step, fx, fp, dx, dp, False)
        gamma = -gamma if step > x else gamma
        by_cubic = step + ((gamma - dp) + theta) / (((gamma - dp) + gamma) + dx) * (x - step)
        by_square = step + (dp / (dp - dx)) * (x - step)
        new, bracketed = by_cubic if abs(by_cubic - step) > abs(by_square - step) else by_square, True
    elif abs(dp) < abs(dx):  # the slope falls: the cubic may have no minimum, or one on the wrong side
        theta, gamma = cubic(x, step, fx, fp, dx, dp, True)
        gamma = -gamma if step > x else gamma
        share = ((gamma - dp) + theta) / ((gamma + (dx - dp)) + gamma)
        far = high if step > x else low
        by_cubic = step + share * (x - step) if share < 0 and gamma != 0 else far
        by_square = step + (dp / (dp - dx)) * (x - step)
        nearer = abs(by_cubic - step) < abs(by_square - step)
        if bracketed:
            new, limit = by_cubic if nearer else by_square, step + 0.66 * (y - step)
            new = min(limit, new) if step > x else max(limit, new)
        else:
            farther = abs(by_cubic - step) > abs(by_square - step)
            new = min(high, max(low, by_cubic if farther else by_square))
    elif bracketed:
        theta, gamma = cubic(step, y, fp, fy, dp, dy, False)
        gamma = -gamma if step > y else gamma
        new = step + ((gamma - dp) + theta) / (((gamma - dp) + gamma) + dy) * (y - step)
    else:
        new = high if step > x else low
    if fp > fx:
        state[3], state[4], state[5] = step, fp, dp
    else:
        if opposite:
            state[3], state[4], state[5] = x, fx, dx
        state[0], state[1], state[2] = step, fp, dp
    state[6] = new
    return bracketed
