// SPDX-License-Identifier: GPL-2.0-only
/* Which results the stream reached. */
#include "run.h"

#include <errno.h>
#include <string.h>

static const char *const names[] = { "okay",	   "general",	"bad_domain", "bad_gntref",
				     "bad_handle", "bad_vaddr", "bad_dev",    "no_device",
				     "denied",	   "bad_page",	"bad_copy",   "too_big",
				     "eagain",	   "no_space",	NULL };

static void count_rc(struct diff_cover *c, enum diff_kind kind, long rc)
{
	unsigned i;

	for (i = 0; i < c->nrc && c->rcs[i] != rc; i++)
		;
	if (i == COVER_STATUSES)
		return;
	if (i == c->nrc)
		c->rcs[c->nrc++] = rc;
	c->rc[kind][i]++;
}

void diff_cover_count(struct diff_cover *c, const struct diff_op *op)
{
	c->ops++;
	c->items += op->n;
	if (op->crashed) {
		c->crashes++;
		return;
	}
	if (op->rc < 0)
		count_rc(c, op->kind, op->rc);
	for (unsigned i = 0; op->rc >= 0 && i < op->n; i++) {
		int s = op->out[i].status == DIFF_UNSET ? 0 : -op->out[i].status;

		/* These return how many they did. */
		if (op->kind == DIFF_OP_decrease || op->kind == DIFF_OP_populate ||
		    op->kind == DIFF_OP_give || op->kind == DIFF_OP_have)
			s = (long)i >= op->rc;

		if (s >= 0 && s < 15)
			c->status[op->kind][s]++;
	}
}

void diff_cover_print(const struct diff_cover *c, FILE *f)
{
	fprintf(f,
		"%lu operations of %lu structures; %lu by or after the crash or end of a domain\n\n",
		(unsigned long)c->ops, (unsigned long)c->items, (unsigned long)c->crashes);
	/* For decrease and populate, "general" is not done. */
	fprintf(f, "%-10s", "structures");
	for (unsigned s = 0; names[s]; s++)
		fprintf(f, " %10s", names[s]);
	fprintf(f, "\n");
	for (unsigned k = 0; k < DIFF_KINDS; k++) {
		fprintf(f, "%-10s", diff_kind_name(k));
		for (unsigned s = 0; names[s]; s++)
			fprintf(f, " %10lu", (unsigned long)c->status[k][s]);
		fprintf(f, "\n");
	}
	fprintf(f, "\n%-10s", "calls");
	for (unsigned s = 0; s < c->nrc; s++)
		fprintf(f, " %10s",
			strerrorname_np((int)-c->rcs[s]) ? strerrorname_np((int)-c->rcs[s]) : "?");
	fprintf(f, "\n");
	for (unsigned k = 0; k < DIFF_KINDS; k++) {
		uint64_t any = 0;

		for (unsigned s = 0; s < c->nrc; s++)
			any += c->rc[k][s];
		if (!any)
			continue;
		fprintf(f, "%-10s", diff_kind_name(k));
		for (unsigned s = 0; s < c->nrc; s++)
			fprintf(f, " %10lu", (unsigned long)c->rc[k][s]);
		fprintf(f, "\n");
	}
}
