// SPDX-License-Identifier: GPL-2.0-only
/* Draft: relaxed operations of a virtio-iommu. A MAP replaces what it overlaps, an identical one is kept, an UNMAP may split. */
#include "vio.h"

static struct vio v;

static void open(unsigned max_mappings)
{
	if (vio_open(&v, (struct hv_virtio_config){ .features = VIRTIO_IOMMU_F_MAP_UNMAP |
								VIRTIO_IOMMU_F_RELAXED,
						    .superpages = true,
						    .max_mappings = max_mappings }))
		ok(0, "a device");
	vio_number(&v);
	vio_attach(&v, 1, 0, 0);
}

/* What the device finds at pages 100 to 107, in a word: 0 for nothing. */
static bool sees(const int want[8])
{
	bool good = true;

	for (unsigned i = 0; i < 8; i++)
		good &= vio_read(&v, 0, 100 + i) == (want[i] ? want[i] : -EFAULT);
	return good;
}

static void replace(void)
{
	const struct hv_counters *c;
	struct hv_virtio_stats s;
	uint64_t invs;

	open(0);
	c = hv_vcpu_counters(v.f.gv);
	ok(!vio_map(&v, 1, 100, 8, 20, VIO_RW) && sees((int[]){ 20, 21, 22, 23, 24, 25, 26, 27 }),
	   "a mapping of eight pages");
	invs = c->iotlb_invs;
	ok(!vio_map(&v, 1, 100, 8, 20, VIO_RW) && c->iotlb_invs == invs, "the same again is kept");
	ok(!vio_map(&v, 1, 102, 2, 40, VIO_RW) && sees((int[]){ 20, 21, 40, 41, 24, 25, 26, 27 }) &&
		   c->iotlb_invs == invs + 1,
	   "one within it replaces two pages, with one invalidation");
	ok(!vio_map(&v, 1, 101, 2, 60, VIRTIO_IOMMU_MAP_READ) &&
		   sees((int[]){ 20, 60, 61, 41, 24, 25, 26, 27 }) &&
		   vio_dma_write(&v, 0, 101) == -EFAULT && !vio_dma_write(&v, 0, 103),
	   "one over the ends of two, with rights of its own");
	ok(!vio_map(&v, 1, 98, 12, 80, VIO_RW) && sees((int[]){ 82, 83, 84, 85, 86, 87, 88, 89 }),
	   "one over all of them");
	hv_virtio_stats(v.f.g, &s);
	ok(s.mappings == 1 && s.kept == 1 && s.replaced >= 5, "which is one, of %lu that were",
	   (unsigned long)s.replaced);
	ok(!vio_map(&v, 1, 98, 12, 80, VIRTIO_IOMMU_MAP_READ) &&
		   vio_dma_write(&v, 0, 100) == -EFAULT,
	   "the same with another right is not the same");
	vio_close(&v, "replace");
}

static void split(void)
{
	struct hv_virtio_stats s;

	open(0);
	vio_map(&v, 1, 100, 8, 20, VIO_RW);
	sees((int[]){ 20, 21, 22, 23, 24, 25, 26, 27 });
	ok(!vio_unmap(&v, 1, 103, 2) && sees((int[]){ 20, 21, 22, 0, 0, 25, 26, 27 }),
	   "an UNMAP of the middle");
	hv_virtio_stats(v.f.g, &s);
	ok(s.mappings == 2, "leaves two");
	ok(!vio_unmap(&v, 1, 102, 4) && sees((int[]){ 20, 21, 0, 0, 0, 0, 26, 27 }),
	   "one of both their ends");
	ok(!vio_unmap(&v, 1, 100, 1) && !vio_unmap(&v, 1, 107, 1) &&
		   sees((int[]){ 0, 21, 0, 0, 0, 0, 26, 0 }),
	   "a begin, and an end");
	ok(!vio_unmap(&v, 1, 0, 1000) && sees((int[8]){ 0 }), "all that is left");
	ok(!vio_map(&v, 1, 100, 8, 20, VIO_RW) && vio_give_up(&v, 22) == 1 &&
		   vio_read(&v, 0, 102) == 22,
	   "a page that is given up stays");
	ok(!vio_map(&v, 1, 102, 1, 40, VIO_RW) && vio_read(&v, 0, 102) == 40 &&
		   !hv_host_violation(v.f.host),
	   "until it is replaced, and no device reaches it");
	vio_close(&v, "split");
}

/* What is parted takes one more mapping, of which there are as many as there may be. */
static void limits(void)
{
	open(2);
	ok(!vio_map(&v, 1, 100, 8, 20, VIO_RW) && !vio_map(&v, 1, 200, 1, 20, VIO_RW),
	   "two mappings of two");
	ok(vio_unmap(&v, 1, 103, 1) == VIRTIO_IOMMU_S_NOMEM &&
		   sees((int[]){ 20, 21, 22, 23, 24, 25, 26, 27 }),
	   "one cannot be parted: NOMEM, and nothing has changed");
	ok(!vio_unmap(&v, 1, 106, 4) && sees((int[]){ 20, 21, 22, 23, 24, 25, 0, 0 }),
	   "but be made shorter");
	ok(vio_map(&v, 1, 102, 1, 40, VIO_RW) == VIRTIO_IOMMU_S_NOMEM &&
		   sees((int[]){ 20, 21, 22, 23, 24, 25, 0, 0 }),
	   "nor is there one for what would replace a part");
	vio_close(&v, "limits");
}

int main(void)
{
	replace();
	split();
	limits();
	return tap_done();
}
