// SPDX-License-Identifier: GPL-2.0-only
/* The reference hypervisor's lending, as a lender calls it. */
#include <errno.h>
#include <hv/lend.h>

#include <lend_op.h>

#include "hv_lend.h"

static const unsigned lend_nr[] = {
	[GNB_LENDING_LEND] = LEND_LEND,	    [GNB_LENDING_RETURN] = LEND_RETURN,
	[GNB_LENDING_REVOKE] = LEND_REVOKE, [GNB_LENDING_END] = LEND_END,
	[GNB_LENDING_SEQ] = LEND_SEQ,	    [GNB_LENDING_FAULT] = LEND_FAULT,
	[GNB_LENDING_SERVE] = LEND_SERVE,   [GNB_LENDING_ANSWER] = LEND_ANSWER,
};

long gnb_hv_lending(struct gnb_machine *m, struct hv_vcpu *v, unsigned nr, struct gnb_lend *x)
{
	struct lend_op *op = m->ctl;
	struct hv_lend_stats stats;
	long rc;

	if (!op)
		return -EOPNOTSUPP;
	if (nr == GNB_LENDING_STATS) {
		hv_lend_stats(m->dom[GNB_GRANTER], &stats);
		x->most = stats.work_max;
		x->held = stats.held_max;
		return 0;
	}
	*op = (struct lend_op){ .borrower = hv_domain_id(m->dom[GNB_GRANTER]),
				.policy = x->emulate ? LEND_EMULATE : LEND_RETRY,
				.flags = (x->now ? LEND_NOW : 0) |
					 (x->by_entry && nr == GNB_LENDING_REVOKE ? LEND_BY_ENTRY
										  : 0),
				.vcpu = x->vcpu,
				.len = sizeof(x->data),
				.gfn = x->gfn,
				.pages = x->pages,
				.frame = hv_guest_frame(m->dom[GNB_MAPPER], (unsigned)x->first),
				.seq = x->seq,
				.data = x->data };
	if (nr == GNB_LENDING_LEND)
		op->flags |= LEND_WRITE;
	rc = hv_lend_op(v, lend_nr[nr], op);
	x->seq = op->seq;
	if (nr == GNB_LENDING_FAULT && !rc) {
		x->gfn = op->gfn;
		x->vcpu = op->vcpu;
	}
	return rc;
}
