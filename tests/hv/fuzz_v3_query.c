// SPDX-License-Identifier: GPL-2.0-only
/* The fuzz harness: version 3, what is said to be mapped by a reference. */
#include "fuzz_v3.h"

void fz_v3_query(void)
{
	struct fz_dom *m;
	uint64_t ref;
	struct fz_tree3 *t = fz_v3_pick(&m, &ref);
	struct gnttab_v3_query q = { .ref = ref, .dom = DOMID_SELF }, *u;
	unsigned n = 0;
	long rc;

	if (!t)
		return;
	u = (struct gnttab_v3_query *)fz_args_page(m, 0);
	q.tree = t->id;
	*u = q;
	rc = fz_call(m, GNTTABOP_v3_query, u, 1);
	for (unsigned i = 0; i < FZ_MAPPED3; i++)
		n += fz_mapped3[i].live && !fz_mapped3[i].gone &&
		     fz_mapped3[i].serial == m->serial && fz_mapped3[i].tree == t->id &&
		     fz_mapped3[i].ref == ref;
	if (!rc && u->status == GNTST_okay && u->maps != n)
		fz_fail("d%u tree %#x reference %#lx: mapped %u times, and %u are known", m->id,
			t->id, (unsigned long)ref, u->maps, n);
	fz_after(m);
}
