# SPDX-License-Identifier: GPL-2.0-only
# Programs for the kernel's own machine, compiled by clang whatever compiles the rest. The headers of libbpf are their
# libc.
BPF_CFLAGS = -g -O2 -target bpf -D__TARGET_ARCH_x86 -ffreestanding $(WARN) -Wno-unused-parameter \
	-I/usr/include/$(shell gcc -print-multiarch) $(addprefix -I,$(sees/kernel-helpers/bpf) kernel-helpers/bpf)
BPF_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard kernel-helpers/bpf/*.bpf.c))
$(BPF_OBJECTS): $(B)/%.o: %.c $(B)/flags $(wildcard kernel-helpers/bpf/*.h hv/include/hv/*.h)
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D) && clang $(BPF_CFLAGS) -c -o $@ $<
