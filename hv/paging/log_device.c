/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of a domain whose pages are logged: when they forbid it, what their IOMMU has seen of their writes, and what
 * nobody has seen, which only the model knows.
 */
#include "log_bits.h"
#include "log_device.h"
#include "log_trie.h"
#include "page.h"
#include "pt.h"
#include "unit.h"

/* ---- the veto ---- */

static unsigned devices(const struct hv_domain *d)
{
	unsigned n = 0;

	for (unsigned k = 0; k < HV_DEVICE_KINDS; k++)
		n += d->log.devices[k];
	return n;
}

/* By what is known of each device: is all that it writes seen, and can it go on writing? */
static bool unknown(const struct hv_domain *d)
{
	if (d->log.devices[HV_DEVICE_WRITES] && !d->iommu.dirty_bits)
		return true;
	return devices(d) > d->log.devices[HV_DEVICE_READS] && d->iommu.mode == HV_IOMMU_SHARED;
}

bool hv_log_refused(const struct hv_domain *d)
{
	switch (d->log.veto) {
	case HV_VETO_BEFORE:
		return d->iommu.mode != HV_IOMMU_NONE;
	case HV_VETO_PROPOSED:
		return devices(d) && d->iommu.mode == HV_IOMMU_SHARED;
	case HV_VETO_PROPERTY:
		return unknown(d);
	case HV_VETO_NONE:
		return false;
	default:
		return devices(d);
	}
}

/* ---- dirty bits of the IOMMU's own ---- */

struct harvest {
	struct hv_vcpu *cur;
	struct hv_domain *d;
	bool any;
};

static int harvest_leaf(uint64_t dfn, unsigned order, uint64_t e, void *arg)
{
	struct harvest *h = arg;

	h->cur->count.levels++;
	if (!(e & HV_PTE_DIRTY))
		return 0;
	h->any = true;
	h->cur->count.entries_written++;
	hv_fetch_and(h->cur, hv_pt_hw_leaf(h->d->host, &h->d->iommu.pt, dfn), ~HV_PTE_DIRTY);
	for (uint64_t i = 0; i < 1ull << order; i++)
		h->d->log.mark(h->cur, h->d, dfn + i);
	return 0;
}

void hv_log_harvest(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct harvest h = { cur, d, false };

	if (!d->iommu.dirty_bits || !d->log.on)
		return;
	hv_spin_lock(cur, &d->iommu.mapping_lock, HV_LVL_IOMMU);
	cur->count.walks++;
	hv_pt_each(cur->host, &d->iommu.pt, harvest_leaf, &h);
	/* Until it is gone from the IOTLB, the device does not say again what it writes to. */
	if (h.any)
		hv_unit_invalidate(cur, d, 0, 0, HV_SCOPE_DOMAIN);
	hv_spin_unlock(cur, &d->iommu.mapping_lock, HV_LVL_IOMMU);
}

/* ---- the truth ---- */

static uint64_t truth_pages(const struct hv_domain *d)
{
	return (uint64_t)d->nr_pages + d->args_pages + d->table_pages;
}

int hv_log_truth(struct hv_domain *d)
{
	if ((d->iommu.mode == HV_IOMMU_NONE && !d->contexts) || d->log.truth)
		return 0;
	d->log.truth = calloc(truth_pages(d) / 64 + 1, sizeof(*d->log.truth));
	return d->log.truth ? 0 : -ENOMEM;
}

void hv_log_told(struct hv_domain *d, uint64_t pfn, uint64_t bits)
{
	if (d->log.truth && bits && pfn < truth_pages(d))
		hv_account_and(&d->log.truth[pfn / 64], ~bits);
}

int hv_device_access(struct hv_domain *d, uint64_t dfn, unsigned off, void *buf, unsigned len,
		     bool write)
{
	bool logged = write && hv_load(&d->log.on) && dfn < truth_pages(d);
	int rc = hv_unit_access(d, dfn, off, buf, len, write);

	if (!logged)
		return rc;
	if (rc) {
		hv_account_add(&d->log.stats.dma_faults, rc == -EFAULT);
		return rc;
	}
	hv_account_add(&d->log.stats.dma_writes, 1);
	if (!d->iommu.dirty_bits) {
		hv_account_add(&d->log.stats.dma_unrecorded, 1);
		hv_account_or(&d->log.truth[dfn / 64], 1ull << dfn % 64);
	}
	return 0;
}

int hv_device_access_by(struct hv_domain *d, unsigned dev, uint64_t dfn, unsigned off, void *buf,
			unsigned len, bool write)
{
	uint64_t mfn = HV_INVALID, pfn;
	int rc;

	if (dev >= HV_DEVICES)
		return -ENODEV;
	rc = hv_unit_access_by(d, &d->device[dev], dfn, off, buf, len, write, &mfn);
	if (rc == -EFAULT && d->device_fault)
		d->device_fault(d, dev, dfn, write);
	if (rc || !write || !hv_load(&d->log.on) || mfn >= d->host->nr_frames)
		return rc;
	/* By a context it comes to a page by a number of the guest's own choice, and sets no dirty bit. */
	pfn = hv_page(d->host, mfn)->owner == d ? hv_load(&hv_page(d->host, mfn)->m2p) : HV_INVALID;
	if (pfn < truth_pages(d)) {
		hv_account_add(&d->log.stats.dma_writes, 1);
		if (hv_load(&d->device[dev].context) || !d->iommu.dirty_bits) {
			hv_account_add(&d->log.stats.dma_unrecorded, 1);
			hv_account_or(&d->log.truth[pfn / 64], 1ull << pfn % 64);
		}
	}
	return 0;
}

void hv_log_stats(struct hv_domain *d, struct hv_log_stats *out)
{
	*out = (struct hv_log_stats){
		.dma_writes = hv_load(&d->log.stats.dma_writes),
		.dma_unrecorded = hv_load(&d->log.stats.dma_unrecorded),
		.dma_faults = hv_load(&d->log.stats.dma_faults),
		.trie_bytes = ((uint64_t)d->log.allocs << HV_PAGE_SHIFT) + hv_log_room_bytes(d),
	};
	for (uint64_t i = 0; d->log.truth && i <= truth_pages(d) / 64; i++)
		out->missed_pages += (unsigned)__builtin_popcountll(hv_load(&d->log.truth[i]));
}
