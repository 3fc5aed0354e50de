// SPDX-License-Identifier: GPL-2.0-only
/* A virtio-iommu when memory fails at each allocation of a request: NOMEM, nothing has changed, and the next one is done. */
#include "vio.h"

#define MOST 100

static struct vio v;

static int map_few(void)
{
	return vio_map(&v, 1, 70000, 4, 20, VIO_RW);
}

static int map_far(void)
{
	/* Ends of two tables. */
	return vio_map(&v, 1, (7ull << 27) - 2, 4, 20, VIO_RW);
}

static int map_many(void)
{
	return vio_map(&v, 1, 510, 200, 20, VIO_RW);
}

static int attach(void)
{
	return vio_attach(&v, 2, 1, 0);
}

static int attach_elsewhere(void)
{
	return vio_attach(&v, 3, 0, 0);
}

static void none(void)
{
}

static void unmap_all(void)
{
	vio_unmap(&v, 1, 0, 1ull << 36);
}

static void detach(void)
{
	vio_detach(&v, 2, 1);
}

/* Its 1st, 2nd... allocation fails, until none does. */
static void every(const char *what, int (*op)(void), void (*undo)(void), uint64_t reached)
{
	unsigned n, wrong = 0;
	int status = -1;

	for (n = 1; n <= MOST; n++) {
		uint64_t made;

		hv_host_fail_alloc(v.f.host, n);
		status = op();
		made = hv_host_fail_alloc(v.f.host, 0);
		if (made < n)
			break;
		wrong += status != VIRTIO_IOMMU_S_NOMEM;
		wrong += reached && vio_read(&v, 0, reached) != -EFAULT;
		if (fx_check(&v.f, true)) {
			ok(0, "%s: invariants after allocation %u", what, n);
			return;
		}
	}
	ok(n > 1 && n <= MOST && !wrong,
	   "%s: %u allocations fail with NOMEM, and nothing is there (%u do not)", what, n - 1,
	   wrong);
	ok(!status && !fx_check(&v.f, true) && (!reached || vio_read(&v, 0, reached) > 0),
	   "%s: it is done then", what);
	undo();
}

static void create(void)
{
	struct hv_virtio_config c = { 0 };
	struct fx f;
	unsigned n;
	int rc = -1;

	fx_open(&f, vio_opts());
	for (n = 1; n <= MOST; n++) {
		hv_host_fail_alloc(f.host, n);
		rc = hv_virtio_create(f.g, &c);
		if (hv_host_fail_alloc(f.host, 0) < n)
			break;
		if (rc != -ENOMEM || fx_check(&f, true))
			ok(0, "a device without memory: %d", rc);
	}
	ok(!rc && n > 1 && hv_virtio_create(f.g, &c) == -EEXIST,
	   "a device: %u allocations, and there is one", n - 1);
	fx_close(&f);
}

/* A domain that may cost no more. */
static void charged(void)
{
	struct fx_opts o = vio_opts();
	unsigned n = 0;

	o.granter.heap_limit = 400000;
	if (vio_open_with(&v, o, (struct hv_virtio_config){ 0 })) {
		ok(0, "a device in a domain with a limit");
		return;
	}
	vio_attach(&v, 1, 0, 0);
	while (n < 5000 && !vio_map(&v, 1, 1000 + 600ull * n, 1, 20, VIO_RW))
		n++;
	ok(n > 10 && n < 5000 && vio_map(&v, 1, 1, 1, 20, VIO_RW) == VIRTIO_IOMMU_S_NOMEM,
	   "what the guest maps is charged to it: %u tables and mappings", n);
	ok(!vio_unmap(&v, 1, 0, 1ull << 36), "and it can unmap all of it");
	vio_close(&v, "a limit");
}

int main(void)
{
	create();
	if (vio_open(&v, (struct hv_virtio_config){ .blocked = true, .superpages = true }))
		ok(0, "a device");
	vio_number(&v);
	vio_attach(&v, 1, 0, 0);
	every("map", map_few, unmap_all, 70000);
	every("map over an end", map_far, unmap_all, 7ull << 27);
	every("map many", map_many, unmap_all, 515);
	every("attach", attach, detach, 0);
	vio_map(&v, 1, 5, 1, 30, VIO_RW);
	every("attach elsewhere", attach_elsewhere, none, 0);
	ok(vio_read(&v, 0, 5) == -EFAULT, "it is there now");
	vio_close(&v, "memory");
	charged();
	return tap_done();
}
