// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: where a translated guest's arguments are. Its page tables are memory of its own, into
 * which it writes what it likes, also between two reads of the hypervisor.
 */
#include "fuzz.h"
#include "guest_pt.h"

#define RAM    (6 * 512) /* all pages of a host */
#define TABLES 16	 /* pages that the builder takes for FZ_ARGS of arguments, at most */

bool fz_in_tables(const void *p)
{
	uint64_t mfn = hv_virt_to_mfn(fz.host, p);

	for (unsigned i = 0; i < FZ_DOMAINS; i++) {
		const struct hv_domain *d = fz.dom[i].d;

		if (d && mfn - (d->first_mfn + FZ_RAM) < d->table_pages)
			return true;
	}
	return false;
}

/* A page that the guest may have a table in, or arguments unless it is there by a grant. */
static uint64_t *own_page(const struct fz_dom *m, uint64_t gfn, bool data)
{
	uint64_t e = hv_pt_hw_get(fz.host, &m->d->p2m.pt, gfn, NULL);

	if (!e || hv_page(fz.host, hv_pte_mfn(e))->owner != m->d ||
	    hv_pte_type(e) == HV_P2M_XEN_SHARED || (data && hv_p2m_is_grant(hv_pte_type(e))))
		return NULL;
	return hv_virt(fz.host, hv_pte_mfn(e));
}

bool fz_args_at_home(const struct fz_dom *m)
{
	for (unsigned i = FZ_PAGES; m->translated && i < FZ_RAM; i++)
		if (own_page(m, i, true) != hv_virt(fz.host, m->d->first_mfn + i))
			return false;
	return true;
}

/* Another walk than the hypervisor's: may it write at that address? */
static bool reachable(const struct fz_dom *m, const struct hv_vcpu *v, uintptr_t linear)
{
	uint64_t gfn = v->cr3 >> 12 & 0xfffffffff, *t, e;

	for (unsigned shift = 39; shift >= 12; shift -= 9) {
		uint64_t in = (1ull << (shift - 12)) - 1;

		t = own_page(m, gfn, false);
		if (!t)
			return false;
		e = t[linear >> shift & 511];
		gfn = e >> 12 & 0xfffffffff;
		if ((e & 0x000f000000000003ull) != (HV_GPT_PRESENT | HV_GPT_WRITE))
			return false;
		if (shift == 12 || !(e & HV_GPT_LARGE))
			continue;
		if (shift == 39 || (gfn & in & ~1ull))
			return false;
		return own_page(m, (gfn & ~in) | (linear >> 12 & in), true) != NULL;
	}
	return own_page(m, gfn, true) != NULL;
}

bool fz_unexpected(struct fz_dom *m, long rc)
{
	bool reach = true;

	if (!rc || rc == -EIO)
		return false;
	if (rc != -EFAULT || !fz.hostile || !m->translated)
		return true;
	for (unsigned i = 0; i < FZ_ARGS; i++)
		for (unsigned k = 0; k < 2 && m->v[k]; k++)
			reach &= reachable(m, m->v[k], (uintptr_t)m->args + i * HV_PAGE_SIZE);
	/* What it did until then is not known here. */
	m->doomed |= !reach || fz.tampered;
	return !m->doomed;
}

/* ---- tables for one hypercall ---- */

struct saved {
	uint64_t table[TABLES][512];
	struct fz_tag tag[RAM];
	uint64_t cr3;
};

static uint64_t table_mfn(const struct fz_dom *m, unsigned i)
{
	return m->d->first_mfn + FZ_RAM + i;
}

static bool owned(const struct fz_dom *m, uint64_t mfn)
{
	return hv_page(fz.host, mfn)->owner == m->d;
}

static void save(const struct fz_dom *m, const struct hv_vcpu *v, struct saved *s)
{
	if (m->d->table_pages > TABLES)
		fz_fail("%u pages of tables", m->d->table_pages);
	for (unsigned i = 0; i < m->d->table_pages; i++)
		memcpy(s->table[i], hv_virt(fz.host, table_mfn(m, i)), HV_PAGE_SIZE);
	/* What the hypervisor marks in a table may be a tag. */
	for (unsigned i = 0; i < RAM; i++)
		if (owned(m, fz.host->first_ram + i))
			s->tag[i] = *fz_page_tag(fz.host->first_ram + i);
	s->cr3 = hv_guest_cr3(v);
}

static void restore(const struct fz_dom *m, struct hv_vcpu *v, const struct saved *s)
{
	for (unsigned i = 0; i < RAM; i++)
		if (owned(m, fz.host->first_ram + i))
			*fz_page_tag(fz.host->first_ram + i) = s->tag[i];
	for (unsigned i = 0; i < m->d->table_pages; i++)
		if (owned(m, table_mfn(m, i)))
			memcpy(hv_virt(fz.host, table_mfn(m, i)), s->table[i], HV_PAGE_SIZE);
	hv_guest_set_cr3(v, s->cr3);
}

static uint64_t any_frame(const struct fz_dom *m)
{
	switch (fz_u8() % 6) {
	case 0:
		return FZ_RAM + fz_u8() % m->d->table_pages;
	case 1:
		return fz_u8() % FZ_RAM;
	case 2:
		return (hv_guest_map_addr(m->d, 0) >> 12) + fz_u8() % FZ_SLOTS;
	case 3:
		return HV_GFN_GRANT_BASE + fz_u8() % 4;
	case 4:
		return fz_u64();
	default:
		return FZ_PAGES + fz_u8() % FZ_ARGS;
	}
}

static uint64_t any_entry(const struct fz_dom *m)
{
	uint64_t e = any_frame(m) << 12 | HV_GPT_TABLE;
	uint8_t b = fz_u8();

	if (!(b & 15))
		e ^= 1ull << (fz_u8() & 63);
	if (!(b & 0x70))
		e |= HV_GPT_LARGE;
	return e;
}

/* Mostly the entry that a walk for linear uses; the builder takes the tables in the order of the walk. */
static void change(const struct fz_dom *m, const uint8_t *linear)
{
	static const uint8_t flip[] = { 0, 1, 1, 1, 7, 48, 63, 5 };
	uint8_t b = fz_u8();
	unsigned k = b % 4;
	uint64_t *t, *e;

	if (!(b & 0xe0))
		k = fz_u8() % m->d->table_pages;
	t = hv_virt(fz.host, table_mfn(m, k));
	e = &t[(uintptr_t)linear >> (k < 4 ? 39 - 9 * k : 12) & 511];
	switch (b >> 2 & 7) {
	case 0:
		for (unsigned i = 0; i < 512; i++)
			t[i] = any_entry(m);
		break;
	case 1:
	case 2:
		*e ^= 1ull << flip[fz_u8() & 7];
		break;
	default:
		*e = any_entry(m);
	}
}

/* Operations that change nothing but what they answer: as far as their structures are in reach. */
static void ask(struct fz_dom *m, struct hv_vcpu *v, uint8_t *at)
{
	static const struct {
		unsigned cmd, size;
	} ops[] = { { GNTTABOP_query_size, sizeof(struct gnttab_query_size) },
		    { GNTTABOP_get_version, sizeof(struct gnttab_get_version) },
		    { GNTTABOP_setup_table, sizeof(struct gnttab_setup_table) } };
	unsigned i = fz_u8() % 3;
	bool reach =
		reachable(m, v, (uintptr_t)at) && reachable(m, v, (uintptr_t)at + ops[i].size - 1);
	long rc;

	memset(fz_args_page(m, 0), 0, sizeof(struct gnttab_setup_table));
	fz_forget_reads();
	rc = hv_grant_table_op(v, ops[i].cmd, at, 1);
	fz_stats.asked += rc != -EFAULT;
	fz_stats.faults += rc == -EFAULT;
	if (rc > 0)
		fz_fail("operation %u: %ld", ops[i].cmd, rc);
	if (fz.tampered || ops[i].cmd == GNTTABOP_setup_table)
		return;
	if (reach ? rc == -EFAULT : rc == 0)
		fz_fail("operation %u at %p, which is %sin reach: %ld", ops[i].cmd, (void *)at,
			reach ? "" : "not ", rc);
}

/* Give up a page of the tables: nothing is found by them any more. */
static void lose(struct fz_dom *m)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint64_t gfn = FZ_RAM + fz_u8() % m->d->table_pages;

	fz_settle();
	if (!m->d)
		return;
	memcpy(fz_args_page(m, 2), &gfn, sizeof(gfn));
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)fz_args_page(m, 2));
	memcpy(fz_args_page(m, 0), &r, sizeof(r));
	fz_forget_reads();
	hv_memory_op(m->v[0], XENMEM_decrease_reservation, fz_args_page(m, 0));
	ask(m, m->v[0], fz_args_page(m, 0));
	m->doomed = true;
	fz_after(m);
}

void fz_walk(void)
{
	static void (*const other[])(void) = { fz_map, fz_unmap, fz_copy, fz_table_op };
	static struct saved s;
	struct fz_dom *m = fz_live();
	struct hv_vcpu *v = fz_vcpu(m);
	uint8_t b = fz_u8(), *at = fz_args_page(m, 0);

	if (!fz.hostile)
		return;
	if (b < 8) {
		fz.tamper = FZ_GONE;
		other[b & 3]();
		fz.tamper = FZ_STILL;
		return;
	}
	if (!m->translated)
		return;
	if (b == 255) {
		lose(m);
		return;
	}
	save(m, v, &s);
	switch (b & 7) {
	case 0:
		hv_guest_set_cr3(v, any_frame(m) << 12 | (b & 0xf8));
		break;
	case 1:
		at = (uint8_t *)(uintptr_t)fz_u64();
		break;
	case 2: /* from the last page on */
		at = m->args + m->args_bytes - fz_u8() % 64;
		break;
	case 3: /* across two */
		at = m->args + HV_PAGE_SIZE - fz_u8() % 16;
		break;
	default:
		for (unsigned n = 1 + b / 64; n; n--)
			change(m, at);
		fz.tamper = b & 8 ? FZ_ANY : FZ_STILL;
	}
	ask(m, v, at);
	fz.tamper = FZ_STILL;
	restore(m, v, &s);
	fz_after(m);
}
