// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: log-dirty. A privileged guest has another one's pages logged, asks and ends it; it follows a range as
 * VRAM, and reports pages. What a guest or a device that is seen wrote since the last CLEAN has to be in the bitmap.
 */
#include "fuzz.h"

#include "shadow_op.h"

#define PAGES_MOST 2048 /* their bits do not leave a page of arguments */

/* Pages of each domain that must be dirty, a bit each; of the domain of this serial. */
static struct {
	uint32_t serial, must;
} written[FZ_DOMAINS];

static uint32_t *must_of(const struct fz_dom *m)
{
	__typeof__(written[0]) *w = &written[m - fz.dom];

	if (w->serial != m->serial)
		*w = (__typeof__(*w)){ m->serial, 0 };
	return &w->must;
}

void fz_log_begin(void)
{
	memset(written, 0, sizeof(written));
}

void fz_log_wrote(const struct fz_dom *m, uint64_t addr, bool device)
{
	uint64_t gfn = addr >> 12;

	/* A page that came since the last CLEAN is not logged yet. */
	if (m->translated && m->d->log.on && !m->d->log.added && gfn < FZ_RAM &&
	    (!device || m->d->iommu.dirty_bits) && m->place[FZ_SLOTS + gfn].ram)
		*must_of(m) |= 1u << gfn;
}

/* Of pages that are gone since, what the IOMMU saw went with their entries. */
static uint32_t still_there(const struct fz_dom *x, uint32_t must)
{
	for (unsigned gfn = 0; gfn < FZ_RAM; gfn++)
		if (x->d->log.added || !x->place[FZ_SLOTS + gfn].ram ||
		    x->place[FZ_SLOTS + gfn].state != FZ_MAPPED)
			must &= ~(1u << gfn);
	return must;
}

/* What stands for an operation of Xen's in a domain that is logged as KVM does it. */
static unsigned of_way(const struct fz_dom *x, unsigned nr)
{
	switch (x->d->log.way) {
	case HV_WAY_GET:
	case HV_WAY_RING:
		return nr == SHADOW_PEEK ? SHADOW_CLEAN : nr;
	case HV_WAY_MANUAL:
	case HV_WAY_ALL_SET:
		return nr == SHADOW_CLEAN ? SHADOW_CLEAR : nr;
	default:
		return nr;
	}
}

/* What is in its rings is taken, and protected again. */
static uint64_t taken(struct fz_dom *m, struct fz_dom *x, struct domctl *c)
{
	uint64_t gfn, bits = 0;

	for (unsigned i = 0; i < x->d->nr_vcpus; i++)
		while (hv_log_ring_take(x->d->vcpu[i], &gfn))
			bits |= gfn < 64 ? 1ull << gfn : 0;
	c->u.shadow_op.op = SHADOW_RESET;
	c->u.shadow_op.mode = 0;
	fz_forget_reads();
	fz_unexpected(m, hv_domctl(fz_vcpu(m), c));
	return bits;
}

static void shadow(struct fz_dom *m, struct fz_dom *x)
{
	static const unsigned ops[] = { SHADOW_ENABLE_LOGDIRTY,
					SHADOW_CLEAN,
					SHADOW_CLEAN,
					SHADOW_PEEK,
					SHADOW_PEEK,
					SHADOW_OFF,
					SHADOW_ENABLE,
					SHADOW_GET_ALLOCATION };
	unsigned nr = of_way(x, ops[fz_u8() % 8]),
		 pages = fz_u8() & 1 ? FZ_RAM : fz_u32() % PAGES_MOST;
	struct domctl *c = (struct domctl *)fz_args_page(m, 0);
	uint64_t *bits = (uint64_t *)fz_args_page(m, 2);
	bool asks = nr == SHADOW_CLEAN || nr == SHADOW_PEEK;
	uint32_t *must = must_of(x), cleared = 0;
	long rc;

	if (nr == SHADOW_CLEAR) {
		pages = (unsigned)x->d->log.slot;
		cleared = fz_u32();
		bits[0] = cleared;
	}
	*must = still_there(x, *must);
	*c = (struct domctl){ .cmd = fz_odd(64) ? fz_u8() : DOMCTL_SHADOW_OP,
			      .interface_version = DOMCTL_INTERFACE,
			      .domain = (uint16_t)x->id };
	c->u.shadow_op.op = fz_odd(32) ? fz_u8() : nr;
	c->u.shadow_op.mode = nr == SHADOW_ENABLE ? SHADOW_MODE_LOG_DIRTY
			      : fz_odd(16)	  ? fz_u32()
						  : 0;
	c->u.shadow_op.pages = fz_odd(32) ? fz_u32() : pages;
	/* Without a bitmap any number of pages will do. */
	c->u.shadow_op.bitmap = c->u.shadow_op.pages > PAGES_MOST ? 0 : (uintptr_t)bits;
	fz_forget_reads();
	rc = hv_domctl(fz_vcpu(m), c);
	if (!m->d->privileged && !rc)
		fz_fail("d%u has another domain's pages logged without privilege", m->id);
	/* What a hostile guest said may be read otherwise: then nothing is known of the operation, or of the target. */
	if (fz.hostile) {
		for (unsigned i = 0; i < FZ_DOMAINS; i++)
			*must_of(&fz.dom[i]) = 0;
	} else if (asks && !rc && x != m) {
		if (x->d->log.way == HV_WAY_RING)
			*bits |= taken(m, x, c);
		if (pages >= FZ_RAM && (*must & ~*bits))
			fz_fail("d%u: pages %#x were written to, the bitmap has %#lx", x->id, *must,
				(unsigned long)*bits);
		if (nr == SHADOW_CLEAN)
			*must = 0;
	} else if (nr == SHADOW_CLEAR) {
		*must &= rc ? *must : ~cleared;
	} else if (!rc || rc == -ENOMEM) {
		*must = nr == SHADOW_GET_ALLOCATION ? *must : 0;
	}
	fz_unexpected(m, rc);
	/* Left half way, since what was asked for was another thing when it was read again: it stays paused, as in Xen. */
	if (x->d->log.left.by)
		fz_kill(x);
}

static void device_model(struct fz_dom *m, struct fz_dom *x)
{
	struct dmop_buf *buf = (struct dmop_buf *)fz_args_page(m, 0);
	struct dmop *op = (struct dmop *)(fz_args_page(m, 0) + 64);
	uint8_t *second = fz_args_page(m, 2);
	unsigned first = fz_u8() % FZ_RAM, nr = fz_u8() % (FZ_RAM + 4);

	memset(op, 0, sizeof(*op));
	buf[0] = (struct dmop_buf){ (uintptr_t)op, sizeof(*op) };
	buf[1] = (struct dmop_buf){ (uintptr_t)second, fz_odd(16) ? fz_u8() : 256 };
	if (fz_u8() & 1) {
		op->op = DMOP_TRACK_DIRTY_VRAM;
		op->u.track_dirty_vram.nr = nr;
		op->u.track_dirty_vram.first_pfn = fz_odd(16) ? fz_u64() : first;
	} else {
		op->op = DMOP_MODIFIED_MEMORY;
		op->u.modified_memory.nr_extents = 1;
		*(struct dmop_extent *)second =
			(struct dmop_extent){ .first_pfn = fz_odd(16) ? fz_u64() : first,
					      .nr = nr };
	}
	fz_forget_reads();
	fz_unexpected(m, hv_dm_op(fz_vcpu(m), (uint16_t)x->id, 2, buf));
}

void fz_log(void)
{
	struct fz_dom *m = fz_live(), *x = fz_live();

	/* Most often by who may. */
	for (unsigned i = 0; i < FZ_DOMAINS && !m->d->privileged && !fz_odd(8); i++)
		m = fz.dom[i].d ? &fz.dom[i] : m;
	if (fz_u8() % 4)
		shadow(m, x);
	else
		device_model(m, x);
	fz_after(m);
}
