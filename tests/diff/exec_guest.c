// SPDX-License-Identifier: GPL-2.0-only
/* The executor: what a guest does in its own memory. */
#include "exec.h"

#include <string.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

static void write_entry(struct diff_exec *x, const struct diff_op *op)
{
	bool v1 = x->view[op->dom].version == 1, transitive = op->kind == DIFF_OP_trans;
	uint64_t f[DIFF_FIELDS];
	union grant_entry_v2 e = { 0 };
	grant_entry_v1_t e1;

	for (unsigned k = 0; k < diff_fields(op->kind); k++)
		f[k] = diff_resolve(x, op->dom, *diff_field(op, 0, k));
	e.hdr.flags = (uint16_t)f[1];
	e.hdr.domid = (domid_t)f[2];
	if (transitive) {
		e.transitive.trans_domid = (domid_t)f[3];
		e.transitive.gref = (grant_ref_t)f[4];
		/* With its type changed it names a hole, not what happens to be at that number. */
		memset((uint8_t *)&e + sizeof(e.transitive), 0x7f,
		       sizeof(e) - sizeof(e.transitive));
	} else {
		e.full_page.frame = f[3];
		e.sub_page.page_off = (uint16_t)f[4];
		e.sub_page.length = (uint16_t)f[5];
	}
	e1 = (grant_entry_v1_t){ .flags = e.hdr.flags,
				 .domid = e.hdr.domid,
				 .frame = (uint32_t)f[3] };
	diff_say(x, "%s",
		 diff_entry_access(x, op->dom, (uint32_t)f[0], 0, v1 ? (void *)&e1 : (void *)&e,
				   v1 ? sizeof(e1) : sizeof(e), true)
			 ? "0"
			 : "none");
}

void diff_guest_op(struct diff_exec *x, struct diff_op *op)
{
	uint64_t a = diff_resolve(x, op->dom, *diff_field(op, 0, 0)), word;
	uint64_t b = op->kind != DIFF_OP_look ? diff_resolve(x, op->dom, *diff_field(op, 0, 1)) : 0;
	struct diff_entry e;
	uint16_t half = (uint16_t)b;
	int rc;

	switch (op->kind) {
	case DIFF_OP_entry:
	case DIFF_OP_trans:
		write_entry(x, op);
		break;
	case DIFF_OP_flags:
		diff_say(x, "%s",
			 diff_entry_access(x, op->dom, (uint32_t)a, 0, &half, 2, true) ? "0"
										       : "none");
		break;
	case DIFF_OP_status:
		diff_say(x, "%s",
			 diff_status_access(x, op->dom, (uint32_t)a, &half, true) ? "0" : "none");
		break;
	case DIFF_OP_look:
		if (diff_entry_read(x, op->dom, (uint32_t)a, &e))
			diff_say_entry(x, op->dom, &e);
		else
			diff_say(x, "none");
		break;
	case DIFF_OP_peek:
		rc = diff_touch(x, op->dom, a, (unsigned)b & 0xff8, &word, sizeof(word), false);
		diff_say(x, rc ? "fault" : "%#lx", (unsigned long)word);
		break;
	case DIFF_OP_poke:
		word = diff_field(op, 0, 2)->n;
		rc = diff_touch(x, op->dom, a, (unsigned)b & 0xff8, &word, sizeof(word), true);
		diff_say(x, rc ? "fault" : "0");
		break;
	default:
		diff_fill_page(x, op->dom, diff_field(op, 0, 0)->a, b);
		diff_say(x, "0");
		break;
	}
}
