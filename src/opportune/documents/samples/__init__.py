"""Sample files of an invented customer, for the demo, the tests and the benchmarks."""
