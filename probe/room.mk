# SPDX-License-Identifier: GPL-2.0-only
# The collector of who waited for which lock (docs/probes.md). Without libbpf or clang there is one that says so.
programs += gnb-probe
gnb-probe.rooms := probe
gnb-probe.archives := librecord.a
HAVE_BPF := $(shell command -v clang >/dev/null && \
	gcc -E -include bpf/libbpf.h -x c /dev/null >/dev/null 2>&1 && echo 1)
gnb-probe.libs := $(if $(HAVE_BPF),-lbpf) -lelf -ljson-c
probe.cflags := $(if $(HAVE_BPF),-DGNB_BPF='"$(B)/kernel-helpers/bpf/"')
$(if $(HAVE_BPF),$(eval $(B)/probe/object.o: $(BPF_OBJECTS)))
