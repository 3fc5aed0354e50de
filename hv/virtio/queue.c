/* SPDX-License-Identifier: GPL-2.0-only */
/* A split virtqueue, from the device's side. */
#include "queue.h"
#include "log_trie.h"
#include "p2m.h"
#include "page.h"
#include "words.h"

#include <virtio_iommu.h>

static unsigned bytes_of(unsigned part, unsigned num)
{
	if (part == HV_VQ_DESC)
		return num * (unsigned)sizeof(struct vring_desc);
	return part == HV_VQ_AVAIL ? (unsigned)sizeof(struct vring_avail) + 2 * num
				   : (unsigned)sizeof(struct vring_used) +
					     num * (unsigned)sizeof(struct vring_used_elem);
}

/* Where a byte of a part lies. Words do not reach over the end of a page: each is aligned. */
static void *at(const struct hv_host *host, const struct hv_vq_part *p, unsigned off)
{
	unsigned in = p->off + off;

	return (uint8_t *)hv_virt(host, hv_page_mfn(host, p->pg[in >> HV_PAGE_SHIFT])) +
	       (in & (HV_PAGE_SIZE - 1));
}

/* The guest's RAM at a GFN, with a reference. What others let it use is not the driver's to hand to a device. */
static struct hv_page *ram(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn)
{
	enum hv_p2m_type t;
	struct hv_page *pg = hv_p2m_get_page(cur, d, gfn, &t);

	if (pg && !hv_p2m_is_ram(t)) {
		hv_put_page(cur, pg);
		pg = NULL;
	}
	return pg;
}

void hv_vq_disable(struct hv_vcpu *cur, struct hv_vq *q)
{
	for (unsigned i = 0; i < 3; i++)
		while (q->part[i].pages)
			hv_put_page(cur, q->part[i].pg[--q->part[i].pages]);
	q->enabled = false;
	q->seen = q->used = 0;
}

int hv_vq_enable(struct hv_vcpu *cur, struct hv_domain *d, struct hv_vq *q)
{
	static const unsigned align[] = { 16, 2, 4 };

	if (q->enabled || !q->num || q->num > HV_VQ_MAX || (q->num & (q->num - 1)))
		return -EINVAL;
	for (unsigned i = 0; i < 3; i++)
		if ((q->at[i] & (align[i] - 1)) || q->at[i] >> 48)
			return -EINVAL;
	for (unsigned i = 0; i < 3; i++) {
		struct hv_vq_part *p = &q->part[i];
		uint64_t gfn = q->at[i] >> HV_PAGE_SHIFT;
		unsigned end;

		p->off = q->at[i] & (HV_PAGE_SIZE - 1);
		end = p->off + bytes_of(i, q->num);
		for (; p->pages << HV_PAGE_SHIFT < end; p->pages++) {
			p->pg[p->pages] = ram(cur, d, gfn + p->pages);
			if (!p->pg[p->pages]) {
				hv_vq_disable(cur, q);
				return -EFAULT;
			}
		}
	}
	q->enabled = true;
	return 0;
}

int hv_vq_available(struct hv_vcpu *cur, struct hv_vq *q)
{
	const uint16_t *idx =
		at(cur->host, &q->part[HV_VQ_AVAIL], __builtin_offsetof(struct vring_avail, idx));
	uint16_t n = (uint16_t)(hv_guest_read(cur, idx) - q->seen);

	hv_rmb();
	return n > q->num && !hv_mutant(VIRTIO_ANY_INDEX) ? -EINVAL : n;
}

/* Descriptor i, each word of it once. */
static struct vring_desc descriptor(struct hv_vcpu *cur, const struct hv_vq *q, unsigned i)
{
	const void *p =
		at(cur->host, &q->part[HV_VQ_DESC], i * (unsigned)sizeof(struct vring_desc));
	struct vring_desc d;

	cur->count.vq_desc_reads++;
	hv_words_from_guest((uint8_t *)&d, p, sizeof(d));
	if (hv_mutant(VIRTIO_DOUBLE_READ)) {
		struct vring_desc again;

		hv_words_from_guest((uint8_t *)&again, p, sizeof(again));
		d.addr = again.addr;
	}
	return d;
}

/* One more segment. False: no driver may make such a chain. */
static bool add(struct hv_vq_chain *c, const struct vring_desc *d)
{
	bool writes = d->flags & VRING_DESC_WRITE;

	/* A table of descriptors elsewhere was not offered; what is read comes first. */
	if ((d->flags & VRING_DESC_INDIRECT) || c->nr == HV_VQ_SEGS ||
	    (!writes && c->readable != c->nr))
		return false;
	c->seg[c->nr].at = d->addr;
	c->seg[c->nr].len = d->len;
	c->nr++;
	if (writes) {
		c->out += d->len;
	} else {
		c->readable++;
		c->in += d->len;
	}
	return true;
}

bool hv_vq_take(struct hv_vcpu *cur, struct hv_vq *q, struct hv_vq_chain *c)
{
	unsigned slot = q->seen++ & (q->num - 1);
	const uint16_t *p = at(cur->host, &q->part[HV_VQ_AVAIL],
			       (unsigned)sizeof(struct vring_avail) + 2 * slot);
	struct vring_desc d;
	unsigned i, steps = 0;

	*c = (struct hv_vq_chain){ .head = hv_guest_read(cur, p) };
	if (c->head >= q->num)
		return false;
	for (i = c->head;; i = d.next) {
		/* As many as there are have been seen: they go in a circle. */
		if ((i >= q->num || steps++ == q->num) && !hv_mutant(VIRTIO_NO_BOUND)) {
			c->broken = true;
			return true;
		}
		d = descriptor(cur, q, i & (q->num - 1));
		if (!add(c, &d))
			c->broken = true;
		if (c->broken || !(d.flags & VRING_DESC_NEXT))
			return true;
	}
}

/* ---- what a chain names ---- */

static int move(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gpa, uint8_t *buf, uint64_t len,
		bool write)
{
	while (len) {
		unsigned off = gpa & (HV_PAGE_SIZE - 1);
		uint64_t n = HV_PAGE_SIZE - off;
		struct hv_page *pg = ram(cur, d, gpa >> HV_PAGE_SHIFT);
		uint8_t *p;

		if (!pg)
			return -EFAULT;
		if (n > len)
			n = len;
		p = (uint8_t *)hv_map_domain_page(cur, hv_page_mfn(cur->host, pg)) + off;
		if (write) {
			hv_words_to_guest(p, buf, n);
			hv_mark_dirty(cur, d, hv_page_mfn(cur->host, pg));
		} else {
			hv_words_from_guest(buf, p, n);
		}
		hv_put_page(cur, pg);
		gpa += n;
		buf += n;
		len -= n;
	}
	return 0;
}

static int transfer(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_vq_chain *c,
		    unsigned i, unsigned end, uint64_t off, uint8_t *buf, unsigned len, bool write)
{
	for (; i < end && len; i++) {
		uint64_t n = c->seg[i].len;
		int rc;

		if (off >= n) {
			off -= n;
			continue;
		}
		n -= off;
		if (n > len)
			n = len;
		/* An address at the end of all addresses wraps to none of the guest's. */
		if (c->seg[i].at > UINT64_MAX - off - n)
			return -EFAULT;
		rc = move(cur, d, c->seg[i].at + off, buf, n, write);
		if (rc)
			return rc;
		off = 0;
		buf += n;
		len -= (unsigned)n;
	}
	return len ? -EFAULT : 0;
}

int hv_vq_read(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_vq_chain *c, uint64_t off,
	       void *buf, unsigned len)
{
	return transfer(cur, d, c, 0, c->readable, off, buf, len, false);
}

int hv_vq_write(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_vq_chain *c, uint64_t off,
		const void *buf, unsigned len)
{
	return transfer(cur, d, c, c->readable, c->nr, off, (uint8_t *)(uintptr_t)buf, len, true);
}

/* ---- what goes back ---- */

void hv_vq_give(struct hv_vcpu *cur, struct hv_vq *q, uint16_t head, uint32_t len)
{
	unsigned slot = q->used++ & (q->num - 1);
	unsigned off = (unsigned)sizeof(struct vring_used) +
		       slot * (unsigned)sizeof(struct vring_used_elem);
	const struct hv_vq_part *p = &q->part[HV_VQ_USED];

	/* An element is aligned to its words only. */
	hv_store((uint32_t *)at(cur->host, p, off), (uint32_t)head);
	hv_store((uint32_t *)at(cur->host, p, off + 4), len);
}

bool hv_vq_publish(struct hv_vcpu *cur, struct hv_vq *q)
{
	const uint16_t *flags =
		at(cur->host, &q->part[HV_VQ_AVAIL], __builtin_offsetof(struct vring_avail, flags));
	uint16_t *idx =
		at(cur->host, &q->part[HV_VQ_USED], __builtin_offsetof(struct vring_used, idx));

	cur->count.vq_completions++;
	hv_store_release(idx, q->used);
	hv_mb(cur);
	return !(hv_guest_read(cur, flags) & VRING_AVAIL_NO_INTERRUPT);
}

void hv_vq_count(const struct hv_host *host, const struct hv_vq *q, uint32_t *refs)
{
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k < q->part[i].pages; k++)
			refs[hv_page_mfn(host, q->part[i].pg[k])]++;
}
