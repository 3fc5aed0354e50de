// SPDX-License-Identifier: GPL-2.0-only
/* The fuzz harness: grant operations. */
#include "fuzz.h"

#include "grant_v1_revoke.h"

/* Arguments: small ones in the first page, arrays in the second, lists in the third; tags stay. */
uint8_t *fz_args_page(struct fz_dom *m, unsigned i)
{
	return m->args + i * HV_PAGE_SIZE + FZ_DATA;
}

long fz_call(struct fz_dom *m, unsigned cmd, void *p, unsigned n)
{
	struct hv_vcpu *v = fz_vcpu(m);

	fz_forget_reads();
	return hv_grant_table_op(v, cmd, p, n);
}

unsigned fz_batch(unsigned most)
{
	unsigned b = fz_u8();

	if (b < 160)
		return 1;
	return b < 250 ? 1 + b % 8 : 1 + fz_u8() % most;
}

/* The domain that an operation names. */
struct fz_dom *fz_pick(domid_t *id)
{
	struct fz_dom *x = fz_live();

	*id = (domid_t)x->id;
	if (fz_odd(32)) {
		*id = (domid_t)(fz_u8() & 1 ? DOMID_SELF : fz_u32());
		x = fz_by_id(*id);
	}
	return x;
}

grant_ref_t fz_pick_ref(const struct fz_dom *m, const struct fz_dom *x, bool *ro)
{
	unsigned r = fz_u8() % FZ_REFS;

	*ro = fz_u8() & 1;
	if (fz_odd(8))
		return fz_u8() & 1 ? fz_u8() : fz_u32() % 1600;
	for (unsigned i = 0; x && i < FZ_REFS; i++, r = (r + 1) % FZ_REFS) {
		if (x->pub[r].to != (int)m->id || x->pub[r].kind == FZ_ACCEPT)
			continue;
		*ro |= x->pub[r].ro && !fz_odd(16);
		return 8 + r;
	}
	return 8 + r;
}

/* ---- map ---- */

/* A hole for a mapping; taken: slots that earlier operations of the batch will fill. */
static uint64_t map_addr(struct fz_dom *m, unsigned flags, uint32_t *taken)
{
	unsigned s = fz_u8(), i;

	if (fz_odd(16)) {
		switch (s & 7) {
		case 0:
			return fz_u64();
		case 1: /* over RAM, arguments too */
			return (uint64_t)(fz_u8() % (FZ_RAM + 2)) << 12;
		case 2:
			return fz_slot_addr(m, s, flags) + (s >> 3);
		case 3: /* over anything */
			return fz_slot_addr(m, s, flags);
		default:
			break;
		}
	}
	for (i = 0; i < FZ_SLOTS; i++, s++)
		if (m->place[s % FZ_SLOTS].state == FZ_HOLE && !(*taken & 1u << s % FZ_SLOTS))
			break;
	/* None left: a well-behaved guest maps nothing. */
	if (i == FZ_SLOTS && !fz.hostile)
		return m->translated ? HV_PT_MAX_INDEX << 12 : 0;
	*taken |= 1u << s % FZ_SLOTS;
	return fz_slot_addr(m, s, flags);
}

/* A PV mapping was replaced: its handle cannot be unmapped by that address any more. */
void fz_overwritten(struct fz_dom *m, const struct fz_place *p)
{
	const struct hv_page *pg = hv_page(fz.host, p->mfn);

	if (m->translated || p->state != FZ_MAPPED)
		return;
	m->lost = true;
	if (pg->owner == NULL || !(pg->count_info & HV_PGC_ALLOCATED))
		m->doomed = true;
}

/*
 * A translated domain's own page moves from its old GFN; if the new one fails, it may still have
 * left. HV_INVALID: it cannot be said which.
 */
static void self_granted(struct fz_dom *m, uint64_t mfn, enum fz_state now)
{
	for (unsigned i = 0; i < FZ_SLOTS + FZ_RAM; i++)
		if (m->place[i].state == FZ_MAPPED && m->place[i].ram &&
		    (m->place[i].mfn == mfn || mfn == HV_INVALID))
			m->place[i].state = now;
}

static void mapped(struct fz_dom *m, const struct gnttab_map_grant_ref *in,
		   const struct gnttab_map_grant_ref *out, uint64_t expect, bool known)
{
	uint64_t mfn = out->dev_bus_addr >> 12;
	struct fz_dom *g = fz_by_id(in->dom);
	struct fz_tag *t = fz_page_tag(mfn);
	struct fz_place *p;

	fz_stats.maps_ok++;
	if (known && mfn != expect)
		fz_fail("d%u mapped d%u reference %u: frame %#lx, granted was %#lx", m->id, in->dom,
			in->ref, (unsigned long)mfn, (unsigned long)expect);
	if (out->handle >= FZ_HANDLES || m->handle[out->handle].flags ||
	    m->handle[out->handle].gone)
		fz_fail("d%u: handle %u is wild or live already", m->id, out->handle);
	m->handle[out->handle] = (struct fz_handle){ .flags = (uint16_t)in->flags,
						     .self = in->dom == m->id,
						     .addr = in->host_addr,
						     .dev = out->dev_bus_addr,
						     .mapped_at = in->host_addr,
						     .ref = in->ref };
	if (g && g->revocable && m->revocable)
		m->handle[out->handle].accepts =
			in->flags & (GNTMAP_accept_hole | GNTMAP_accept_sink);
	m->handle[out->handle].granter = g ? g->serial : 0;
	if (!(in->flags & GNTMAP_host_map))
		return;
	if (m->translated && in->dom == m->id)
		self_granted(m, mfn, FZ_HOLE);
	p = fz_find(m, in->host_addr, in->flags);
	if (!p)
		return;
	fz_overwritten(m, p);
	*p = (struct fz_place){ .state = FZ_MAPPED,
				.rw = !(in->flags & GNTMAP_readonly),
				.tagged = fz_tag_good(t) && t->mfn == mfn,
				.serial = t->serial,
				.mfn = mfn };
}

/* Fill in operation in; what it may reach is *expect, if that can be said. */
static bool map_args(struct fz_dom *m, struct gnttab_map_grant_ref *in, uint32_t *taken,
		     uint64_t *expect)
{
	static const uint8_t kind[] = { GNTMAP_device_map, GNTMAP_device_map | GNTMAP_host_map,
					GNTMAP_host_map | GNTMAP_contains_pte,
					GNTMAP_host_map | GNTMAP_application_map };
	static const uint32_t accept[] = { 0, GNTMAP_accept_hole, GNTMAP_accept_sink,
					   GNTMAP_accept_hole };
	struct fz_dom *x;
	struct fz_place *p;
	uint32_t before = *taken;
	bool ro;

	memset(in, 0, sizeof(*in));
	x = fz_pick(&in->dom);
	/* A translated guest that maps its own page loses it: not what a well-behaved one does. */
	if (x == m && m->translated && !fz_odd(8)) {
		x = NULL;
		in->dom = 15;
	}
	in->ref = fz_pick_ref(m, x, &ro);
	in->flags = GNTMAP_host_map;
	if (!m->translated && !(fz_u8() & 3))
		in->flags = kind[fz_u8() & 3];
	in->flags |= ro ? GNTMAP_readonly : 0;
	if (m->revocable)
		in->flags |= accept[fz_u8() & (m->translated ? 3 : 1)];
	if (fz_odd(64))
		in->flags ^= 1u << (fz_u8() & 31);
	in->host_addr = map_addr(m, in->flags, taken);
	/* With an IOMMU, what a PV domain lost stays reachable by its device, as in Xen. */
	p = fz_find(m, in->host_addr, in->flags);
	if (p && !m->translated && m->iommu != HV_IOMMU_NONE &&
	    (p->state != FZ_HOLE || (before & 1u << (p - m->place))))
		in->flags &= ~(uint32_t)GNTMAP_host_map;
	else if (p && p < &m->place[FZ_SLOTS])
		*taken |= 1u << (p - m->place);
	*expect = x ? fz_expect(m, x, in->ref, in->flags & GNTMAP_readonly, true) : HV_INVALID;
	return x != NULL;
}

void fz_map(void)
{
	struct gnttab_map_grant_ref in[64];
	struct fz_dom *m = fz_live();
	struct gnttab_map_grant_ref *u = (struct gnttab_map_grant_ref *)fz_args_page(m, 1);
	unsigned n = fz_batch(64);
	uint32_t taken = 0;
	uint64_t expect[64];
	bool known[64];
	long rc;

	for (unsigned i = 0; i < n; i++) {
		known[i] = map_args(m, &in[i], &taken, &expect[i]);
		/*
		 * By then its own frames may have moved, and what an entry read a second time says
		 * is open.
		 */
		known[i] &= !i || !m->translated || in[i].dom != m->id;
		for (unsigned k = 0; k < i; k++)
			known[i] &= in[k].ref != in[i].ref || in[k].dom != in[i].dom;
		u[i] = in[i];
		u[i].status = 77;
	}
	fz_stats.maps += n;
	rc = fz_call(m, GNTTABOP_map_grant_ref, u, n);
	for (unsigned i = 0; i < n && !rc; i++) {
		if (u[i].status == 77)
			fz_fail("map: operation %u of %u was not done", i, n);
		if (u[i].status == GNTST_okay)
			mapped(m, &in[i], &u[i], expect[i], known[i]);
		else if (m->translated && in[i].dom == m->id)
			self_granted(m, known[i] ? expect[i] : HV_INVALID, FZ_UNKNOWN);
	}
	if (fz_unexpected(m, rc))
		fz_fail("map: %ld", rc);
	fz_after(m);
}

/* ---- unmap ---- */

static void unmapped(struct fz_dom *m, const struct gnttab_unmap_grant_ref *in)
{
	struct fz_handle *h = in->handle < FZ_HANDLES ? &m->handle[in->handle] : NULL;
	struct fz_place *p;

	if (h && fz_v1_unmapped(m, h))
		return;
	if (!h || !h->flags)
		fz_fail("d%u unmapped handle %u, which it never had", m->id, in->handle);
	if (in->host_addr && (h->flags & GNTMAP_host_map)) {
		p = fz_find(m, in->host_addr, h->flags);
		if (p)
			p->state = FZ_HOLE;
		h->flags &= (uint16_t)~GNTMAP_host_map;
		fz_stats.unmaps_ok++;
	}
	if (in->dev_bus_addr && (h->flags & GNTMAP_device_map)) {
		if (in->dev_bus_addr != h->dev)
			fz_fail("d%u handle %u: device address %#lx was taken for %#lx", m->id,
				in->handle, (unsigned long)in->dev_bus_addr, (unsigned long)h->dev);
		h->flags &= (uint16_t)~GNTMAP_device_map;
	}
	if (!(h->flags & (GNTMAP_host_map | GNTMAP_device_map)))
		h->flags = 0;
}

void fz_unmap(void)
{
	struct gnttab_unmap_grant_ref in[160];
	struct fz_dom *m = fz_live();
	struct gnttab_unmap_grant_ref *u = (struct gnttab_unmap_grant_ref *)fz_args_page(m, 1);
	unsigned n = fz_batch(160), h = fz_u32() % FZ_HANDLES, steps = 0;
	long rc;

	for (unsigned i = 0; i < n; i++) {
		uint8_t how = fz_u8();

		for (h = (h + 1) % FZ_HANDLES;
		     !m->handle[h].flags && !m->handle[h].gone && steps < FZ_HANDLES; steps++)
			h = (h + 1) % FZ_HANDLES;
		memset(&in[i], 0, sizeof(in[i]));
		in[i].handle = h;
		in[i].host_addr = m->handle[h].addr;
		if (m->handle[h].flags & GNTMAP_device_map) {
			in[i].dev_bus_addr = m->handle[h].dev;
			/* One half now, the other later. */
			if (how < 32)
				in[i].dev_bus_addr = 0;
			else if (how < 64)
				in[i].host_addr = 0;
		}
		if (fz_odd(16)) {
			switch (how & 7) {
			case 0:
				in[i].handle = fz_u32();
				break;
			case 1:
				in[i].handle = fz_u8();
				break;
			case 2:
				in[i].host_addr = fz_u64();
				break;
			case 3:
				in[i].dev_bus_addr =
					fz_u8() & 1 ? fz_u64() : in[i].dev_bus_addr + 4096;
				break;
			case 4:
				in[i].host_addr = 0;
				break;
			default:
				in[i].host_addr = fz_slot_addr(m, fz_u8(), m->handle[h].flags);
			}
		}
		u[i] = in[i];
		u[i].status = 77;
	}
	rc = fz_call(m, GNTTABOP_unmap_grant_ref, u, n);
	for (unsigned i = 0; i < n && !rc && !hv_domain_crashed(m->d); i++) {
		if (u[i].status == 77)
			fz_fail("unmap: operation %u of %u was not done", i, n);
		if (u[i].status == GNTST_okay)
			unmapped(m, &in[i]);
		else if (!fz.hostile && u[i].status != GNTST_bad_handle)
			fz_fail("unmap: %d for a well-behaved guest", u[i].status);
	}
	if (fz_unexpected(m, rc))
		fz_fail("unmap: %ld", rc);
	fz_after(m);
}

/* ---- the table ---- */

static void versioned(struct fz_dom *m)
{
	for (unsigned i = 0; i < FZ_REFS; i++)
		m->pub[i].to = -1;
}

void fz_table_op(void)
{
	struct fz_dom *m = fz_live();
	uint8_t b = fz_u8(), *p = fz_args_page(m, 0);
	uint64_t *list = (uint64_t *)fz_args_page(m, 2);
	unsigned nr = 1 + fz_u8() % 4, before = m->d->gt->version;
	domid_t id = DOMID_SELF;
	long rc = 0;

	if (fz_odd(16))
		fz_pick(&id);
	switch (b % 7) {
	case 0:
		*(struct gnttab_set_version *)p =
			(struct gnttab_set_version){ fz_odd(16) ? fz_u32() : 1u + (b >> 7) };
		rc = fz_call(m, GNTTABOP_set_version, p, 1);
		if (m->d->gt->version != before)
			versioned(m);
		break;
	case 1: {
		struct gnttab_setup_table s = { .dom = id,
						.nr_frames = fz_odd(16) ? fz_u32() : nr };

		set_xen_guest_handle(s.frame_list, (xen_pfn_t *)list);
		memcpy(p, &s, sizeof(s));
		rc = fz_call(m, GNTTABOP_setup_table, p, 1);
		break;
	}
	case 2:
		*(struct gnttab_query_size *)p = (struct gnttab_query_size){ .dom = id };
		rc = fz_call(m, GNTTABOP_query_size, p, 1);
		break;
	case 3:
		*(struct gnttab_get_version *)p = (struct gnttab_get_version){ .dom = id };
		rc = fz_call(m, GNTTABOP_get_version, p, 1);
		break;
	case 4: {
		struct gnttab_get_status_frames s = { .dom = id, .nr_frames = nr };

		set_xen_guest_handle(s.frame_list, list);
		memcpy(p, &s, sizeof(s));
		rc = fz_call(m, GNTTABOP_get_status_frames, p, 1);
		break;
	}
	default: {
		unsigned x = fz_u8() % FZ_REFS, y = fz_u8() % FZ_REFS;
		struct gnttab_swap_grant_ref *s = (struct gnttab_swap_grant_ref *)p;

		*s = (struct gnttab_swap_grant_ref){ 8 + x, 8 + y, 0 };
		if (fz_odd(8))
			s->ref_a = fz_u8() & 1 ? fz_u8() : fz_u32();
		rc = fz_call(m, GNTTABOP_swap_grant_ref, p, 1);
		if (!rc && s->status == GNTST_okay && s->ref_a == 8 + x) {
			__typeof__(m->pub[0]) t = m->pub[x];

			m->pub[x] = m->pub[y];
			m->pub[y] = t;
		}
	}
	}
	if (fz_unexpected(m, rc) && !fz.hostile && rc != -EBUSY && rc != -ENOSYS && rc != -ENOMEM)
		fz_fail("table operation %u: %ld", b % 7, rc);
	fz_after(m);
}

/* Any number, any count, any address, over arguments that are whatever lies there. */
void fz_raw_call(void)
{
	struct fz_dom *m = fz_live();
	uint8_t b = fz_u8(), *p = m->args + fz_u32() % (m->args_bytes + 64);
	unsigned cmd = b & 15, count = fz_u8() & 1 ? fz_u8() % 4 : fz_u32();
	unsigned off = (unsigned)((uintptr_t)p & (HV_PAGE_SIZE - 1));

	if (!fz.hostile)
		return;
	if (b & 0x80)
		cmd = fz_u32();
	if (fz_u8() & 1)
		p = (uint8_t *)((uintptr_t)p & ~7ull);
	/* Tags stay. */
	if (off < FZ_DATA + 8)
		p += FZ_DATA + 8;
	else if (off > HV_PAGE_SIZE - 64)
		p -= 64;
	/* What would change handles and mappings behind the oracle's back gets no buffer. */
	if (cmd == GNTTABOP_map_grant_ref || cmd == GNTTABOP_unmap_grant_ref ||
	    cmd == GNTTABOP_copy || cmd == GNTTABOP_transfer || cmd == GNTTABOP_unmap_and_replace)
		p = b & 0x10 ? NULL : (uint8_t *)m->d;
	if (cmd == GNTTABOP_swap_grant_ref && count < 0x80000000)
		count %= 4;
	fz_call(m, cmd, p, count);
	if (cmd == GNTTABOP_swap_grant_ref || cmd == GNTTABOP_set_version)
		versioned(m);
	fz_after(m);
}
