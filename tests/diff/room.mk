# SPDX-License-Identifier: GPL-2.0-only
# The same operations on two hypervisors (docs/conformance.md).
DIFF_OBJ := $(call objects,tests/diff) \
	$(addprefix $(B)/bench/targets/xen/,privcmd.o channel.o channel_memory.o domains.o maker.o) $(B)/record/standard.o
$(B)/tests/diff/hv_diff: $(DIFF_OBJ) $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -pthread

# On hv alone: SEED, and COUNT operations of each kind of machine.
SEED ?= 1
COUNT ?= 20000
.PHONY: diff
diff: $(B)/tests/diff/hv_diff
	@for v in 1 2; do for g in pv,pv pvh,pvh pv,pvh pvh,pv; do for d in 1 2; do \
		echo "version $$v, guests $$g, domains $$d"; \
		$(B)/tests/diff/hv_diff run -v $$v -g $$g -d $$d -s $(SEED) -n $(COUNT) || exit 1; \
	done; done; done
