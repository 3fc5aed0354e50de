# SPDX-License-Identifier: GPL-2.0-only
# The plugin is loaded by the emulator, so it has no sanitizer.
PLUGIN_SRC := $(wildcard kernel-helpers/qemu/*.c)
PLUGIN_CFLAGS := -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) -fvisibility=hidden -Ikernel-helpers/include
$(B)/lab/gnb_profile.so: $(PLUGIN_SRC) $(wildcard kernel-helpers/qemu/*.h kernel-helpers/include/*.h)
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(PLUGIN_CFLAGS) -shared -fPIC -o $@ $(PLUGIN_SRC)
