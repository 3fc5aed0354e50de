// SPDX-License-Identifier: GPL-2.0-only
/* Ranges that a device may reach. */
#include <string.h>

#include <gnb/device.h>

#define BASE	   (1ull << 27) /* above all RAM and mappings of the guest; 1 GiB aligned */
#define EACH	   64		/* ranges of a thread where none waits; fewer if they are long */
#define LONG_PAGES (1u << 16)
#define TABLES_MAX 14000 /* that the space of all ranges would have; half of it is mapped at most */

/* Room for a range of pages that lies one page off its alignment. */
static uint64_t slot_of(uint64_t pages)
{
	uint64_t slot = 2;

	while (slot < 2 * pages)
		slot *= 2;
	return slot;
}

static unsigned each_of(unsigned queue, unsigned pages)
{
	unsigned n = LONG_PAGES / (pages ? pages : 1);

	return queue > 1 ? queue : n > EACH ? EACH : n ? n : 1;
}

const char *gnb_ranges_init(struct gnb_ranges *r, const struct gnb_side *s, unsigned threads)
{
	const char *shape = gnb_s(s, "shape");
	bool large;

	*r = (struct gnb_ranges){
		.pages = (unsigned)gnb_u(s, "pages"),
		.order = (unsigned)gnb_u(s, "order"),
		.queue = (unsigned)gnb_u(s, "queue"),
		.offset = !strcmp(shape, "unaligned"),
		.mixed = !strcmp(shape, "mixed"),
	};
	r->each = each_of(r->queue, r->pages);
	r->slot = slot_of(r->pages);
	if (r->order != 0 && r->order != 9 && r->order != 18)
		return "order is 0, 9 or 18";
	if (threads > 1 && r->mixed)
		return "which of several threads' mixed ranges wait together would be chance";
	large = r->order && r->pages >= 512 && !r->offset && !r->mixed;
	if (threads * r->each * r->slot >> (large ? 18 : 9) > TABLES_MAX)
		return "so many pages need more tables than the hypervisor has memory for";
	return NULL;
}

uint64_t gnb_range_dfn(const struct gnb_ranges *r, unsigned thread, unsigned k)
{
	return BASE + ((uint64_t)thread * r->each + k) * r->slot + r->offset;
}

unsigned gnb_range_pages(const struct gnb_ranges *r, unsigned k)
{
	unsigned n = r->mixed ? r->pages >> (k % 4) : r->pages;

	return n ? n : 1;
}

int gnb_range_map(const struct gnb_ranges *r, struct gnb_side *s, struct gnb_vcpu *v,
		  unsigned thread, unsigned k)
{
	return s->t->iommu_map(v, gnb_range_dfn(r, thread, k), gnb_range_pages(r, k), r->order);
}

int gnb_range_unmap(const struct gnb_ranges *r, struct gnb_side *s, struct gnb_vcpu *v,
		    unsigned thread, unsigned k)
{
	uint64_t dfn = gnb_range_dfn(r, thread, k);
	unsigned n = gnb_range_pages(r, k), piece = r->queue ? n : 1;
	int rc = 0;

	if (r->queue > 1)
		return s->t->iommu_unmap_later(v, dfn, n, r->queue);
	for (unsigned i = 0; i < n && !rc; i += piece) {
		rc = s->t->iommu_unmap(v, dfn + i, piece);
		if (!rc)
			rc = s->t->iommu_flush(v, dfn + i, piece, 1);
	}
	return rc;
}
