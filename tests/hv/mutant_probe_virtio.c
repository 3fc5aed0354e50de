// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of a virtio-iommu, for tests/hv/mutant_probe.c. */
#include "guest_pt.h"
#include "mutant_probe.h"
#include "types.h"
#include "vio.h"

#define draw hv_probe_draw

static struct vio v;
static uint64_t dfn;

/* Endpoint 0 is in domain 1. */
static void open_with(struct hv_virtio_config c)
{
	struct fx_opts o = vio_opts();

	o.host.seed = 1 + draw(1000);
	want(!vio_open_with(&v, o, c));
	vio_number(&v);
	want(!vio_attach(&v, 1, 0, 0));
	dfn = draw(1000);
}

static void open(void)
{
	open_with((struct hv_virtio_config){ .per_batch = draw(2), .blocked = true });
}

static void end(void)
{
	hv_probe_sane(&v.f);
	hv_probe_kept(&v.f);
	fx_close(&v.f);
}

/* The address of a request is another one when it is read again. */
static void descriptors(void)
{
	struct virtio_iommu_map a = vio_a_map(1, dfn, 1, 20, VIO_RW),
				b = vio_a_map(1, dfn + 1, 1, 21, VIO_RW);
	struct vring_avail *avail;

	open();
	a = vio_a_map(1, dfn, 1, 20, VIO_RW);
	b = vio_a_map(1, dfn + 1, 1, 21, VIO_RW);
	vio_put(&v, 1, &b, sizeof(b), 4);
	vio_put(&v, 0, &a, sizeof(a), 4);
	hv_probe_watch = (struct hv_probe_watch){ .at = vio_page(&v, VIO_DESC),
						  .size = 8,
						  .then = vio_at(&v, VIO_OUT) + 128 };
	vio_offer(&v, 0);
	want(vio_kick(&v) == 1 && vio_take(&v) == 0 && !vio_status(&v, 0, 4));
	hv_probe_watch = (struct hv_probe_watch){ 0 };
	want(vio_read(&v, 0, dfn) == 20 && vio_read(&v, 0, dfn + 1) == -EFAULT);
	/* A next that there is not. */
	a = vio_a_map(1, dfn + 2, 1, 20, VIO_RW);
	vio_put(&v, 0, &a, sizeof(a), 4);
	vio_desc(&v, 0, vio_at(&v, VIO_OUT), sizeof(a), VRING_DESC_NEXT, VIO_NUM + 1);
	vio_offer(&v, 0);
	want(vio_kick(&v) == 1 && vio_take(&v) == 0 && !v.used_len);
	/* More buffers than there can be. */
	avail = vio_page(&v, VIO_AVAIL);
	avail->idx = (uint16_t)(v.avail + VIO_NUM + 1 + draw(100));
	want(vio_kick(&v) == -EINVAL && vio_take(&v) == -1);
	avail->idx = v.avail;
	end();
}

static void overlaps(void)
{
	open();
	want(!vio_map(&v, 1, dfn, 4, 20, VIO_RW) && vio_read(&v, 0, dfn + 3) == 23);
	want(vio_map(&v, 1, dfn + 3, 2, 40, VIO_RW) == VIRTIO_IOMMU_S_INVAL);
	want(vio_read(&v, 0, dfn + 3) == 23 && vio_read(&v, 0, dfn + 4) == -EFAULT);
	want(!vio_map(&v, 1, dfn + 4, 4, 24, VIO_RW));
	want(vio_unmap(&v, 1, dfn, 5 + draw(3)) == VIRTIO_IOMMU_S_RANGE);
	want(vio_read(&v, 0, dfn) == 20 && vio_read(&v, 0, dfn + 4) == 24);
	want(!vio_unmap(&v, 1, dfn, 8) && vio_read(&v, 0, dfn) == -EFAULT);
	end();
}

/* When the driver can see the answer, nothing of the page is in the IOTLB. */
static void when_answered(void)
{
	const struct hv_iommu_unit *u = &v.f.host->iommu;

	for (unsigned i = 0; i < HV_IOTLB_ENTRIES; i++)
		want(!u->tlb[i].valid || u->tlb[i].tag < HV_MAX_DOMAINS || u->tlb[i].dfn != dfn);
}

static void invalidated(void)
{
	struct vring_avail *avail;

	open();
	avail = vio_page(&v, VIO_AVAIL);
	want(!vio_map(&v, 1, dfn, 1, 20, VIO_RW) && vio_read(&v, 0, dfn) == 20);
	hv_probe_watch = (struct hv_probe_watch){ .at = &avail->flags,
						  .size = sizeof(avail->flags),
						  .hook = when_answered };
	want(!vio_unmap(&v, 1, dfn, 1));
	hv_probe_watch = (struct hv_probe_watch){ 0 };
	want(vio_read(&v, 0, dfn) == -EFAULT);
	end();
}

/* A page that is given up is freed when no device reaches it. */
static void references(void)
{
	unsigned page = 20 + draw(100);

	open();
	want(!vio_map(&v, 1, dfn, 1, page, VIO_RW) && vio_read(&v, 0, dfn) == (int)page);
	hv_probe_sane(&v.f);
	want(vio_give_up(&v, page) == 1);
	hv_probe_kept(&v.f);
	want(!vio_unmap(&v, 1, dfn, 1));
	end();
}

static void rights(void)
{
	open();
	want(!vio_map(&v, 1, dfn, 1, 20, VIRTIO_IOMMU_MAP_READ));
	want(vio_read(&v, 0, dfn) == 20 && vio_dma_write(&v, 0, dfn) == -EFAULT);
	end();
}

static void attached(void)
{
	open();
	want(!vio_map(&v, 1, dfn, 1, 20, VIO_RW) && vio_read(&v, 0, dfn) == 20);
	want(!vio_attach(&v, 2, 0, 0) && vio_read(&v, 0, dfn) == -EFAULT);
	want(vio_map(&v, 1, dfn, 1, 20, VIO_RW) == VIRTIO_IOMMU_S_NOENT);
	end();
}

static void limits(void)
{
	open_with((struct hv_virtio_config){ .max_mappings = 4 });
	for (unsigned i = 0; i < 4; i++)
		want(!vio_map(&v, 1, dfn + i, 1, 20, VIO_RW));
	want(vio_map(&v, 1, dfn + 4, 1, 20, VIO_RW) == VIRTIO_IOMMU_S_NOMEM);
	end();
}

/* There is no buffer for what a device did. */
static void events(void)
{
	open();
	want(vio_read(&v, 0, dfn) == -EFAULT);
	want(!vio_map(&v, 1, dfn, 1, 20, VIO_RW) && vio_read(&v, 0, dfn) == 20);
	end();
}

/* Draft: a table of the guest's own at each level, one below the other; an entry of 4K is at the last. */
#define ROOT 200u

static uint64_t *entry(unsigned i)
{
	return (uint64_t *)vio_page(&v, ROOT + 3) + i;
}

static int attach_table(uint8_t levels)
{
	struct virtio_iommu_attach_table r = { .head = { .type = VIRTIO_IOMMU_T_ATTACH_TABLE },
					       .domain = 1,
					       .format = VIRTIO_IOMMU_TABLE_INTEL,
					       .levels = levels,
					       .root = vio_at(&v, ROOT) };

	return vio_ask(&v, &r, sizeof(r), 4);
}

static void tables(void)
{
	struct virtio_iommu_invalidate inv = { .head = { .type = VIRTIO_IOMMU_T_INVALIDATE },
					       .scope = VIRTIO_IOMMU_SCOPE_ADDRESS,
					       .caches = VIRTIO_IOMMU_CACHE_TLB,
					       .domain = 1,
					       .address = 5u << HV_PAGE_SHIFT,
					       .nr_pages = 2,
					       .page_size = HV_PAGE_SHIFT };
	struct fx_opts o = vio_opts();

	o.granter.iommu = HV_IOMMU_SHARED;
	want(!vio_open_with(&v, o,
			    (struct hv_virtio_config){ .features = VIRTIO_IOMMU_F_MAP_UNMAP |
								   VIRTIO_IOMMU_F_ATTACH_TABLE }));
	vio_number(&v);
	for (unsigned i = 0; i < 4; i++)
		memset(vio_page(&v, ROOT + i), 0, HV_PAGE_SIZE);
	for (unsigned i = 0; i < 3; i++)
		*(uint64_t *)vio_page(&v, ROOT + i) = vio_at(&v, ROOT + i + 1) | HV_GPT_TABLE;
	want(attach_table(3 + 2 * (uint8_t)draw(2)) == VIRTIO_IOMMU_S_INVAL);
	want(!attach_table(4));
	*entry(5) = vio_at(&v, 30) | HV_GPT_TABLE;
	*entry(6) = vio_at(&v, 31) | HV_GPT_TABLE;
	want(vio_read(&v, 0, 5) == 30 && vio_read(&v, 0, 6) == 31);
	*entry(5) = *entry(6) = vio_at(&v, 32) | HV_GPT_TABLE;
	want(!vio_ask(&v, &inv, sizeof(inv), 4));
	want(vio_read(&v, 0, 5) == 32 && vio_read(&v, 0, 6) == 32);
	*entry(7) = vio_at(&v, 30) | HV_GPT_TABLE | 1ull << (48 + draw(4));
	want(vio_read(&v, 0, 7) == -EFAULT);
	want(!fx_place(&v.f, 0, HV_GFN_GRANT_BASE));
	*entry(8) = HV_GFN_GRANT_BASE << HV_PAGE_SHIFT | HV_GPT_TABLE;
	want(vio_read(&v, 0, 8) == -EFAULT);
	end();
}

void hv_probe_virtio(void)
{
	tables();
	descriptors();
	overlaps();
	invalidated();
	references();
	rights();
	attached();
	limits();
	events();
}
