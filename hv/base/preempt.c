/* SPDX-License-Identifier: GPL-2.0-only */
/* Preemption of a hypercall, at the pace that the host was made with. */
#include "preempt.h"
#include "atomic.h"

bool hv_preempt(struct hv_vcpu *cur)
{
	unsigned every = hv_load(&cur->preempt_every);

	return hv_unlikely(every) && ++cur->preempt_tick % every == 0;
}
