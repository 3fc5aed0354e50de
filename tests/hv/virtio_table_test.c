// SPDX-License-Identifier: GPL-2.0-only
/* Draft: an endpoint in tables that the guest writes itself. What they say is reached, and nothing that is not the guest's RAM. */
#include "guest_pt.h"
#include "types.h"
#include "vio.h"

enum {
	OK = VIRTIO_IOMMU_S_OK,
	UNSUPP = VIRTIO_IOMMU_S_UNSUPP,
	INVAL = VIRTIO_IOMMU_S_INVAL,
	RANGE = VIRTIO_IOMMU_S_RANGE,
	NOENT = VIRTIO_IOMMU_S_NOENT,
};

#define ROOT 200u /* pages of the guest's tables: the root, and one below it for each level */

static struct vio v;

static void open(void)
{
	struct fx_opts o = vio_opts();

	o.granter.iommu = HV_IOMMU_SHARED;
	if (vio_open_with(&v, o,
			  (struct hv_virtio_config){ .blocked = true,
						     .features = VIRTIO_IOMMU_F_MAP_UNMAP |
								 VIRTIO_IOMMU_F_PROBE |
								 VIRTIO_IOMMU_F_ATTACH_TABLE }))
		ok(0, "a device");
	vio_number(&v);
	for (unsigned i = 0; i < 4; i++)
		memset(vio_page(&v, ROOT + i), 0, HV_PAGE_SIZE);
	for (unsigned i = 0; i < 3; i++)
		*(uint64_t *)vio_page(&v, ROOT + i) = vio_at(&v, ROOT + i + 1) | HV_GPT_TABLE;
}

/* Entry i of a table, the root's level being 4. */
static uint64_t *entry(unsigned level, unsigned i)
{
	return (uint64_t *)vio_page(&v, ROOT + 4 - level) + i;
}

static struct virtio_iommu_attach_table request(uint32_t domain, uint32_t endpoint)
{
	return (struct virtio_iommu_attach_table){ .head = { .type = VIRTIO_IOMMU_T_ATTACH_TABLE },
						   .domain = domain,
						   .endpoint = endpoint,
						   .format = VIRTIO_IOMMU_TABLE_INTEL,
						   .levels = 4,
						   .root = vio_at(&v, ROOT) };
}

static int ask(struct virtio_iommu_attach_table r)
{
	return vio_ask(&v, &r, sizeof(r), 4);
}

static int invalidate(uint8_t scope, uint64_t dfn, uint64_t pages)
{
	struct virtio_iommu_invalidate r = { .head = { .type = VIRTIO_IOMMU_T_INVALIDATE },
					     .scope = scope,
					     .caches = VIRTIO_IOMMU_CACHE_TLB,
					     .domain = 1,
					     .address = dfn << HV_PAGE_SHIFT,
					     .nr_pages = pages,
					     .page_size = 12 };

	return vio_ask(&v, &r, sizeof(r), 4);
}

static void attach(void)
{
	struct virtio_iommu_attach_table r;
	struct virtio_iommu_probe p = { .head = { .type = VIRTIO_IOMMU_T_PROBE } };
	struct virtio_iommu_probe_table *t;

	open();
	t = vio_page(&v, VIO_IN);
	ok(vio_ask(&v, &p, sizeof(p), 68) == OK && t->type == VIRTIO_IOMMU_PROBE_TABLE &&
		   t->format == VIRTIO_IOMMU_TABLE_INTEL && t->levels == 4,
	   "probe tells the format");
	r = request(1, 0);
	r.format = 6;
	ok(ask(r) == UNSUPP, "another format: UNSUPP");
	r = request(1, 0);
	r.levels = 5;
	ok(ask(r) == INVAL, "another height: INVAL");
	r = request(1, 0);
	r.root += 8;
	ok(ask(r) == INVAL, "a root that is no page: INVAL");
	ok(ask(request(1, HV_DEVICES)) == NOENT, "no such endpoint: NOENT");
	ok(invalidate(VIRTIO_IOMMU_SCOPE_DOMAIN, 0, 0) == NOENT,
	   "invalidate: no such domain: NOENT");
	ok(ask(request(1, 0)) == OK && vio_read(&v, 0, 5) == -EFAULT,
	   "attached; its tables are empty");
	*entry(1, 5) = vio_at(&v, 30) | HV_GPT_TABLE;
	ok(vio_read(&v, 0, 5) == 30, "what is written there is there");
	ok(vio_map(&v, 1, 9, 1, 20, VIO_RW) == INVAL && vio_unmap(&v, 1, 5, 1) == INVAL &&
		   vio_attach(&v, 1, 2, 0) == INVAL,
	   "nothing is mapped by requests there, nor attached as elsewhere");
	r = request(1, 1);
	r.root = vio_at(&v, 40);
	ok(ask(r) == INVAL && ask(request(1, 1)) == OK && vio_read(&v, 1, 5) == 30,
	   "a domain has one table, for all in it");
	ok(vio_attach(&v, 2, 0, 0) == OK && ask(request(2, 1)) == INVAL &&
		   vio_read(&v, 0, 5) == -EFAULT,
	   "and one with requests has none");
	ok(vio_detach(&v, 1, 1) == OK && vio_read(&v, 1, 5) == -EFAULT,
	   "detached it reaches nothing");
	vio_close(&v, "attach");
}

static void walk(void)
{
	struct hv_virtio_stats a, b;
	struct fx *f = &v.f;

	open();
	ask(request(1, 0));
	*entry(1, 5) = vio_at(&v, 30) | HV_GPT_TABLE;
	hv_virtio_stats(f->g, &a);
	ok(vio_read(&v, 0, 5) == 30, "a page");
	hv_virtio_stats(f->g, &b);
	ok(b.nested_loads - a.nested_loads == 24 && b.nested_walks - a.nested_walks == 1,
	   "found by %lu loads in two dimensions",
	   (unsigned long)(b.nested_loads - a.nested_loads));
	ok(vio_read(&v, 0, 5) == 30, "again");
	hv_virtio_stats(f->g, &a);
	ok(a.nested_loads - b.nested_loads == 4 && a.nested_walks == b.nested_walks,
	   "by those of the p2m alone");
	*entry(1, 6) = (vio_at(&v, 31) | HV_GPT_TABLE) & ~HV_GPT_WRITE;
	ok(vio_read(&v, 0, 6) == 31 && vio_dma_write(&v, 0, 6) == -EFAULT &&
		   !vio_dma_write(&v, 0, 5),
	   "rights of a leaf");
	*entry(4, 1) = (*entry(4, 0)) & ~HV_GPT_WRITE;
	ok(vio_dma_write(&v, 0, (1ull << 27) + 5) == -EFAULT &&
		   vio_read(&v, 0, (1ull << 27) + 5) == 30,
	   "and of what is above it");
	*entry(2, 1) = HV_GPT_TABLE | HV_GPT_LARGE;
	ok(vio_read(&v, 0, 512 + 40) == 40, "a large one");
	*entry(1, 7) = 1ull << 40 | HV_GPT_TABLE;
	ok(vio_read(&v, 0, 7) == -EFAULT, "where no RAM is");
	fx_place(f, 0, HV_GFN_GRANT_BASE);
	*entry(1, 8) = HV_GFN_GRANT_BASE << HV_PAGE_SHIFT | HV_GPT_TABLE;
	ok(vio_read(&v, 0, 8) == -EFAULT, "a grant frame is no RAM");
	*entry(1, 9) = vio_at(&v, 30) | HV_GPT_TABLE | 1ull << 50;
	ok(vio_read(&v, 0, 9) == -EFAULT, "a bit that is reserved");
	*entry(2, 2) = (HV_GPT_TABLE | HV_GPT_LARGE) + (1ull << 13);
	ok(vio_read(&v, 0, 1024 + 40) == -EFAULT, "a large one that is not aligned");
	*entry(4, 2) = HV_GPT_TABLE | HV_GPT_LARGE;
	ok(vio_read(&v, 0, 2ull << 27) == -EFAULT, "one in the root");
	*entry(2, 3) = vio_at(&v, ROOT) | HV_GPT_TABLE;
	vio_read(&v, 0, 1536);
	ok(!fx_check(f, true), "tables in a circle end after four");
	ok(vio_read(&v, 0, 1ull << 36) == -EFAULT, "beyond all of it");
	vio_close(&v, "walk");
}

static void stale(void)
{
	open();
	ask(request(1, 0));
	for (unsigned i = 0; i < 4; i++) {
		*entry(1, 10 + i) = vio_at(&v, 40 + i) | HV_GPT_TABLE;
		ok(vio_read(&v, 0, 10 + i) == (int)(40 + i), "page %u", i);
		*entry(1, 10 + i) = vio_at(&v, 60 + i) | HV_GPT_TABLE;
	}
	ok(vio_read(&v, 0, 10) == 40, "what the guest changes is seen later");
	ok(invalidate(VIRTIO_IOMMU_SCOPE_ADDRESS, 10, 2) == OK && vio_read(&v, 0, 10) == 60 &&
		   vio_read(&v, 0, 11) == 61 && vio_read(&v, 0, 12) == 42,
	   "when it says so, as far as it says so");
	ok(invalidate(VIRTIO_IOMMU_SCOPE_DOMAIN, 0, 0) == OK && vio_read(&v, 0, 13) == 63,
	   "or of all");
	ok(invalidate(VIRTIO_IOMMU_SCOPE_ADDRESS, 10, 0) == RANGE &&
		   invalidate(VIRTIO_IOMMU_SCOPE_ADDRESS, 10, 1ull << 40) == RANGE &&
		   invalidate(VIRTIO_IOMMU_SCOPE_PASID, 10, 1) == INVAL &&
		   invalidate(9, 10, 1) == INVAL,
	   "of nothing, too much, or what there is not");
	ok(vio_give_up(&v, 63) == 1 && vio_read(&v, 0, 13) == -EFAULT,
	   "a page that is given up is out of reach at once: the p2m has it no more");
	ok(!hv_host_violation(v.f.host), "and was freed when it was");
	ok(vio_give_up(&v, ROOT + 1) == 1 && vio_read(&v, 0, 14) == -EFAULT, "a table, too");
	vio_close(&v, "invalidate");
}

int main(void)
{
	attach();
	walk();
	stale();
	return tap_done();
}
