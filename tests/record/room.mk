# SPDX-License-Identifier: GPL-2.0-only
tests/record.archives := librecord.a
tests/record.libs = $(record_libs) -pthread

# What scripts/claims asks for the median and its interval; a reader of runs that is not the report.
RECORD_TOOLS := $(addprefix $(B)/tests/record/,median ratios readings)
test_programs += $(RECORD_TOOLS)
claims_programs += $(B)/tests/record/median $(B)/tests/record/readings
$(RECORD_TOOLS): %: %.o $(B)/librecord.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(record_libs)
