# SPDX-License-Identifier: GPL-2.0-only
# The driver and all benchmarks, with a main() of the test's own.
tests/bench.objects = $(filter-out %/command/main.o,$(call objects,$(grantbench.rooms)))
tests/bench.archives = $(grantbench.archives)
tests/bench.libs = $(grantbench.libs)
