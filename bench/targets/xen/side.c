/* SPDX-License-Identifier: GPL-2.0-only */
/* What both kinds of sides have. */
#include <errno.h>
#include <stdlib.h>

#include <gnb/grant.h>

#include "side.h"

int gnb_xen_side_vcpus(struct gnb_xen_side *s, unsigned n)
{
	s->vcpu = aligned_alloc(_Alignof(struct gnb_vcpu), n * sizeof(*s->vcpu));
	if (!s->vcpu)
		return -ENOMEM;
	s->vcpus = n;
	for (unsigned i = 0; i < n; i++)
		s->vcpu[i] = (struct gnb_vcpu){ .side = s, .cpu = -1 };
	return 0;
}

bool gnb_xen_entry_mapped(const void *table, const void *status, unsigned ref)
{
	const uint16_t *word = status ? (const uint16_t *)status + ref
				      : &((const struct grant_entry_v1 *)table)[ref].flags;

	return __atomic_load_n(word, __ATOMIC_ACQUIRE) & (GTF_reading | GTF_writing);
}
