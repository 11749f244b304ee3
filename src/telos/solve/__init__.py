"""The one door to the kernels: optimal values with certified bounds, policies, POWER."""
