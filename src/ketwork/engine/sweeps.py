"""Planning for one large state: which rotations can share a sweep over memory.

A sweep reads the state block by block. A block is a coset of a subspace of bit masks, which holds the lowest bits (so
that memory is read in whole rows). A rotation whose flip lies in the subspace acts inside every block, whatever the
frame made of it. Diagonals act in any block.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ketwork.engine.program import combinations

_LOOKAHEAD = 256


@dataclass
class Space:
    """A subspace of masks over GF(2), grown one direction at a time; every basis vector has a pivot bit of its own."""

    limit: int
    basis: list[int] = field(default_factory=list)
    pivots: list[int] = field(default_factory=list)

    def reduce(self, mask: int) -> int:
        """What is left of the mask outside the space."""
        for vector, pivot in zip(self.basis, self.pivots, strict=True):
            if (mask >> pivot) & 1:
                mask ^= vector
        return mask

    def take(self, mask: int) -> bool:
        """Make room for the mask if that is possible."""
        rest = self.reduce(mask)
        if rest == 0:
            return True
        if len(self.basis) == self.limit:
            return False
        pivot = rest.bit_length() - 1
        for k, vector in enumerate(self.basis):
            if (vector >> pivot) & 1:
                self.basis[k] = vector ^ rest
        self.basis.append(rest)
        self.pivots.append(pivot)
        return True


@dataclass(frozen=True)
class Layout:
    """How a sweep cuts the state into blocks.

    inner: basis of the subspace, lowest bits first; pivots: a bit that only that vector has.
    outer: the bits that number the blocks.
    """

    inner: tuple[int, ...]
    pivots: tuple[int, ...]
    outer: tuple[int, ...]

    def offsets(self, lane_bits: int) -> NDArray[np.int64]:
        """The offset of every row of 2^lane_bits amplitudes."""
        return combinations(self.inner[lane_bits:])

    def coordinates(self, mask: int) -> int:
        """A flip that lies in the subspace, as a place in the block."""
        found = 0
        for k, (vector, pivot) in enumerate(zip(self.inner, self.pivots, strict=True)):
            if (mask >> pivot) & 1:
                mask ^= vector
                found |= 1 << k
        assert mask == 0, "the planner put a flip into a sweep that does not hold it"
        return found

    def inner_mask(self, mask: int) -> int:
        """A sign mask in the block's coordinates."""
        return sum(((mask & vector).bit_count() & 1) << k for k, vector in enumerate(self.inner))


def layout(space: Space, n: int) -> Layout:
    """Complete a space to as many directions as it has room for; the bits that are left are the outer ones."""
    bit = n - 1
    while len(space.basis) < space.limit:
        space.take(1 << bit)
        bit -= 1
    free = [b for b in range(n) if b not in space.pivots]
    return Layout(tuple(space.basis), tuple(space.pivots), tuple(free))


def new_space(block_bits: int, low_bits: int) -> Space:
    """A space that holds the lowest bits and has room for the rest of `block_bits`."""
    space = Space(block_bits)
    for b in range(low_bits):
        space.take(1 << b)
    return space


@dataclass(frozen=True)
class Item:
    """A rotation (one mask pair) or a diagonal (flip 0, many signs) in order of execution."""

    flip: int
    signs: tuple[int, ...]
    steps: tuple[int, ...]

    def commutes(self, other: "Item") -> bool:
        return all(
            ((self.flip & b).bit_count() + (other.flip & a).bit_count()) & 1 == 0
            for a in self.signs
            for b in other.signs
        )


def plan(items: list[Item], n: int, block_bits: int, low_bits: int) -> list[tuple[Layout, list[Item]]]:
    """Deal the items out to sweeps; an item overtakes others only when it commutes with them."""
    if block_bits >= n:
        return [(layout(new_space(n, n), n), items)]
    sweeps = []
    waiting = list(items)
    while waiting:
        space, chosen = new_space(block_bits, low_bits), list[Item]()
        skipped: list[Item] = []
        for k, item in enumerate(waiting):
            if len(skipped) >= _LOOKAHEAD:
                skipped.extend(waiting[k:])
                break
            if all(item.commutes(other) for other in skipped) and space.take(item.flip):
                chosen.append(item)
            else:
                skipped.append(item)
        sweeps.append((layout(space, n), chosen))
        waiting = skipped
    return sweeps
