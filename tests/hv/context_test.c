// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces of devices: what is in one is in no other; a device is in one at a time, and in the old one no more when it
 * went; what the unit keeps is gone when it was told so, and stale until then; numbers and memory run out with a word.
 */
#include <pthread.h>

#include "contexts.h"
#include "unit.h"

static struct fx f;

static bool open_with(enum hv_iommu_mode own)
{
	if (fx_open(&f, cx_opts(own))) {
		ok(0, "set up");
		return false;
	}
	cx_number(&f);
	return true;
}

static void apart(void)
{
	struct hv_context a, b;

	if (!open_with(HV_IOMMU_STRICT))
		return;
	ok(!hv_context_init(f.gv, &a, f.g) && !hv_context_init(f.gv, &b, f.g) && a.tag != b.tag &&
		   a.tag >= HV_MAX_DOMAINS,
	   "two contexts have numbers of their own");
	ok(!cx_set(&f, &a, 5, 1, true) && !cx_set(&f, &b, 5, 2, false) && cx_read(&f, 0, 5) == 5,
	   "a device that nobody moved is in the domain's own tables");
	hv_device_attach(f.gv, f.g, 0, &a);
	hv_device_attach(f.gv, f.g, 1, &b);
	ok(cx_read(&f, 0, 5) == 1 && cx_read(&f, 1, 5) == 2 && cx_read(&f, 2, 5) == 5 &&
		   cx_read(&f, 0, 6) == -EFAULT,
	   "each device reads where it is");
	ok(hv_device_context(f.g, 0) == &a && !hv_device_context(f.g, 2) &&
		   !hv_device_context(f.g, HV_DEVICES),
	   "which can be asked for");
	ok(hv_device_attach(f.gv, f.g, HV_DEVICES, &a) == -ENODEV &&
		   hv_device_access_by(f.g, HV_DEVICES, 0, 0, NULL, 0, false) == -ENODEV,
	   "there is no device beyond the last");
	{
		uint64_t word = 3;

		ok(!hv_device_access_by(f.g, 0, 5, 16, &word, 8, true) &&
			   hv_device_access_by(f.g, 1, 5, 16, &word, 8, true) == -EFAULT &&
			   hv_device_access_by(f.g, 0, 5, 4092, &word, 8, true) == -EINVAL,
		   "and writes where it may, within a page");
	}
	hv_device_attach(f.gv, f.g, 0, &b);
	ok(cx_read(&f, 0, 5) == 2 && a.devices == 0 && b.devices == 2, "it goes to another");
	hv_device_attach(f.gv, f.g, 0, &f.g->nowhere);
	ok(cx_read(&f, 0, 5) == -EFAULT, "and nowhere");
	hv_device_attach(f.gv, f.g, 0, NULL);
	hv_device_attach(f.gv, f.g, 1, NULL);
	ok(cx_read(&f, 0, 5) == 5 && cx_read(&f, 1, 5) == 5, "and back");
	hv_context_free(f.gv, &a);
	hv_context_free(f.gv, &b);
	cx_close(&f);
}

/* What was taken out is in reach until the unit is told, and then is not: of a page, a range, all. */
static void kept(void)
{
	struct hv_context c;
	bool seen = true, gone = true, others = true;

	if (!open_with(HV_IOMMU_NONE))
		return;
	ok(cx_read(&f, 0, 0) == -EOPNOTSUPP, "no tables of the domain's own");
	hv_context_init(f.gv, &c, f.g);
	hv_device_attach(f.gv, f.g, 0, &c);
	for (unsigned scope = HV_SCOPE_PAGE; scope <= HV_SCOPE_DOMAIN; scope++) {
		unsigned first = 16 + 8 * scope;
		uint64_t invs = hv_vcpu_counters(f.gv)->iotlb_invs;

		for (unsigned i = 0; i < 4; i++)
			cx_set(&f, &c, first + i, (int)i, true);
		cx_set(&f, &c, 8, 8, true);
		seen &= cx_read(&f, 0, 8) == 8;
		for (unsigned i = 0; i < 4; i++)
			seen &= cx_read(&f, 0, first + i) == (int)i &&
				!cx_set(&f, &c, first + i, -1, true) &&
				cx_read(&f, 0, first + i) == (int)i;
		hv_context_invalidate(f.gv, &c, first, 4, (enum hv_flush_scope)scope);
		for (unsigned i = 0; i < 4; i++)
			gone &= cx_read(&f, 0, first + i) == -EFAULT;
		others &= hv_vcpu_counters(f.gv)->iotlb_invs - invs ==
				  (scope == HV_SCOPE_PAGE ? 4 : 1) &&
			  cx_read(&f, 0, 8) == 8;
	}
	ok(seen, "what was taken out is in reach until the unit is told");
	ok(gone, "and no longer");
	ok(others, "by one invalidation, or one a page");
	hv_device_attach(f.gv, f.g, 0, NULL);
	hv_context_free(f.gv, &c);
	cx_close(&f);
}

static void large(void)
{
	struct fx_opts o = cx_opts(HV_IOMMU_NONE);
	struct hv_context c;
	uint64_t old = 1, byte;
	unsigned order = 0;

	o.granter.pages = 1024;
	if (fx_open(&f, o)) {
		ok(0, "set up");
		return;
	}
	hv_context_init(f.gv, &c, f.g);
	hv_device_attach(f.gv, f.g, 3, &c);
	cx_set(&f, &c, 512, 3, true);
	ok(hv_context_set(f.gv, &c, 512, 9, hv_pte(f.g->first_mfn & ~511ull, HV_P2M_RAM_RW, true),
			  &old) == -EEXIST,
	   "a superpage does not take the place of what is mapped");
	cx_set(&f, &c, 512, -1, true);
	ok(!hv_context_set(f.gv, &c, 512, 9, hv_pte(f.g->first_mfn & ~511ull, HV_P2M_RAM_RW, true),
			   &old) &&
		   !old && hv_context_get(f.gv, &c, 700, &order) && order == 9,
	   "of an empty table it does");
	ok(!hv_device_access_by(f.g, 3, 1023, 0, &byte, 1, false), "and is one entry for the unit");
	hv_context_set(f.gv, &c, 512, 9, 0, &old);
	hv_context_invalidate(f.gv, &c, 600, 1, HV_SCOPE_PAGE);
	ok(hv_device_access_by(f.g, 3, 1023, 0, &byte, 1, false) == -EFAULT,
	   "which a page of it takes whole");
	hv_device_attach(f.gv, f.g, 3, NULL);
	hv_context_free(f.gv, &c);
	cx_close(&f);
}

/* ---- a guest that is told of faults ---- */

static struct {
	unsigned n, dev;
	uint64_t dfn;
	bool write;
} told;

static void tell(struct hv_domain *d, unsigned dev, uint64_t dfn, bool write)
{
	(void)d;
	told.n++;
	told.dev = dev;
	told.dfn = dfn;
	told.write = write;
}

static void faults(void)
{
	uint64_t word = 0;

	if (!open_with(HV_IOMMU_STRICT))
		return;
	f.g->device_fault = tell;
	hv_device_access_by(f.g, 2, 1, 0, &word, 8, false);
	ok(!told.n, "an access that is done is nobody's business");
	hv_device_access_by(f.g, 2, 1 << 20, 0, &word, 8, true);
	ok(told.n == 1 && told.dev == 2 && told.dfn == 1 << 20 && told.write,
	   "one that is refused is told");
	cx_close(&f);
}

/* ---- what runs out ---- */

static void limits(void)
{
	static struct hv_context all[HV_IOMMU_TAGS];
	unsigned n = 0;
	int rc;

	if (!open_with(HV_IOMMU_NONE))
		return;
	while (n < HV_IOMMU_TAGS && !(rc = hv_context_init(f.gv, &all[n], f.g)))
		n++;
	ok(n == HV_IOMMU_TAGS - HV_MAX_DOMAINS && rc == -ENOSPC, "the unit has so many numbers");
	hv_context_free(f.gv, &all[5]);
	ok(!hv_context_init(f.gv, &all[5], f.g), "one that was given back is had again");
	while (n)
		hv_context_free(f.gv, &all[--n]);
	hv_host_fail_alloc(f.host, 1);
	ok(hv_context_init(f.gv, &all[0], f.g) == -ENOMEM, "without memory there is none");
	ok(!hv_context_init(f.gv, &all[0], f.g) && all[0].tag == HV_MAX_DOMAINS,
	   "and its number is not lost");
	hv_context_free(f.gv, &all[0]);
	cx_close(&f);
}

/* ---- a device that goes to and fro while it works: it reads one or the other, never anything else ---- */

static bool race_over;

static void *works(void *arg)
{
	unsigned *wrong = arg;

	while (!__atomic_load_n(&race_over, __ATOMIC_ACQUIRE)) {
		int got = cx_read(&f, 1, 3);

		*wrong += got != 1 && got != 2;
	}
	return NULL;
}

static void race(void)
{
	struct hv_context a, b;
	unsigned wrong = 0, late = 0;
	pthread_t t;

	if (!open_with(HV_IOMMU_NONE))
		return;
	hv_context_init(f.gv, &a, f.g);
	hv_context_init(f.gv, &b, f.g);
	cx_set(&f, &a, 3, 1, true);
	cx_set(&f, &b, 3, 2, true);
	hv_device_attach(f.gv, f.g, 1, &a);
	if (pthread_create(&t, NULL, works, &wrong)) {
		ok(0, "a thread");
		return;
	}
	for (unsigned i = 0; i < 3000; i++) {
		hv_device_attach(f.gv, f.g, 1, i % 2 ? &a : &b);
		late += cx_read(&f, 1, 3) != (i % 2 ? 1 : 2);
	}
	__atomic_store_n(&race_over, true, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	ok(!wrong, "a device that works meanwhile is in one or the other");
	ok(!late, "and in the new one when it went");
	hv_device_attach(f.gv, f.g, 1, NULL);
	hv_context_free(f.gv, &a);
	hv_context_free(f.gv, &b);
	cx_close(&f);
}

int main(void)
{
	apart();
	kept();
	large();
	faults();
	limits();
	race();
	return tap_done();
}
