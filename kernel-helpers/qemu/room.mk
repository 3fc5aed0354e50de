# SPDX-License-Identifier: GPL-2.0-only
# The plugin is loaded by the emulator, so it has no sanitizer.
PLUGIN_SRC := $(wildcard kernel-helpers/qemu/*.c)
kernel-helpers/qemu.cflags = -std=c11 -D_GNU_SOURCE $(OPT) -g $(WARN) -fvisibility=hidden -Ikernel-helpers/include
$(B)/lab/gnb_profile.so: $(B)/flags $(PLUGIN_SRC) $(wildcard kernel-helpers/qemu/*.h kernel-helpers/include/*.h)
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(kernel-helpers/qemu.cflags) $(LDFLAGS) -shared -fPIC -o $@ $(PLUGIN_SRC)
