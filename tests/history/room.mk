# SPDX-License-Identifier: GPL-2.0-only
tests/history.objects := $(B)/history/change.o
tests/history.libs := -lm

# What scripts/claims asks how often the judge of change points errs.
HISTORY_TOOLS := $(B)/tests/history/power
test_programs += $(HISTORY_TOOLS)
claims_programs += $(HISTORY_TOOLS)
$(HISTORY_TOOLS): %: %.o $(B)/history/change.o
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -lm
