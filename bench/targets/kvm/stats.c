// SPDX-License-Identifier: GPL-2.0-only
/* KVM's own statistics, read from the descriptor of a VM or a vCPU. */
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "stats.h"

const char *const gnb_kvm_stat_name[GNB_KVM_STATS] = {
	[GNB_KVM_EXITS] = "exits",
	[GNB_KVM_PF_TAKEN] = "pf_taken",
	[GNB_KVM_PF_FIXED] = "pf_fixed",
	[GNB_KVM_PF_FAST] = "pf_fast",
	[GNB_KVM_PF_SPURIOUS] = "pf_spurious",
	[GNB_KVM_PF_EMULATE] = "pf_emulate",
	[GNB_KVM_FLUSHES] = "remote_tlb_flush",
	[GNB_KVM_FLUSH_REQUESTS] = "remote_tlb_flush_requests",
	[GNB_KVM_PAGES_4K] = "pages_4k",
	[GNB_KVM_PAGES_2M] = "pages_2m",
};

void gnb_kvm_stats_open(struct gnb_kvm_stats *s, int of)
{
	struct kvm_stats_header h;
	char *desc = NULL;
	size_t each = 0;

	s->fd = ioctl(of, KVM_GET_STATS_FD, 0);
	for (unsigned k = 0; k < GNB_KVM_STATS; k++)
		s->at[k] = -1;
	if (s->fd < 0 || pread(s->fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h))
		return;
	each = sizeof(struct kvm_stats_desc) + h.name_size;
	desc = malloc(h.num_desc * each);
	if (desc &&
	    pread(s->fd, desc, h.num_desc * each, h.desc_offset) == (ssize_t)(h.num_desc * each))
		for (unsigned i = 0; i < h.num_desc; i++) {
			const struct kvm_stats_desc *d = (const void *)(desc + i * each);
			const char *name = desc + i * each + sizeof(*d);

			for (unsigned k = 0; k < GNB_KVM_STATS; k++)
				if (!strncmp(name, gnb_kvm_stat_name[k], h.name_size))
					s->at[k] = (int64_t)h.data_offset + d->offset;
		}
	free(desc);
}

void gnb_kvm_stats_close(struct gnb_kvm_stats *s)
{
	if (s->fd >= 0)
		close(s->fd);
}

uint64_t gnb_kvm_stats_read(const struct gnb_kvm_stats *s, enum gnb_kvm_stat which)
{
	uint64_t value;

	if (s->fd < 0 || s->at[which] < 0 ||
	    pread(s->fd, &value, sizeof(value), s->at[which]) != (ssize_t)sizeof(value))
		return 0;
	return value;
}
