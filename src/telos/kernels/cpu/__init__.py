"""The Numba kernels: they release the GIL, cache their machine code, and take goals in SIMD lanes."""
