/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's own statistics, read from the descriptor of a VM or a vCPU. */
#ifndef GNB_KVM_STATS_H
#define GNB_KVM_STATS_H

#include <stdint.h>

enum gnb_kvm_stat {
	GNB_KVM_EXITS,
	GNB_KVM_PF_TAKEN,
	GNB_KVM_PF_FIXED,
	GNB_KVM_PF_FAST,
	GNB_KVM_PF_SPURIOUS,
	GNB_KVM_PF_EMULATE,
	GNB_KVM_FLUSHES,
	GNB_KVM_FLUSH_REQUESTS,
	GNB_KVM_PAGES_4K, /* of now, not since the begin */
	GNB_KVM_PAGES_2M,
	GNB_KVM_STATS
};

struct gnb_kvm_stats {
	int fd;
	int64_t at[GNB_KVM_STATS]; /* where in it; -1: it has none of that name */
};

/* KVM's name of a statistic. */
extern const char *const gnb_kvm_stat_name[GNB_KVM_STATS];

/* The statistics of a VM or vCPU; without any they all read 0. */
void gnb_kvm_stats_open(struct gnb_kvm_stats *s, int of);
void gnb_kvm_stats_close(struct gnb_kvm_stats *s);
uint64_t gnb_kvm_stats_read(const struct gnb_kvm_stats *s, enum gnb_kvm_stat which);

#endif
