# SPDX-License-Identifier: GPL-2.0-only
# The driver and all benchmarks, with a main() of the test's own.
tests/bench.objects = $(filter-out %/command/main.o,$(call objects,$(grantbench.rooms)))
tests/bench.archives = $(grantbench.archives)
tests/bench.libs = $(grantbench.libs)
claims_programs += $(B)/tests/bench/viommu_test

# All headers of the driver and of record in one file, also those that are made tomorrow.
$(B)/tests/bench/every_header.h: FORCE
	$(Q)printf '#include "%s"\n' $(sort $(wildcard bench/driver/*/*.h bench/side/*.h record/*.h bench/include/gnb/*.h)) | \
		{ $(rewrite:@%=%); }
$(B)/tests/bench/together_test.o $(B)/tests/bench/together_test.syntax: $(B)/tests/bench/every_header.h
$(B)/tests/bench/together_test.o $(B)/tests/bench/together_test.syntax: private CFLAGS += -I. -I$(B)/tests/bench
