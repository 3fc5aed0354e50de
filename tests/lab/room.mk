# SPDX-License-Identifier: GPL-2.0-only
# What runs inside the lab's machines (scripts/lab-build packs it): in LAB, by name. Those that need no library of Xen's
# are static, so that they run in any dom0.
LAB ?= $(B)/lab
LAB_CC = $(CC) $(OPT) $(WARN) $(LDFLAGS)
LAB_STATIC := $(addprefix $(LAB)/lab_,probe fuzz send contend gntdev iommu)
LAB_CHANNEL := $(addprefix bench/targets/xen/,privcmd.c channel.c channel_memory.c domains.c maker.c)
LAB_HEADERS := $(B)/flags $(wildcard tests/lab/*.h tests/hv/self_grant.h tests/tools/tap.h bench/targets/xen/*.h \
	bench/include/gnb/*.h kernel-helpers/include/*.h)
.PHONY: lab-programs
lab-programs: $(LAB_STATIC) $(addprefix $(LAB)/lab_,domain domu locks params)
$(LAB_STATIC): $(LAB)/lab_%: tests/lab/%.c $(LAB_HEADERS)
	$(call msg,LAB,$@)
	$(Q)mkdir -p $(@D) && $(LAB_CC) -std=c11 -D_GNU_SOURCE -static -pthread $(XEN_ABI) $(call sees,$<) -o $@ $<
$(LAB)/lab_domain: $(wildcard tests/lab/domain*.c) $(LAB_CHANNEL) $(LAB_HEADERS)
	$(call msg,LAB,$@)
	$(Q)mkdir -p $(@D) && $(LAB_CC) -std=c11 -D_GNU_SOURCE $(XEN_ABI) $(call sees,$<) -o $@ $(filter %.c,$^)
# gnu11: xenctrl.h wants it.
$(LAB)/lab_domu: tests/lab/domu.c $(B)/flags
	$(call msg,LAB,$@)
	$(Q)mkdir -p $(@D) && $(LAB_CC) -std=gnu11 -D_GNU_SOURCE -o $@ $< -lxenctrl -lxenguest -lxenevtchn \
		-lxenforeignmemory
$(LAB)/lab_locks: tests/lab/locks.c $(B)/flags
	$(call msg,LAB,$@)
	$(Q)mkdir -p $(@D) && $(LAB_CC) -std=gnu11 -D_GNU_SOURCE -o $@ $< -lxenctrl
$(LAB)/lab_params: tests/lab/params.c $(B)/flags
	$(call msg,LAB,$@)
	$(Q)mkdir -p $(@D) && $(LAB_CC) -std=c11 -o $@ $< -lxenhypfs
