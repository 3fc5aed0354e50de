# SPDX-License-Identifier: GPL-2.0-only
# Device-shaped work on real input.
grantbench.rooms += workloads
# libpcap is loaded when a capture is read; its header is what the calls are checked against.
have_libpcap := $(shell echo '\#include <pcap/pcap.h>' | $(CC) -E - >/dev/null 2>&1 && echo 1)
ifeq ($(have_libpcap),)
$(info without captures of packets: there is no pcap.h; apt-get install libpcap-dev)
endif
workloads.cflags := $(if $(have_libpcap),-DGNB_LIBPCAP)
