// SPDX-License-Identifier: GPL-2.0-only
/* One's own grant, mapped twice: hv gives what a real Xen gave (self_grant.h). */
#include "fixture.h"
#include "self_grant.h"

static uint64_t word_at(struct fx *f, uint64_t address)
{
	bool translated = !hv_guest_frame(f->g, 0);
	uint64_t word;

	if (!hv_guest_access(f->mv, address, 0, &word, sizeof(word), false))
		return word;
	return translated ? SELF_HOLE : SELF_FAULT;
}

static void test(enum hv_guest guest)
{
	bool pv = guest == HV_GUEST_PV;
	struct fx_opts o = { .granter = { .guest = guest }, .self = true };
	uint64_t got[SELF_STEPS], data = SELF_DATA, *own;
	uint32_t first = 0, second = 0;
	struct fx f;

	if (!ok(!fx_open(&f, o), "set up"))
		return;
	own = hv_guest_frame_ptr(f.g, hv_guest_frame(f.g, 5));
	*own = data;
	fx_grant(&f, 9, 5, false);
	got[SELF_MAP] = (uint64_t)fx_map(&f, 9, 7, GNTMAP_host_map, &first);
	got[SELF_SLOT] = word_at(&f, hv_guest_map_addr(f.m, 7));
	own = hv_guest_frame_ptr(f.g, hv_guest_frame(f.g, 5));
	got[SELF_OWN] = own ? *own : SELF_HOLE;
	got[SELF_AGAIN] = (uint64_t)fx_map(&f, 9, 8, GNTMAP_host_map, &second);
	got[SELF_SLOT_AGAIN] = word_at(&f, hv_guest_map_addr(f.m, 8));
	got[SELF_UNMAP] = (uint64_t)fx_unmap(&f, first, 7, 0);
	got[SELF_SLOT_AFTER] = word_at(&f, hv_guest_map_addr(f.m, 7));
	own = hv_guest_frame_ptr(f.g, hv_guest_frame(f.g, 5));
	got[SELF_OWN_AFTER] = own ? *own : SELF_HOLE;
	got[SELF_ONCE_MORE] = (uint64_t)fx_map(&f, 9, 7, GNTMAP_host_map, &first);
	if ((int)got[SELF_ONCE_MORE] == GNTST_okay)
		fx_unmap(&f, first, 7, 0);
	if ((int)got[SELF_AGAIN] == GNTST_okay)
		fx_unmap(&f, second, 8, 0);
	got[SELF_FLAGS] = *fx_use_word(&f, 9);
	got[SELF_LAST] = (uint64_t)fx_map(&f, 9, 7, GNTMAP_host_map, &first);
	if ((int)got[SELF_LAST] == GNTST_okay)
		fx_unmap(&f, first, 7, 0);
	for (unsigned i = 0; i < SELF_STEPS; i++)
		ok(got[i] == self_want[!pv][i], "%s: own grant, %s: %#llx (%#llx)",
		   pv ? "PV" : "translated", self_names[i], (unsigned long long)got[i],
		   (unsigned long long)self_want[!pv][i]);
	ok(!fx_check(&f, true), "%s: invariants", pv ? "PV" : "translated");
	fx_close(&f);
}

int main(void)
{
	test(HV_GUEST_PV);
	test(HV_GUEST_TRANSLATED);
	return tap_done();
}
