/* SPDX-License-Identifier: GPL-2.0-only */
/* Is this a thread of the process that is looked at? For programs of eBPF. */
#ifndef WHOSE_H
#define WHOSE_H

#include "gnb_probe.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gnb_whose);
} whose SEC(".maps");

static inline bool ours(void)
{
	struct bpf_pidns_info who = { 0 };
	__u32 zero = 0;
	struct gnb_whose *w = bpf_map_lookup_elem(&whose, &zero);

	return w && !bpf_get_ns_current_pid_tgid(w->dev, w->ino, &who, sizeof(who)) &&
	       who.tgid == w->pid;
}

#endif
