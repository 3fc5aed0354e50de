// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: PV-IOMMU. Guests make contexts, map and unmap anything there and move their devices; a privileged one
 * does it for others, and has pages of others by the draft of 2016. A device never finds a page that is nobody's, nor,
 * but for a privileged domain, one that is somebody else's.
 */
#include "fuzz.h"

#include <hv/device.h>
#include <hv/pv_iommu.h>

#include "device.h"
#include "pv_iommu.h"
#include "pv_iommu_2016.h"

#define DFNS 24u /* device frames that are used, from there on */
#define HELD                                                                                       \
	8u /* pages of others at once, as many as a ring has room for: nobody is there to take who is waited for */

static uint64_t a_dfn(void)
{
	uint8_t b = fz_u8();

	if (fz_odd(16))
		return fz_u64();
	return 0x40000 + (b & 1 ? b % DFNS : (uint64_t)(b % 3) << 27);
}

/* A page of its own, most often; or another's. */
static uint64_t a_frame(const struct fz_dom *m)
{
	uint8_t b = fz_u8();

	if (b % 8 == 0)
		m = fz_live();
	if (fz_odd(8))
		return b & 1 ? fz_u32() % (uint32_t)fz.host->nr_machine : fz_u64();
	return m->frame[b % FZ_PAGES] == HV_INVALID ? b : m->frame[b % FZ_PAGES];
}

/* The structure of an operation for x, in m's memory. */
static size_t fill(const struct fz_dom *x, unsigned cmd, void *at)
{
	uint8_t b = fz_u8();

	memset(at, 0, 64);
	switch (cmd) {
	case PV_IOMMU_INIT:
		*(struct pv_iommu_init *)at = (struct pv_iommu_init){ b % 6, 1 + (b >> 3 & 3) };
		if (fz_odd(8))
			*(struct pv_iommu_init *)at = (struct pv_iommu_init){ fz_u32(), fz_u32() };
		return sizeof(struct pv_iommu_init);
	case PV_IOMMU_FREE_CONTEXT:
		*(struct pv_iommu_free *)at =
			(struct pv_iommu_free){ .ctx_no = b % 6, .free_flags = b >> 4 & 1 };
		return sizeof(struct pv_iommu_free);
	case PV_IOMMU_REATTACH:
		*(struct pv_iommu_reattach *)at =
			(struct pv_iommu_reattach){ .ctx_no = b % 6,
						    .dev = { .devfn = (uint8_t)(b >> 3 << 3) } };
		return sizeof(struct pv_iommu_reattach);
	case PV_IOMMU_MAP_PAGES:
		*(struct pv_iommu_map *)at = (struct pv_iommu_map){ .ctx_no = 1 + b % 4,
								    .gfn = a_frame(x),
								    .dfn = a_dfn(),
								    .map_flags = 1 + (b >> 3 & 2),
								    .pgsize = 4096,
								    .nr_pages = 1 + (b >> 5) };
		if (fz_odd(8))
			((struct pv_iommu_map *)at)->nr_pages = fz_u32();
		return sizeof(struct pv_iommu_map);
	case PV_IOMMU_UNMAP_PAGES:
		*(struct pv_iommu_unmap *)at = (struct pv_iommu_unmap){ .ctx_no = 1 + b % 4,
									.dfn = a_dfn(),
									.pgsize = 4096,
									.nr_pages = 1 + (b >> 5) };
		return sizeof(struct pv_iommu_unmap);
	default:
		return 16;
	}
}

static void contexts(struct fz_dom *m, struct fz_dom *x)
{
	static const uint8_t cmds[] = { PV_IOMMU_INIT,	      PV_IOMMU_ALLOC_CONTEXT,
					PV_IOMMU_REATTACH,    PV_IOMMU_MAP_PAGES,
					PV_IOMMU_MAP_PAGES,   PV_IOMMU_MAP_PAGES,
					PV_IOMMU_UNMAP_PAGES, PV_IOMMU_UNMAP_PAGES,
					PV_IOMMU_REATTACH,    PV_IOMMU_FREE_CONTEXT,
					PV_IOMMU_CAPABILITIES };
	unsigned cmd = cmds[fz_u8() % sizeof(cmds)];
	uint8_t *at = fz_args_page(m, 1);
	long rc;

	/* What everything else takes comes first. */
	if (!x->d->pvi.max)
		cmd = PV_IOMMU_INIT;
	else if (!x->d->pvi.taken[0])
		cmd = PV_IOMMU_ALLOC_CONTEXT;
	if (fz_odd(16))
		cmd = fz_u8();
	fill(x, cmd, at);
	fz_forget_reads();
	if (m == x) {
		rc = hv_iommu_op(fz_vcpu(m), cmd, at);
	} else {
		struct pv_iommu_remote *r = (struct pv_iommu_remote *)fz_args_page(m, 0);

		*r = (struct pv_iommu_remote){ .domid = (uint16_t)x->id,
					       .subop = (uint16_t)cmd,
					       .arg = (uintptr_t)at };
		rc = hv_iommu_op(fz_vcpu(m), PV_IOMMU_REMOTE, r);
		if (!m->d->privileged && rc != -EPERM && rc != -ENODEV && rc != -EIO)
			fz_fail("d%u had d%u's contexts: %ld", m->id, x->id, rc);
	}
	if (rc == -EFAULT)
		fz_unexpected(m, rc);
	fz_stats.contexts_ok += !rc && (cmd == PV_IOMMU_MAP_PAGES || cmd == PV_IOMMU_UNMAP_PAGES);
}

/* Of others' pages so many that no ring is full. */
static void bus(struct fz_dom *m, struct fz_dom *x)
{
	struct bfn_op *op = (struct bfn_op *)fz_args_page(m, 1);
	struct hv_bfn_stats s;
	unsigned n = 1 + fz_u8() % 4;
	uint64_t bfn;
	long rc;

	for (unsigned server = 0; server < HV_IOSERVERS; server++)
		while (hv_ioserver_take(m->v[0], server, &bfn))
			;
	hv_bfn_stats(m->d, &s);
	memset(op, 0, n * sizeof(*op));
	for (unsigned i = 0; i < n; i++) {
		uint8_t b = fz_u8();
		uint16_t kind = 1 + b % 6;

		if (s.held + n > HELD && (kind == BFN_MAP_FOREIGN || kind == BFN_LOOKUP_FOREIGN))
			kind = BFN_UNMAP_FOREIGN;
		op[i].subop_id = kind;
		op[i].flags = BFN_READABLE | (b >> 3 & 0x12);
		op[i].u.map_foreign.bfn = 0x90000 + fz_u8() % DFNS;
		if (kind == BFN_UNMAP_FOREIGN) {
			op[i].u.unmap_foreign.ioserver = b >> 6;
			continue;
		}
		op[i].u.map_foreign.gfn = kind == BFN_MAP_PAGE ? a_frame(m) : a_frame(x);
		op[i].u.map_foreign.domid = (uint16_t)x->id;
		op[i].u.map_foreign.ioserver = b >> 6;
	}
	fz_forget_reads();
	rc = hv_bfn_op(fz_vcpu(m), op, n);
	if (!m->d->privileged && rc != -ENOSYS && rc != -EIO)
		fz_fail("d%u has a bus address space: %ld", m->id, rc);
	if (rc == -EFAULT)
		fz_unexpected(m, rc);
}

/* What a device finds. */
static void device(struct fz_dom *m)
{
	unsigned dev = fz_u8() % HV_DEVICES;
	uint64_t dfn = fz_u8() & 1 ? 0x90000 + fz_u8() % DFNS : a_dfn();
	struct fz_tag tag;
	bool own = !hv_device_context(m->d, dev);

	if (hv_device_access_by(m->d, dev, dfn, 0, &tag, sizeof(tag), false) || own)
		return;
	fz_stats.reads++;
	if (tag.magic == 0xc2c2c2c2u)
		fz_fail("a device of d%u reads a frame that is free at %#lx", m->id,
			(unsigned long)dfn);
	if (fz_tag_good(&tag) && tag.serial != m->serial && !m->d->privileged)
		fz_fail("a device of d%u reads a page of another's at %#lx", m->id,
			(unsigned long)dfn);
	hv_device_access_by(m->d, dev, dfn, FZ_DATA, &dfn, sizeof(dfn), true);
}

void fz_pviommu(void)
{
	struct fz_dom *m = fz_live(), *x = fz_live();
	unsigned n = 1 + fz_u8() % 8;

	/* Another's by who may, or tries. */
	for (unsigned i = 0; i < FZ_DOMAINS && !m->d->privileged && m != x && !fz_odd(8); i++)
		m = fz.dom[i].d ? &fz.dom[i] : m;
	while (n--) {
		uint8_t b = fz_u8();

		if (b & 3)
			contexts(m, b & 4 || m == x ? m : x);
		else
			bus(m, x);
		if (!fz_after(m) || !x->d)
			return;
		device(b & 8 ? m : x);
	}
}
