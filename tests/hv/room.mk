# SPDX-License-Identifier: GPL-2.0-only
tests/hv.archives := libhv.a
tests/hv.libs := -pthread

# What the claims run under callgrind, what looks for each deliberate defect, and the soak of several threads.
HV_TOOLS := $(B)/tests/hv/insn $(B)/tests/hv/rivals_insn $(B)/tests/hv/pairs \
	$(B)/tests/hv/mutant_probe $(B)/tests/hv/soak
test_programs += $(B)/tests/hv/insn $(B)/tests/hv/rivals_insn $(B)/tests/hv/pairs
claims_programs += $(B)/tests/hv/counts_test $(B)/tests/hv/virtio_race_test $(B)/tests/hv/bfn_race_test \
	$(B)/tests/hv/insn $(B)/tests/hv/rivals_insn
$(B)/tests/hv/soak: $(B)/tests/hv/soak_duel.o $(B)/tests/hv/soak_move.o $(B)/tests/hv/soak_tool.o \
	$(B)/tests/hv/soak_v3.o
$(B)/tests/hv/mutant_probe: $(patsubst %.c,$(B)/%.o,$(wildcard tests/hv/mutant_probe_*.c))
$(HV_TOOLS): %: %.o $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -pthread

# The fuzzer: SAN=hvfuzz a driver with ASan and UBSan, SAN=fuzz for libFuzzer, SAN=hvmutants with all defects in one.
SAN_FLAGS_hvfuzz := -fsanitize=address,undefined -fno-sanitize-recover=all -DHV_DEBUG -DHV_FUZZ
SAN_FLAGS_hvmutants := -DHV_DEBUG -DHV_FUZZ -DHV_MUTANT=hv_mutant_now -include tests/hv/mutant_now.h
SAN_FLAGS_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DHV_DEBUG -DHV_FUZZ \
	-DHV_LIBFUZZER
$(B)/tests/hv/fuzz: $(patsubst %.c,$(B)/%.o,$(wildcard tests/hv/fuzz*.c)) $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(if $(filter fuzz,$(SAN)),-fsanitize=fuzzer) -o $@ $^ -pthread

# libFuzzer, for FUZZ_TIME minutes (0: until it is stopped). What it learns stays in build-fuzz/corpus, a finding in
# build-fuzz/crash-*; replay one with build-fuzz/tests/hv/fuzz FILE.
FUZZ_TIME ?= 10
.PHONY: fuzz
fuzz:
	@$(MAKE) -j$(JOBS) --no-print-directory SAN=fuzz build-fuzz/tests/hv/fuzz
	@mkdir -p build-fuzz/corpus
	build-fuzz/tests/hv/fuzz -max_total_time=$$(($(FUZZ_TIME) * 60)) -max_len=65536 -len_control=0 -timeout=60 \
		-artifact_prefix=build-fuzz/ -print_final_stats=1 build-fuzz/corpus tests/data/fuzz

# What sees locked instructions.
$(B)/tests/hv/v3_lines_test: $(B)/tests/hv/locked.o
