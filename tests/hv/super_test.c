// SPDX-License-Identifier: GPL-2.0-only
/* v1-super: one entry of version 1 for 2 MiB or 1 GiB, mapped, refused, taken away, and what dies with it. */
#include "rivals.h"

#define REF  (RV_REF + RV_PAGES) /* of the granter's first 2M */
#define SIZE 512

static struct rv t;
static uint32_t handle;

static void grant(unsigned ref, uint64_t frame, unsigned order, unsigned flags)
{
	fx_entry(&t.f, ref, (uint16_t)(GTF_permit_access | GTF_superpage | flags),
		 hv_domain_id(t.f.m), GNTSUPER_FRAME(frame, order));
}

static bool start(const char *name, struct fx_opts o)
{
	o.granter.super = o.mapper.super = true;
	if (!ok(!rv_open(&t, o), "%s: set up", name))
		return false;
	rv_write_pages(&t);
	grant(REF, hv_guest_frame(t.f.g, 0), GNTSUPER_2M_ORDER, 0);
	return true;
}

static void end(const char *name)
{
	ok(!fx_check(&t.f, true), "%s: invariants", name);
	fx_close(&t.f);
}

static int map(unsigned ref, unsigned slot, unsigned flags)
{
	return fx_map(&t.f, ref, slot, GNTMAP_host_map | flags, &handle);
}

static uint16_t marks(unsigned ref)
{
	return *fx_use_word(&t.f, ref) & (GTF_reading | GTF_writing);
}

static void there_and_back(const char *name, struct fx_opts o, bool device)
{
	struct hv_counters before, d;
	uint32_t h1, h2;

	if (!start(name, o))
		return;
	for (unsigned round = 0; round < 2; round++) {
		unsigned ro = round ? GNTMAP_readonly : 0;
		uint64_t dfn = hv_guest_map_addr(t.f.m, SIZE) >> HV_PAGE_SHIFT;

		before = *hv_vcpu_counters(t.f.mv);
		ok(map(REF, SIZE, GNTMAP_super_2m | ro) == GNTST_okay, "%s: mapped", name);
		d = rv_since(&t, &before);
		h1 = handle;
		ok(rv_good(&t, SIZE, 0, SIZE) == SIZE && hv_domain_mappings(t.f.m) == 1,
		   "%s: all of it is in reach of all vCPUs, by one handle", name);
		ok(!rv_poke(&t, SIZE + 3, 0, rv_byte(3)) == !ro, "%s: and can be written: %d", name,
		   !ro);
		ok(marks(REF) == (GTF_reading | (ro ? 0 : GTF_writing)), "%s: one entry says so",
		   name);
		if (device)
			ok(rv_device(&t, dfn) == rv_byte(0) &&
				   rv_device(&t, dfn + SIZE - 1) == rv_byte(SIZE - 1),
			   "%s: by the device, too", name);
		/* The first round makes tables. */
		if (round && !device)
			ok(d.entries_written == 1 && d.maptrack_gets == 1 &&
				   d.page_gets == 12 + SIZE && d.pcpu_writes == 1,
			   "%s: one entry, one handle, %u references", name, SIZE);
		ok(!fx_check(&t.f, true), "%s: invariants while it is mapped", name);
		ok(map(REF, 0, GNTMAP_super_2m | GNTMAP_readonly) == GNTST_okay &&
			   rv_good(&t, 0, 0, SIZE) == SIZE && !fx_check(&t.f, true),
		   "%s: mapped a second time, by what was latched", name);
		h2 = handle;
		ok(fx_unmap(&t.f, h2, 1, 0) == GNTST_general_error &&
			   fx_unmap(&t.f, h2, 0, 0) == GNTST_okay &&
			   rv_good(&t, 0, -1, SIZE) == SIZE,
		   "%s: and taken away, by its address only", name);
		before = *hv_vcpu_counters(t.f.mv);
		ok(fx_unmap(&t.f, h1, SIZE, 0) == GNTST_okay &&
			   rv_good(&t, SIZE, -1, SIZE) == SIZE && !marks(REF) &&
			   !hv_domain_mappings(t.f.m),
		   "%s: taken away, and nobody reaches it", name);
		d = rv_since(&t, &before);
		ok(d.flushes == 1 && (device || d.entries_written == 1) && d.page_puts == 12 + SIZE,
		   "%s: one flush, one entry", name);
		ok(!device || rv_device(&t, dfn) < 0, "%s: nor the device", name);
	}
	end(name);
}

static void refused(struct fx_opts o)
{
	const unsigned two = GNTMAP_super_2m;
	struct gnttab_copy *c, of_it;

	if (!start("refused", o))
		return;
	ok(map(REF, 0, 0) == GNTST_general_error && !marks(REF),
	   "who does not say that it knows cannot map it");
	ok(map(REF, 0, GNTMAP_super_1g) == GNTST_general_error && !marks(REF),
	   "nor who takes it for another size");
	ok(map(RV_REF, 0, two) == GNTST_general_error && !marks(RV_REF),
	   "nor is a page mapped as one");
	ok(map(REF, 0, two | GNTMAP_super_1g) == GNTST_general_error, "not of two sizes");
	ok(map(REF, 0, two | GNTMAP_device_map) == GNTST_general_error &&
		   map(REF, 0, two | GNTMAP_contains_pte) == GNTST_general_error,
	   "not for a device, nor an entry of a page table");
	ok(map(REF, 1, two) == GNTST_bad_virt_addr, "an address that is not aligned");
	ok(map(4 * 512, 0, two) == GNTST_bad_gntref, "beyond the table");
	grant(3, hv_guest_frame(t.f.g, 0), 10, 0);
	ok(map(3, 0, two) == GNTST_general_error, "4M are no size");
	fx_entry(&t.f, 3, GTF_permit_access | GTF_superpage, hv_domain_id(t.f.m), ~0u);
	ok(map(3, 0, two) == GNTST_general_error, "nor is all ones");
	grant(3, hv_guest_frame(t.f.g, 1024), GNTSUPER_2M_ORDER, 0);
	ok(map(3, 0, two) == GNTST_bad_page && !marks(3) && !fx_check(&t.f, true),
	   "it is not all the granter's RAM");
	grant(3, hv_guest_frame(t.f.g, 0), GNTSUPER_1G_ORDER, 0);
	ok(map(3, 0, GNTMAP_super_1g) == GNTST_bad_page && !marks(3),
	   "nor is a 1G that it has not");
	grant(3, hv_guest_frame(t.f.g, 0), GNTSUPER_2M_ORDER, GTF_readonly);
	ok(map(3, 0, two) == GNTST_general_error &&
		   map(3, 0, two | GNTMAP_readonly) == GNTST_okay &&
		   fx_unmap(&t.f, handle, 0, 0) == GNTST_okay,
	   "a read-only entry is mapped to be read");
	c = (struct gnttab_copy *)(t.f.margs + 8192);
	*c = (struct gnttab_copy){ .source.domid = hv_domain_id(t.f.g),
				   .source.u.ref = REF,
				   .dest.domid = DOMID_SELF,
				   .dest.u.gmfn = hv_guest_frame(t.f.m, 9),
				   .len = 16,
				   .flags = GNTCOPY_source_gref };
	of_it = *c;
	ok(!hv_grant_table_op(t.f.mv, GNTTABOP_copy, c, 1) && c->status == GNTST_general_error &&
		   !marks(REF),
	   "it cannot be copied from");
	ok(map(REF, 0, two) == GNTST_okay, "mapped");
	/* The granter makes a page of it meanwhile. */
	fx_grant(&t.f, REF, 700, false);
	*fx_use_word(&t.f, REF) |= GTF_reading | GTF_writing;
	*c = of_it;
	ok(!hv_grant_table_op(t.f.mv, GNTTABOP_copy, c, 1) && c->status == GNTST_general_error &&
		   fx_map(&t.f, REF, 600, GNTMAP_host_map, NULL) == GNTST_general_error,
	   "nor mapped as a page or copied from while it is latched, whatever it says then");
	ok(map(REF, SIZE, two) == GNTST_okay && rv_good(&t, SIZE, 0, SIZE) == SIZE &&
		   fx_unmap(&t.f, handle, SIZE, 0) == GNTST_okay,
	   "as what was latched it can");
	ok(map(RV_REF + 5, 3, 0) == GNTST_general_error || hv_domain_crashed(t.f.m),
	   "a page over a part of it: the mapper is crashed, as for any grant");
	end("refused");
}

/* What is in the way, and what is not. */
static void places(struct fx_opts o)
{
	uint32_t h1;

	if (!start("places", o))
		return;
	ok(fx_map(&t.f, RV_REF, 5, GNTMAP_host_map, &h1) == GNTST_okay &&
		   map(REF, 0, GNTMAP_super_2m) == GNTST_bad_virt_addr && !marks(REF) &&
		   !fx_check(&t.f, true),
	   "a page in the way stays");
	ok(fx_unmap(&t.f, h1, 5, 0) == GNTST_okay && map(REF, 0, GNTMAP_super_2m) == GNTST_okay &&
		   rv_good(&t, 0, 0, SIZE) == SIZE,
	   "an empty table does not");
	/* The same first frame, by a reference of one page. */
	ok(fx_map(&t.f, RV_REF, 600, GNTMAP_host_map, &h1) == GNTST_okay &&
		   fx_unmap(&t.f, h1, 0, 0) == GNTST_general_error &&
		   rv_good(&t, 0, 0, SIZE) == SIZE,
	   "an unmap of a page does not take it");
	ok(fx_unmap(&t.f, handle, 600, 0) == GNTST_general_error &&
		   rv_peek(&t, 600, 0) == rv_byte(0) && !fx_check(&t.f, true),
	   "nor does it take a page");
	ok(fx_unmap(&t.f, handle, 0, 0) == GNTST_okay && fx_unmap(&t.f, h1, 600, 0) == GNTST_okay,
	   "each by its own");
	rv_balloon(&t, 100, true);
	ok(map(REF, 0, GNTMAP_super_2m) == GNTST_bad_page && !marks(REF), "with a hole: refused");
	rv_balloon(&t, 100, false);
	ok(map(REF, 0, GNTMAP_super_2m) == GNTST_bad_page && !marks(REF) && !fx_check(&t.f, true),
	   "with another frame in it, too: nothing is taken");
	end("places");
}

/* Both sides off: the bits mean nothing, as in Xen. */
static void off(struct fx_opts o)
{
	unsigned flags = o.mapper.guest == HV_GUEST_PV ? GNTMAP_super : 0;

	if (!ok(!rv_open(&t, o), "off: set up"))
		return;
	rv_write_pages(&t);
	fx_entry(&t.f, REF, GTF_permit_access | GTF_superpage, hv_domain_id(t.f.m),
		 hv_guest_frame(t.f.g, 7));
	ok(map(REF, 3, flags) == GNTST_okay && rv_peek(&t, 3, 0) == rv_byte(7) &&
		   !fx_check(&t.f, true) && fx_unmap(&t.f, handle, 3, 0) == GNTST_okay,
	   "off: one page is mapped, and goes");
	ok(flags || map(REF, 3, GNTMAP_super_2m) == GNTST_general_error,
	   "off: a flag that a translated mapper cannot have");
	end("off");
	o.mapper.super = true;
	if (!ok(!rv_open(&t, o), "off for the granter: set up"))
		return;
	fx_entry(&t.f, REF, GTF_permit_access | GTF_superpage, hv_domain_id(t.f.m),
		 GNTSUPER_FRAME(0, 9));
	ok(map(REF, 0, GNTMAP_super_2m) == GNTST_general_error && !marks(REF),
	   "off for the granter: its entries are pages");
	end("off for the granter");
}

static void deaths(struct fx_opts o, bool granter)
{
	o.host.audit = o.host.poison = true;
	if (!start("deaths", o))
		return;
	ok(map(REF, 0, GNTMAP_super_2m) == GNTST_okay && rv_good(&t, 0, 0, SIZE) == SIZE, "mapped");
	rv_balloon(&t, 3, true);
	if (granter) {
		hv_domain_kill(t.f.g);
		ok(rv_good(&t, 0, 0, SIZE) == SIZE && !fx_check(&t.f, false),
		   "it stays when its granter dies");
		ok(fx_unmap(&t.f, handle, 0, 0) == GNTST_okay && rv_good(&t, 0, -1, SIZE) == SIZE,
		   "until it is unmapped");
	} else {
		hv_domain_kill(t.f.m);
		ok(!marks(REF), "it goes when its mapper dies");
	}
	ok(!hv_host_violation(t.f.host), "nobody reaches what is freed");
	end("deaths");
}

static void memory(struct fx_opts o)
{
	bool good = true;
	unsigned n, fails = 0;
	int rc = -1;

	for (n = 1; n < 20 && rc; n++) {
		if (rv_open(&t, (o.granter.super = o.mapper.super = true, o)))
			break;
		grant(REF, hv_guest_frame(t.f.g, 0), GNTSUPER_2M_ORDER, 0);
		hv_host_fail_alloc(t.f.host, n);
		rc = map(REF, 0, GNTMAP_super_2m);
		hv_host_fail_alloc(t.f.host, 0);
		fails += rc != 0;
		good &= !rc || rc == GNTST_no_space;
		good &= !fx_check(&t.f, true) && (!rc || !marks(REF));
		fx_close(&t.f);
	}
	ok(good && fails > 1 && !rc, "each allocation fails once: nothing is lost (%u)", fails);
}

int main(void)
{
	struct fx_opts hvm = { .granter = { .guest = HV_GUEST_TRANSLATED },
			       .mapper = { .guest = HV_GUEST_TRANSLATED, .vcpus = 2 } },
		       o = hvm;

	there_and_back("translated", hvm, false);
	o.granter.guest = HV_GUEST_PV;
	there_and_back("PV granter", o, false);
	o = hvm;
	o.mapper.args_block = true;
	there_and_back("with v1-args", o, false);
	o = hvm;
	o.mapper.iommu = HV_IOMMU_STRICT;
	there_and_back("strict IOMMU", o, true);
	memory(o);
	o.mapper.iommu = HV_IOMMU_SHARED;
	there_and_back("shared IOMMU", o, true);
	refused(hvm);
	places(hvm);
	off(hvm);
	o = hvm;
	o.granter.guest = o.mapper.guest = HV_GUEST_PV;
	off(o);
	deaths(hvm, true);
	deaths(hvm, false);
	memory(hvm);
	return tap_done();
}
