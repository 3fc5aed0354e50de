// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: pages of a p2m moved, one by one, in batches and ranges, and taken from their places; a device's memory
 * mapped by its number; other domains' pages in a toolstack's p2m.
 */
#include "fuzz.h"

#include "shadow_op.h"

/* Where no other operation puts anything. */
#define BAR_AT	   (HV_GFN_GRANT_BASE + (1u << 20))
#define FOREIGN_AT (HV_GFN_GRANT_BASE + (2u << 20))

static uint8_t *page_of(struct fz_dom *m, unsigned i)
{
	return fz_args_page(m, i);
}

/* The harness' view of what is at a GFN of its RAM, or NULL. */
static struct fz_place *ram_place(struct fz_dom *m, uint64_t gfn)
{
	return gfn < FZ_RAM ? fz_find(m, gfn << 12, 0) : NULL;
}

/* Nothing is known of these places any more, nor are the pages there named. */
static void forget(struct fz_dom *x, uint64_t gfn, unsigned n)
{
	for (uint64_t g = gfn; g < gfn + n; g++) {
		struct fz_place *p = ram_place(x, g);

		if (p)
			p->state = FZ_UNKNOWN;
		if (g < FZ_PAGES)
			x->frame[g] = hv_guest_frame_ptr(x->d, g) ? g : HV_INVALID;
	}
}

void fz_forget_all(void)
{
	for (struct fz_dom *x = fz.dom; x < fz.dom + FZ_DOMAINS; x++) {
		if (x->d && x->translated)
			forget(x, 0, FZ_RAM);
		/* A page may have come to where grants are mapped. */
		for (unsigned i = 0; x->d && x->translated && i < FZ_SLOTS; i++)
			x->place[i].state = FZ_UNKNOWN;
		for (unsigned i = 0; x->d && !x->translated && i < FZ_PAGES; i++)
			if (x->frame[i] != HV_INVALID && !hv_guest_frame_ptr(x->d, x->frame[i]))
				x->frame[i] = HV_INVALID;
	}
}

/* One page of x came from one place to the other. */
static void moved(struct fz_dom *x, uint64_t from, uint64_t to)
{
	struct fz_place *a = ram_place(x, from), *b = ram_place(x, to);

	if (from == to)
		return;
	if (b)
		*b = a ? *a : (struct fz_place){ .state = FZ_UNKNOWN };
	if (a)
		a->state = FZ_HOLE;
	if (from < FZ_PAGES)
		x->frame[from] = HV_INVALID;
	if (to < FZ_PAGES)
		x->frame[to] = to;
}

static void one(struct fz_dom *m, struct fz_dom *x, uint64_t from, uint64_t to)
{
	struct xen_add_to_physmap a = {
		.domid = (domid_t)x->id, .space = XENMAPSPACE_gmfn, .idx = from, .gpfn = to
	};
	long rc;

	memcpy(page_of(m, 0), &a, sizeof(a));
	fz_forget_reads();
	rc = hv_memory_op(fz_vcpu(m), XENMEM_add_to_physmap, page_of(m, 0));
	if (!rc && !m->d->privileged && m != x && !fz.hostile)
		fz_fail("d%u moved a page of d%u", m->id, x->id);
	if (fz.hostile)
		fz_forget_all();
	else if (!rc)
		moved(x, from, to);
	else
		forget(x, to, 1);
	fz_unexpected(m, rc);
}

static void many(struct fz_dom *m, struct fz_dom *x, uint64_t from, uint64_t to, unsigned n)
{
	struct xen_add_to_physmap a = { .domid = (domid_t)x->id,
					.space = XENMAPSPACE_gmfn_range,
					.size = (uint16_t)n,
					.idx = from,
					.gpfn = to };

	memcpy(page_of(m, 0), &a, sizeof(a));
	fz_forget_reads();
	fz_unexpected(m, hv_memory_op(fz_vcpu(m), XENMEM_add_to_physmap, page_of(m, 0)));
	if (fz.tampered)
		fz_forget_all();
	else
		forget(x, 0, FZ_RAM);
}

static void batch(struct fz_dom *m, struct fz_dom *x, unsigned space, uint64_t from, uint64_t to)
{
	bool foreign = space == XENMAPSPACE_gmfn_foreign;
	struct fz_dom *into = foreign ? m : x;
	struct xen_add_to_physmap_batch b = { .domid = (domid_t)into->id,
					      .space = (uint16_t)space,
					      .size = 2 };
	uint64_t *idxs = (uint64_t *)page_of(m, 2), *gpfns = idxs + 8;

	b.u.foreign_domid = foreign ? (domid_t)x->id : 0;
	idxs[0] = from;
	idxs[1] = from + 1;
	gpfns[0] = to;
	gpfns[1] = to + 1;
	set_xen_guest_handle(b.idxs, idxs);
	set_xen_guest_handle(b.gpfns, gpfns);
	set_xen_guest_handle(b.errs, (int *)(gpfns + 8));
	memcpy(page_of(m, 0), &b, sizeof(b));
	fz_forget_reads();
	fz_unexpected(m, hv_memory_op(fz_vcpu(m), XENMEM_add_to_physmap_batch, page_of(m, 0)));
	if (fz.tampered)
		fz_forget_all();
	else
		forget(into, 0, FZ_RAM);
}

static void take(struct fz_dom *m, struct fz_dom *x, uint64_t gpfn)
{
	struct xen_remove_from_physmap r = { .domid = (domid_t)x->id, .gpfn = gpfn };

	memcpy(page_of(m, 0), &r, sizeof(r));
	fz_forget_reads();
	fz_unexpected(m, hv_memory_op(fz_vcpu(m), XENMEM_remove_from_physmap, page_of(m, 0)));
	if (fz.tampered)
		fz_forget_all();
	else
		forget(x, 0, FZ_RAM);
}

/* Device memory by who may: RAM by its number is the toolstack's own affair, and never asked for here. */
static void device(struct fz_dom *m, struct fz_dom *x)
{
	struct domctl *c = (struct domctl *)page_of(m, 0);
	uint64_t bar = hv_host_bar(fz.host), off = fz_u8() * 5u % 512, n = 1 + fz_u8() * 5u;
	uint8_t b = fz_u8();
	long rc;

	*c = (struct domctl){ .interface_version = DOMCTL_INTERFACE, .domain = (uint16_t)x->id };
	if (b & 3) {
		c->cmd = DOMCTL_MEMORY_MAPPING;
		off = b & 4 ? 0 : off;
		c->u.memory_mapping = (struct memory_mapping){ .first_gfn = BAR_AT + off + (b >> 6),
							       .first_mfn = bar + off,
							       .nr_mfns = n };
		c->u.memory_mapping.add_mapping = b & 8;
	} else {
		c->cmd = DOMCTL_IOMEM_PERMISSION;
		c->u.iomem_permission = (struct iomem_permission){ .first_mfn = bar + off,
								   .nr_mfns = n,
								   .allow_access = b & 0x1c };
	}
	fz_forget_reads();
	rc = hv_domctl(fz_vcpu(m), c);
	if (!m->d->privileged && rc >= 0)
		fz_fail("d%u has frames mapped without privilege", m->id);
	/* Another frame in the place of one that is there: the toolstack's fault, by which the domain ends. */
	if (hv_domain_crashed(x->d))
		fz_kill(x);
	else
		fz_unexpected(m, rc < 0 ? rc : 0);
}

void fz_move(void)
{
	struct fz_dom *m = fz_live(), *x = fz_live();
	/* The pages behind them are those for arguments. */
	uint64_t from = fz_u8() % (FZ_PAGES - 1), to = fz_u8() % (2 * FZ_PAGES);
	uint8_t b = fz_u8();

	/* A page that a lost handle still names would go. */
	fz_settle();
	if (b & 1)
		x = m;
	if (!m->d || !x->d)
		return;
	for (unsigned i = 0; i < FZ_DOMAINS && !m->d->privileged && m != x; i++)
		m = fz.dom[i].d ? &fz.dom[i] : m;
	if (to >= FZ_PAGES)
		to += HV_GFN_GRANT_BASE + (3u << 20);
	switch (b >> 1 & 7) {
	case 0:
	case 1:
		one(m, x, from, to);
		break;
	case 2:
		many(m, x, from, to, 1 + fz_u8() % (FZ_PAGES - (unsigned)from));
		break;
	case 3:
		batch(m, x, XENMAPSPACE_gmfn, from, to);
		break;
	case 4:
		batch(m, x, XENMAPSPACE_gmfn_foreign, from, FOREIGN_AT + to % 8);
		break;
	case 5:
		take(m, x, b & 0x80 ? from : FOREIGN_AT + to % 8);
		break;
	default:
		/* What is read again may be any frame's number. */
		if (!fz.hostile)
			device(m, x);
	}
	if (m->d)
		fz_after(m);
}
