# SPDX-License-Identifier: GPL-2.0-only
# What gnb-probe looks at in its tests: a program with known waits and known callers, and one that waits for the
# kernel's locks.
test_programs += $(B)/tests/probe/load $(B)/tests/probe/kernel_load $(B)/tests/probe/rate
claims_programs += $(B)/tests/probe/load $(B)/tests/probe/kernel_load $(B)/tests/probe/rate
$(B)/tests/probe/load: %: %.o $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -pthread
$(B)/tests/probe/kernel_load: %: %.o
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -pthread
$(B)/tests/probe/rate: %: %.o $(B)/bench/driver/court/court.o $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -pthread
