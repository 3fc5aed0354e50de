# SPDX-License-Identifier: GPL-2.0-only
# What scripts/record-pages loads into a process. It stands by itself: whoever is recorded knows nothing of the suite.
ifeq ($(SAN),)
all: $(B)/libgnb-pages.so
endif
$(B)/libgnb-pages.so: workloads/record/preload.c $(B)/flags
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -shared -fPIC -o $@ $< -pthread
