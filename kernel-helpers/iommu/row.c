// SPDX-License-Identifier: GPL-2.0-only
/* gnb_iommu: a row of maps and unmaps, each between two readings of the time-stamp counter. */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <asm/tsc.h>

#include "session.h"

/* Where mappings in a domain of our own begin: above what may be reserved low down, and below the window of MSIs. */
#define FIRST_IOVA 0x40000000ul

atomic64_t gnb_mapped = ATOMIC64_INIT(0);

/* A row in progress. */
struct row {
	struct gnb_session *s;
	struct device *dev;
	struct gnb_iommu_row *r;
	struct iommu_domain *own; /* of EACH, FAST and PART */
	u32 done;		  /* calls that are mapped now */
	u64 ticks;		  /* that the last map or unmap took */
};

/*
 * How an operation maps and unmaps. The readings are right around its calls, with nothing between that could be done
 * before or afterwards. map() makes calls until all are done or one fails: 0 or -errno. unmap() takes away what is done.
 */
struct way {
	int (*map)(struct row *w);
	void (*unmap)(struct row *w);
	bool own;
};

static int map_page(struct row *w)
{
	u32 n = w->r->calls, bytes = w->r->bytes;
	struct page **page = w->s->page;
	dma_addr_t *at = w->s->at;
	struct device *dev = w->dev;
	u64 before = rdtsc_ordered();

	for (u32 i = 0; i < n; i++)
		at[i] = dma_map_page(dev, page[i], 0, bytes, DMA_BIDIRECTIONAL);
	w->ticks = rdtsc_ordered() - before;
	for (w->done = 0; w->done < n; w->done++)
		if (dma_mapping_error(dev, at[w->done]))
			break;
	/* Who comes behind the first that failed is not among those that are done. */
	for (u32 i = w->done; i < n; i++)
		if (!dma_mapping_error(dev, at[i]))
			dma_unmap_page(dev, at[i], bytes, DMA_BIDIRECTIONAL);
	return w->done == n ? 0 : -ENOSPC;
}

static void unmap_page(struct row *w)
{
	u32 n = w->done, bytes = w->r->bytes;
	dma_addr_t *at = w->s->at;
	struct device *dev = w->dev;
	u64 before = rdtsc_ordered();

	for (u32 i = 0; i < n; i++)
		dma_unmap_page(dev, at[i], bytes, DMA_BIDIRECTIONAL);
	w->ticks = rdtsc_ordered() - before;
	w->r->unmapped = (u64)n * bytes;
}

static int map_list(struct row *w)
{
	u64 before = rdtsc_ordered();
	int n = dma_map_sg(w->dev, w->s->list, w->r->calls, DMA_BIDIRECTIONAL);

	w->ticks = rdtsc_ordered() - before;
	w->done = n ? w->r->calls : 0;
	return n ? 0 : -ENOSPC;
}

static void unmap_list(struct row *w)
{
	u64 before = rdtsc_ordered();

	if (w->done)
		dma_unmap_sg(w->dev, w->s->list, w->done, DMA_BIDIRECTIONAL);
	w->ticks = rdtsc_ordered() - before;
	w->r->unmapped = (u64)w->done * w->r->bytes;
}

/* Of EACH and FAST; of PART the block at once. */
static int map_own(struct row *w)
{
	size_t bytes = w->r->op == GNB_IOMMU_PART ? GNB_IOMMU_BLOCK : w->r->bytes;
	struct iommu_domain *own = w->own;
	unsigned long iova = FIRST_IOVA;
	u64 *phys = w->s->phys;
	u32 n = w->r->calls, i;
	int rc = 0;
	u64 before = rdtsc_ordered();

	for (i = 0; i < n && !rc; i++, iova += bytes)
		rc = iommu_map(own, iova, phys[i], bytes, IOMMU_READ | IOMMU_WRITE, GFP_ATOMIC);
	w->ticks = rdtsc_ordered() - before;
	w->done = rc ? i - 1 : i;
	return rc;
}

static void unmap_each(struct row *w)
{
	size_t bytes = w->r->bytes;
	struct iommu_domain *own = w->own;
	unsigned long iova = FIRST_IOVA;
	u32 n = w->done;
	u64 gone = 0, before = rdtsc_ordered();

	for (u32 i = 0; i < n; i++, iova += bytes)
		gone += iommu_unmap(own, iova, bytes);
	w->ticks = rdtsc_ordered() - before;
	w->r->unmapped = gone;
}

static void unmap_fast(struct row *w)
{
	size_t bytes = w->r->bytes;
	struct iommu_domain *own = w->own;
	unsigned long iova = FIRST_IOVA;
	struct iommu_iotlb_gather gather;
	u32 n = w->done;
	u64 gone = 0, before = rdtsc_ordered();

	iommu_iotlb_gather_init(&gather);
	for (u32 i = 0; i < n; i++, iova += bytes)
		gone += iommu_unmap_fast(own, iova, bytes, &gather);
	iommu_iotlb_sync(own, &gather);
	w->ticks = rdtsc_ordered() - before;
	w->r->unmapped = gone;
}

/* The second such part of what was mapped as a whole. */
static void unmap_part(struct row *w)
{
	unsigned long iova = FIRST_IOVA + w->r->bytes % GNB_IOMMU_BLOCK;
	u64 before = rdtsc_ordered();

	w->r->unmapped = w->done ? iommu_unmap(w->own, iova, w->r->bytes) : 0;
	w->ticks = rdtsc_ordered() - before;
}

static const struct way ways[GNB_IOMMU_OPS] = {
	[GNB_IOMMU_PAGE] = { map_page, unmap_page, false },
	[GNB_IOMMU_LIST] = { map_list, unmap_list, false },
	[GNB_IOMMU_EACH] = { map_own, unmap_each, true },
	[GNB_IOMMU_FAST] = { map_own, unmap_fast, true },
	[GNB_IOMMU_PART] = { map_own, unmap_part, true },
};

int gnb_row_check(const struct gnb_iommu_row *r)
{
	u32 calls = r->op == GNB_IOMMU_LIST ? GNB_IOMMU_MAX_ENTRIES : GNB_IOMMU_MAX_CALLS;

	if (r->op >= GNB_IOMMU_OPS || r->flags & ~(GNB_IOMMU_MARK | GNB_IOMMU_CHECK) || r->reserved)
		return -EINVAL;
	if (!r->n || r->n > GNB_IOMMU_MAX_ROW || !r->calls || r->calls > calls ||
	    r->n * r->calls > GNB_IOMMU_MAX_WORK)
		return -EINVAL;
	if (r->op == GNB_IOMMU_LIST)
		return r->bytes == PAGE_SIZE ? 0 : -EINVAL;
	if (r->op == GNB_IOMMU_PART && r->calls != 1)
		return -EINVAL;
	return r->bytes == PAGE_SIZE || r->bytes == 16 * PAGE_SIZE || r->bytes == GNB_IOMMU_BLOCK
		       ? 0
		       : -EINVAL;
}

/* Does the device reach, at addr, the memory that page is the first of? So many of its pages of 4 KiB. */
static u64 pages_at(const struct row *w, dma_addr_t addr, struct page *page, u32 bytes)
{
	struct iommu_domain *d = w->own ? w->own : iommu_get_domain_for_dev(w->dev);
	u64 n = 0;

	for (u32 off = 0; off < bytes; off += PAGE_SIZE) {
		phys_addr_t there = d ? iommu_iova_to_phys(d, addr + off) : addr + off;

		n += there == page_to_phys(page) + off;
	}
	return n;
}

/* Does the device see addresses as they are? Then all memory is reached, whatever is mapped. */
static bool passes(const struct row *w)
{
	struct iommu_domain *d = iommu_get_domain_for_dev(w->dev);

	return !w->own && (!d || d->type == IOMMU_DOMAIN_IDENTITY);
}

/* Of all calls, as they were mapped last. */
static u64 reached(const struct row *w)
{
	struct scatterlist *entry = w->s->list;
	dma_addr_t at = 0;
	u32 part = 0;
	u64 n = 0;

	if (w->r->op == GNB_IOMMU_PART)
		return pages_at(w, FIRST_IOVA, w->s->block, GNB_IOMMU_BLOCK);
	for (u32 i = 0; i < w->r->calls; i++) {
		if (w->own) {
			n += pages_at(w, FIRST_IOVA + (unsigned long)i * w->r->bytes, w->s->page[i],
				      w->r->bytes);
		} else if (w->r->op == GNB_IOMMU_PAGE) {
			n += pages_at(w, w->s->at[i], w->s->page[i], w->r->bytes);
		} else {
			/* Several entries may have become one of the device's, which begins with this page of it. */
			at = sg_dma_address(entry) + part;
			n += pages_at(w, at, sg_page(&w->s->list[i]), PAGE_SIZE);
			part += PAGE_SIZE;
			if (part >= sg_dma_len(entry)) {
				entry = sg_next(entry);
				part = 0;
			}
			if (!entry)
				break;
		}
	}
	return n;
}

/* What an unmap of a part left is taken away, too: the next time begins with nothing. */
static void clear(struct row *w)
{
	if (w->r->op == GNB_IOMMU_PART && w->done)
		iommu_unmap(w->own, FIRST_IOVA, GNB_IOMMU_BLOCK);
	w->done = 0;
}

static void mark(const struct row *w, u8 what)
{
	if (w->r->flags & GNB_IOMMU_MARK)
		gnb_mark(what);
}

static int one(struct row *w, u32 i)
{
	const struct way *way = &ways[w->r->op];
	bool check = w->r->flags & GNB_IOMMU_CHECK;
	int rc;

	mark(w, GNB_IOMMU_MARK_MAP);
	rc = way->map(w);
	w->s->ticks[0][i] = w->ticks;
	atomic64_add(w->done, &gnb_mapped);
	if (check && !rc)
		w->r->reached = reached(w);
	mark(w, GNB_IOMMU_MARK_UNMAP);
	way->unmap(w);
	w->s->ticks[1][i] = w->ticks;
	mark(w, GNB_IOMMU_MARK_END);
	if (check && !rc && !passes(w))
		w->r->left = reached(w);
	atomic64_sub(w->done, &gnb_mapped);
	clear(w);
	return rc;
}

static int all(struct row *w)
{
	unsigned long flags;
	int rc = 0;

	local_irq_save(flags);
	for (u32 i = 0; i < w->r->n && !rc; i++)
		rc = one(w, i);
	local_irq_restore(flags);
	return rc;
}

/* Where each call maps: on and on through the block. */
static void make_calls(struct row *w)
{
	for (u32 i = 0; i < w->r->calls; i++) {
		u32 off = (u64)i * w->r->bytes % GNB_IOMMU_BLOCK;

		w->s->page[i] = w->s->block + (off >> PAGE_SHIFT);
		w->s->phys[i] = page_to_phys(w->s->block) + (w->r->op == GNB_IOMMU_PART ? 0 : off);
	}
}

/* Every other page: no two are neighbours, whatever Linux has free. */
static void make_list(struct row *w)
{
	sg_init_table(w->s->list, w->r->calls);
	for (u32 i = 0; i < w->r->calls; i++)
		sg_set_page(&w->s->list[i], w->s->block + 2 * i, PAGE_SIZE, 0);
}

int gnb_row_do(struct gnb_session *s, struct device *dev, struct gnb_iommu_row *r)
{
	struct row w = { .s = s, .dev = dev, .r = r };
	int rc;

	BUILD_BUG_ON(2 * GNB_IOMMU_MAX_ENTRIES * PAGE_SIZE > GNB_IOMMU_BLOCK);
	if (r->op == GNB_IOMMU_LIST)
		make_list(&w);
	else
		make_calls(&w);
	if (!ways[r->op].own)
		return all(&w);
	if (!device_iommu_mapped(dev))
		return -EOPNOTSUPP;
	w.own = iommu_paging_domain_alloc(dev);
	if (IS_ERR(w.own))
		return PTR_ERR(w.own);
	rc = iommu_attach_device(w.own, dev);
	if (!rc) {
		rc = all(&w);
		iommu_detach_device(w.own, dev);
	}
	iommu_domain_free(w.own);
	return rc;
}
