"""Whether a block of sixteen goals could read less of a random graph, or need fewer sweeps of it.

    python benchmarks/random_reads.py            # prints two tables; some seconds

Plain value iteration on the random graph of `peers.py`. Beside each sweep stands what action
elimination (MacQueen 1967) would leave to read: the pairs that are not yet certainly worse, for a goal
by itself and for any of the goals of a block. Below, the largest eigenvalues of the chain of a greedy
policy: where all but the first fill a disc, no combination of earlier sweeps (Anderson, Chebyshev) goes
down faster than the sweeps themselves.
"""

import itertools

import numpy as np
from peer_worlds import cases, draw
from scipy.sparse import csr_array
from scipy.sparse.linalg import eigs

LANES, SWEEPS, EVERY, LARGEST = 16, 27, 3, 40


def main() -> None:
    """Print what elimination leaves after some sweeps, and the eigenvalues."""
    case = cases(["random"], quick=True)[0]
    world, discount = case.world, case.discount
    shape = world.n_pairs, world.size
    ahead = csr_array((world.next_prob, world.next_state, world.next_ptr), shape=shape)
    reward = draw(world, LANES).T[world.pair_state]
    value, starts = np.zeros((world.size, LANES)), world.pair_ptr[:-1]
    print(
        "| sweep | span of the change | left to a goal | to any of 4 | to any of 16 | best of any |"
    )
    print("|---|---|---|---|---|---|")
    for sweep in range(1, SWEEPS + 1):
        worth = reward + discount * (ahead @ value)
        best = np.maximum.reduceat(worth, starts, axis=0)
        change = best - value
        span = change.max(axis=0) - change.min(axis=0)
        greedy = worth == best[world.pair_state]
        left = worth >= best[world.pair_state] - discount / (1.0 - discount) * span
        if sweep % EVERY == 0:
            some = (left, left[:, :4].any(axis=1), left.any(axis=1), greedy.any(axis=1))
            shares = " | ".join(f"{flags.mean():.0%}" for flags in some)
            print(f"| {sweep} | {span.max():.0e} | {shares} |")
        value = best
    pick = [pairs.start + int(np.argmax(worth[pairs, 0])) for pairs in _pairs(world.pair_ptr)]
    found = eigs(csr_array(ahead[pick]), k=LARGEST, tol=1e-4, return_eigenvectors=False)
    found = found[np.argsort(-np.abs(found))]
    size, angle = np.abs(found), np.sort(np.abs(np.angle(found[1:])))
    print(
        f"\nThe {LARGEST} largest eigenvalues of a greedy policy: {size[0]:.3f}, then {size[1]:.3f}"
    )
    print(f"to {size[-1]:.3f} in size, at angles from {angle[0]:.2f} to {angle[-1]:.2f}.")


def _pairs(ptr: np.ndarray) -> list[slice]:
    return [slice(int(a), int(b)) for a, b in itertools.pairwise(ptr)]


if __name__ == "__main__":
    main()
