/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations beside grants, timed, and what is found after them (gnb/calls.h). */
#include <errno.h>
#include <gnb/calls.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

enum gnb_iommu gnb_tables_of(const struct gnb_side *s)
{
	return gnb_is(s, "tables", "none")     ? GNB_IOMMU_NONE
	       : gnb_is(s, "tables", "shared") ? GNB_IOMMU_SHARED
					       : GNB_IOMMU_STRICT;
}

long gnb_operation(struct gnb_side *s, enum gnb_op_kind kind, unsigned nr, void *args)
{
	return s->t->operation(s->m, s->t->vcpu(s->m, GNB_MAPPER, 0), kind, nr, args);
}

int gnb_operation_timed(struct gnb_side *s, unsigned metric, uint64_t ops, enum gnb_op_kind kind,
			unsigned nr, void *args, long want)
{
	struct gnb_vcpu *v = s->t->vcpu(s->m, GNB_MAPPER, 0);
	long rc;

	gnb_start(s, metric);
	rc = s->t->operation(s->m, v, kind, nr, args);
	gnb_stop(s, metric, ops);
	return rc == want ? 0
			  : gnb_fail(s, rc < 0 ? (int)rc : -EIO, "%s returned %ld",
				     s->cell->bench->metrics[metric].name, rc);
}

int gnb_word_write(struct gnb_side *s, struct gnb_vcpu *v, uint64_t gfn, uint64_t word)
{
	int rc = s->t->touch(v, gfn << GNB_PAGE_SHIFT, 0, &word, sizeof(word), true);

	return rc ? gnb_fail(s, rc, "a write to the page at %#lx returned %d", (unsigned long)gfn,
			     rc)
		  : 0;
}

int gnb_word_read(struct gnb_side *s, struct gnb_vcpu *v, uint64_t gfn, int want, uint64_t word)
{
	uint64_t found = 0;
	int rc = s->t->touch(v, gfn << GNB_PAGE_SHIFT, 0, &found, sizeof(found), false);

	if (rc == want && (rc || found == word))
		return 0;
	return gnb_fail(s, -EIO, "the page at %#lx: a read returned %d, of %#lx; not %d, of %#lx",
			(unsigned long)gfn, rc, (unsigned long)found, want, (unsigned long)word);
}

int gnb_device_reaches(struct gnb_side *s, uint64_t dfn, bool reaches)
{
	uint64_t word = 0;
	struct gnb_dma d = { .dfn = dfn, .off = 8, .len = sizeof(word), .buf = &word };
	long rc;

	if (gnb_is(s, "tables", "none") || gnb_target_lacks(s->t, GNB_OP_DEVICE, GNB_DEVICE_WRITE))
		return 0;
	rc = s->t->operation(s->m, s->t->vcpu(s->m, GNB_GRANTER, 0), GNB_OP_DEVICE,
			     GNB_DEVICE_WRITE, &d);
	return rc == (reaches ? 0 : -EFAULT)
		       ? 0
		       : gnb_fail(s, -EIO, "the device's write at %#lx returned %ld",
				  (unsigned long)dfn, rc);
}

void *gnb_own_copy_init(struct gnb_side *s)
{
	struct gnttab_copy *op = s->t->args_alloc(s->m, GNB_GRANTER, sizeof(*op));

	if (!op)
		return NULL;
	op->source.domid = op->dest.domid = DOMID_SELF;
	op->source.u.gmfn = s->t->frame(s->m, 0);
	op->dest.u.gmfn = s->t->frame(s->m, 1);
	op->len = 8;
	return op;
}

int gnb_own_copy(struct gnb_side *s, struct gnb_vcpu *v, void *args)
{
	const struct gnttab_copy *op = args;
	long rc = s->t->hypercall(v, GNTTABOP_copy, args, 1);

	return rc ? (int)rc : op->status == GNTST_okay ? 0 : -EIO;
}
