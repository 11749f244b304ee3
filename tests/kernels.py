"""The solver's machine code, compiled once before many processes use it.

python tests/kernels.py
"""

import itertools
import multiprocessing

from telos.solve.ready import Kind, compile_for

#: The first has what all share; the rest differ from it by a few functions each.
KINDS = tuple(Kind(*kind) for kind in itertools.product((True, False), (False, True), (0, 1, 2)))


def compile_all(kinds):
    """Compile for several kinds of problems, in a process of its own."""
    for kind in kinds:
        compile_for(kind)


def compiled():
    """Compile for every kind: what all share first, then deterministic beside stochastic worlds."""
    compile_for(KINDS[0])
    halves = (KINDS[1:6], KINDS[6:])
    spawn = multiprocessing.get_context("spawn")
    running = [spawn.Process(target=compile_all, args=(half,)) for half in halves]
    for each in running:
        each.start()
    for each in running:
        each.join()
        if each.exitcode:
            raise SystemExit(f"compiling the kernels ended with {each.exitcode}")


if __name__ == "__main__":
    compiled()
