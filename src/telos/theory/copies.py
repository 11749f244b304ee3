"""Copies: how many times what one choice leads to is found again in what another leads to, checked."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Bools, Ints, bools, ints
from telos.core.errors import ProblemError
from telos.core.world import World
from telos.theory.aims import Aim, aimed, outcome_numbers

#: Assignments the search looks at before it gives up; the worlds it is meant for need hundreds.
MOST_TRIED = 200_000

Row = frozenset[tuple[int, float]]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Copies:
    """Involutions that carry what A leads to into what B leads to, n of them, and what they prove.

    Args:
        swaps: I[n, S], the involutions of the states; the i-th carries A onto its i-th copy in B.
        images: B[n, L], the pairs of each copy: disjoint, all of them in B.
        symmetric: whether each involution is a symmetry of the whole world that swaps A with its
            copy and leaves the other copies in place. Then `B >=_most A` by n for *every* rule that
            looks at nothing but rewards and transitions. Otherwise, for the maximizer that shares
            ties equally among the pairs of a state (there is more to a copy than to A).
    """

    swaps: Ints
    images: Bools
    symmetric: bool

    @property
    def n(self) -> int:
        """How many copies of A there are in B."""
        return len(self.swaps)

    def __repr__(self) -> str:
        kind = "symmetries" if self.symmetric else "embeddings"
        return f"<Copies: {self.n} {kind}>"


def copies(
    world: World,
    wanted: Aim,
    against: Aim,
    *,
    permuted: Collection[Hashable] | None = None,
    swaps: ArrayLike | None = None,
    symmetric: bool = False,
) -> Copies:
    """Find or check the involutions by which B holds copies of A.

    A and B are sets of pairs of one state s. An involution phi of the states, under which states of equal
    outcome stay so and outcomes outside `permuted` stay themselves, carries A into B if

    - each pair of A has an image in B: another for another, with `P(phi t | s, b) = P(t | s, a)`;
    - for every state t that A can lead to, each pair of t has an image at phi t;
    - other choices at s, and all that they lead to, are carried into themselves, and neither A nor B
      leads back to s; or else phi is a symmetry of the whole world.

    Then `W_b(phi R) >= W_a(R)` for every goal, W being the value of what follows. B holds n copies of
    A if n such involutions have disjoint images, and each carries what the *other* images lead to into
    itself. Then no goal is reached from two goals that prefer A, and in every orbit

        #{R : B preferred} >= n * #{R : A preferred}.

    Args:
        world: the world; probabilities are compared exactly.
        wanted, against: B and A, as in `orbit_count`.
        permuted: as there.
        swaps: I[n, S], the involutions to be checked; None: search, which is meant for worlds of a
            few dozen states.
        symmetric: count symmetries of the whole world only, which bind every rule blind to names.

    Returns:
        The copies: as many as there are (or those that were given). n may be 0.

    Raises:
        ProblemError: if A and B are not pairs of one state or overlap, if an involution that was
            given does not do what it should, or if the search is too long.

    Example:
        >>> from telos import explore
        >>> gate = {"be off": "off", "go 1": "room 1", "go 2": "room 2"}
        >>> world = explore("gate", lambda s: gate if s == "gate" else {"stay": s})
        >>> pairs = [world.pair("gate", f"go {i}") for i in (1, 2)]
        >>> off = np.arange(world.n_pairs) == world.pair("gate", "be off")
        >>> found = copies(world, np.isin(np.arange(world.n_pairs), pairs), off)
        >>> found.n, found.symmetric
        (2, True)

    References:
        Turner et al. (2021), theorem 6.8; Turner and Tadepalli (2022), theorem 3.6. That a symmetry
        is enough for every rule blind to names is our own; see docs/theory.md.
    """
    b, a = aimed(world, wanted), aimed(world, against)
    states = np.unique(world.pair_state[a | b])
    if len(states) != 1:
        first, other = (world.states[s] for s in states[:2])
        raise ProblemError(
            f"{world.name}: copies are of choices at one state, but pairs of {first!r} and "
            f"{other!r} were named. Flag the pairs of the fork."
        )
    if (a & b).any():
        pair = world.describe(int(np.argmax(a & b)))
        raise ProblemError(f"{world.name}: {pair} is in both sets; they must not overlap.")
    names = outcome_numbers(world, permuted)
    search = _CopySearch(
        world, np.flatnonzero(a).tolist(), np.flatnonzero(b).tolist(), names, symmetric
    )
    if swaps is None:
        family = _largest(search, search.candidates())
    else:
        family = [search.checked(i, swap) for i, swap in enumerate(np.atleast_2d(swaps))]
        for (i, one), (j, two) in combinations(enumerate(family), 2):
            if not search.compatible(one, two):
                raise ProblemError(
                    f"{world.name}: involutions {i} and {j} do not leave each other's copy in "
                    "place; they prove no more together than one of them."
                )
    images = np.zeros((len(family), world.n_pairs), np.bool_)
    for row, (_, image) in zip(images, family, strict=True):
        row[list(image)] = True
    return Copies(
        swaps=ints(np.array([swap for swap, _ in family]).reshape(-1, world.size)),
        images=bools(images),
        symmetric=bool(family)
        and all(
            search.symmetry(np.array(swap), image, [other for _, other in family])
            for swap, image in family
        ),
    )


#: An involution of the states, and the pairs that it carries A onto.
Found = tuple[tuple[int, ...], tuple[int, ...]]


@final
@dataclass(frozen=True, eq=False)
class _CopySearch:
    """Where copies are looked for: the pairs of A and of B, and the outcomes that may be permuted."""

    world: World
    a: list[int]
    b: list[int]
    permuted: Ints
    strict: bool

    @cached_property
    def rest(self) -> tuple[int, ...]:
        """The other pairs of the fork."""
        here = self.world.pairs_of(int(self.world.pair_state[self.a[0]]))
        return tuple(pair for pair in here if pair not in self.a and pair not in self.b)

    @cached_property
    def returns(self) -> bool:
        """Whether a pair of A or B leads back to the fork, sooner or later."""
        return int(self.world.pair_state[self.a[0]]) in self._reach([*self.a, *self.b])

    @cached_property
    def rows(self) -> list[list[tuple[int, float]]]:
        """The successors of each pair."""
        return [list(self.world.successors(pair).items()) for pair in range(self.world.n_pairs)]

    def candidates(self) -> list[Found]:
        """All involutions that carry A into B and are the identity where they need not be otherwise."""
        found: dict[Found, None] = {}
        tried = [0]
        for image in permutations(self.b, len(self.a)):
            todo = list(zip(self.a, image, strict=True))
            for swap in self._extensions({}, todo, frozenset(), tried):
                full = np.arange(self.world.size)
                full[list(swap)] = list(swap.values())
                if self._keeps_outcomes(full) and self._proves(full, image):
                    found[tuple(full.tolist()), tuple(sorted(image))] = None
        return list(found)

    def checked(self, number: int, swap: Sequence[int]) -> Found:
        """An involution that was given, with its image in B. Raises ProblemError."""
        where, full = f"{self.world.name}: involution {number}", np.asarray(swap)
        whole = np.arange(self.world.size)
        if full.shape != whole.shape or not np.isin(full, whole).all():
            raise ProblemError(f"{where} must map {len(whole)} states, each by its number.")
        if (full[full] != whole).any():
            s = int(np.argmax(full[full] != whole))
            raise ProblemError(
                f"{where} is not an involution: it carries state {self.world.states[s]!r} not back to itself."
            )
        if not self._keeps_outcomes(full):
            raise ProblemError(
                f"{where} tears states of one outcome apart, or moves an outcome that is not permuted."
            )
        left, image = list(self.b), []
        for pair in self.a:
            fit = [b for b in left if self._row(b) == self._row(pair, full)]
            if not fit:
                raise ProblemError(
                    f"{where} carries {self.world.describe(pair)} onto no (other) pair of the "
                    "wanted set."
                )
            left.remove(fit[0])
            image.append(fit[0])
        lost = self._lost(self.a, full)
        if lost is not None:
            raise ProblemError(
                f"{where}: {self.world.describe(lost)} can be come to, and has no like in state "
                f"{self.world.states[full[self.world.pair_state[lost]]]!r}."
            )
        if not self._proves(full, tuple(image)):
            raise ProblemError(
                f"{where} is not a symmetry of the whole world, and "
                + ("symmetries are asked for." if self.strict else "the fork can be come back to.")
                if self.strict or self.returns
                else f"{where} carries what other choices of the fork lead to elsewhere."
            )
        return tuple(full.tolist()), tuple(sorted(image))

    def _proves(self, swap: Ints, image: tuple[int, ...]) -> bool:
        """Whether an involution that carries A into B says anything of a rule."""
        if self.symmetry(swap, image, []):
            return True
        return not self.strict and not self.returns and self._stays(swap, self.rest)

    def compatible(self, one: Found, two: Found) -> bool:
        """Whether both copies count: disjoint, and each involution leaves the other copy in place."""
        return (
            not set(one[1]) & set(two[1])
            and self._stays(np.array(one[0]), two[1])
            and self._stays(np.array(two[0]), one[1])
        )

    def symmetry(self, swap: Ints, image: tuple[int, ...], others: list[tuple[int, ...]]) -> bool:
        """Whether an involution is a symmetry of the world that only swaps A with its copy."""
        world = self.world
        kind = np.zeros(
            world.n_pairs, np.int64
        )  # 0: in no copy; those may be mixed among themselves
        for i, other in enumerate((tuple(self.a), *others), start=1):
            kind[list(other)] = i
        mine = int(kind[image[0]])
        swapped = kind.copy()
        swapped[self.a], swapped[list(image)] = mine, 1
        if (world.start[swap] != world.start).any():
            return False
        return all(
            Counter((self._row(pair, swap), swapped[pair]) for pair in world.pairs_of(s))
            == Counter((self._row(pair), kind[pair]) for pair in world.pairs_of(int(swap[s])))
            for s in range(world.size)
        )

    def _row(self, pair: int, swap: Ints | None = None) -> Row:
        return frozenset((t if swap is None else int(swap[t]), p) for t, p in self.rows[pair])

    def _reach(self, pairs: Sequence[int]) -> list[int]:
        """The states that a set of pairs can lead to, sooner or later."""
        left = [t for pair in pairs for t, _ in self.rows[pair]]
        seen: set[int] = set()
        while left:
            s = left.pop()
            if s not in seen:
                seen.add(s)
                left += [t for pair in self.world.pairs_of(s) for t, _ in self.rows[pair]]
        return sorted(seen)

    def _lost(self, pairs: Sequence[int], swap: Ints) -> int | None:
        """A pair behind the given ones that has no image, if there is one."""
        for s in self._reach(pairs):
            there = {self._row(pair) for pair in self.world.pairs_of(int(swap[s]))}
            for pair in self.world.pairs_of(s):
                if self._row(pair, swap) not in there:
                    return pair
        return None

    def _stays(self, swap: Ints, image: tuple[int, ...]) -> bool:
        """Whether an involution carries a copy, and all that it leads to, into itself."""
        moved = Counter(self._row(pair, swap) for pair in image)
        same = moved == Counter(self._row(pair) for pair in image)
        return same and self._lost(image, swap) is None

    def _keeps_outcomes(self, swap: Ints) -> bool:
        world = self.world
        of = np.full(world.n_outcomes, -1)
        of[world.outcome] = world.outcome[swap]
        moved = np.flatnonzero(of != np.arange(len(of)))
        return bool((of[world.outcome] == world.outcome[swap]).all()) and bool(
            np.isin(moved, self.permuted).all()
        )

    def _extensions(
        self,
        swap: dict[int, int],
        todo: list[tuple[int, int]],
        done: frozenset[int],
        tried: list[int],
    ) -> Iterator[dict[int, int]]:
        """All ways to extend a partial involution so that each pair to do gets the image it was given."""
        if not todo:
            yield swap
            return
        (pair, image), rest = todo[0], todo[1:]
        for more in self._matched(swap, self.rows[pair], self.rows[image], tried):
            fresh = sorted({t for t, _ in self.rows[pair]} - done)
            pairs = [pair for t in fresh for pair in self.world.pairs_of(t)]
            yield from self._assigned(more, rest, done | set(fresh), pairs, tried)

    def _assigned(
        self,
        swap: dict[int, int],
        todo: list[tuple[int, int]],
        done: frozenset[int],
        pairs: list[int],
        tried: list[int],
    ) -> Iterator[dict[int, int]]:
        """All ways to give each pair of the freshly reached states an image."""
        if not pairs:
            yield from self._extensions(swap, todo, done, tried)
            return
        there = swap[int(self.world.pair_state[pairs[0]])]
        for image in self.world.pairs_of(there):
            yield from self._assigned(swap, [*todo, (pairs[0], image)], done, pairs[1:], tried)

    def _matched(
        self,
        swap: dict[int, int],
        row: list[tuple[int, float]],
        image: list[tuple[int, float]],
        tried: list[int],
    ) -> Iterator[dict[int, int]]:
        """All extensions of a partial involution that carry one row of successors onto another."""
        tried[0] += 1
        if tried[0] > MOST_TRIED:
            raise ProblemError(
                f"{self.world.name}: more than {MOST_TRIED} assignments tried; give the involutions "
                "(swaps), and they are checked."
            )
        if len(row) != len(image):
            return
        if not row:
            yield swap
            return
        (t, p), rest = row[0], row[1:]
        for i, (u, q) in enumerate(image):
            if p == q and swap.get(t, u) == u and swap.get(u, t) == t:
                left = image[:i] + image[i + 1 :]
                yield from self._matched(swap | {t: u, u: t}, rest, left, tried)


def _largest(search: _CopySearch, found: list[Found]) -> list[Found]:
    """A largest set of involutions that are compatible with one another."""
    fits = [[search.compatible(one, two) for two in found] for one in found]
    best: list[int] = []

    def grow(chosen: list[int], left: list[int]) -> None:
        nonlocal best
        if len(chosen) > len(best):
            best = chosen
        for k, i in enumerate(left):
            if len(chosen) + len(left) - k <= len(best):
                return
            grow([*chosen, i], [j for j in left[k + 1 :] if fits[i][j]])

    grow([], list(range(len(found))))
    return [found[i] for i in best]
