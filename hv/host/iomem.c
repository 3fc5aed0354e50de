/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XEN_DOMCTL_iomem_permission and XEN_DOMCTL_memory_mapping. After Xen's common/domctl.c, map_mmio_regions() and
 * unmap_mmio_regions() (arch/x86/mm/p2m.c), which know no RAM and take no reference.
 */
#include "iomem.h"
#include "typed.h"

#define MAX_ITER 64 /* entries that a call makes or takes away */

/* ---- ranges ---- */

static void caps_lock(struct hv_vcpu *cur)
{
	hv_spin_lock(cur, &cur->host->caps_lock, HV_LVL_CAPS);
}

static void caps_unlock(struct hv_vcpu *cur)
{
	hv_spin_unlock(cur, &cur->host->caps_lock, HV_LVL_CAPS);
}

static bool has(const struct hv_iomem *m, uint64_t first, uint64_t end)
{
	for (unsigned i = 0; i < m->nr; i++)
		if (first >= m->range[i].first && end <= m->range[i].end)
			return true;
	return false;
}

static int put(struct hv_iomem *m, uint64_t first, uint64_t end)
{
	if (first >= end)
		return 0;
	if (m->nr == HV_IOMEM_RANGES)
		return -ENOMEM;
	m->range[m->nr].first = first;
	m->range[m->nr++].end = end;
	return 0;
}

/* Without the range, or with it as one piece. What there is no room for leaves all as it was. */
static int change(struct hv_iomem *m, uint64_t first, uint64_t end, bool allow)
{
	struct hv_iomem n = { .nr = 0 };
	int rc = 0;

	for (unsigned i = 0; i < m->nr && !rc; i++) {
		uint64_t a = m->range[i].first, b = m->range[i].end;

		/* What touches it becomes one with it. */
		if (allow && a <= end && b >= first) {
			first = a < first ? a : first;
			end = b > end ? b : end;
		} else {
			rc = put(&n, a, b < first || allow ? b : first);
			if (!rc && !allow && b > end)
				rc = put(&n, a > end ? a : end, b);
		}
	}
	if (!rc && allow)
		rc = put(&n, first, end);
	if (!rc)
		*m = n;
	return rc;
}

void hv_iomem_init(struct hv_domain *d)
{
	if (d->privileged)
		put(&d->iomem, 0, d->host->nr_machine);
}

bool hv_iomem_permitted(struct hv_vcpu *cur, uint64_t mfn, uint64_t n)
{
	bool may;

	if (mfn < cur->host->nr_frames || mfn >= cur->host->nr_machine ||
	    n > cur->host->nr_machine - mfn)
		return false;
	caps_lock(cur);
	may = has(&cur->d->iomem, mfn, mfn + n);
	caps_unlock(cur);
	return may;
}

int hv_iomem_permission(struct hv_vcpu *cur, struct hv_domain *d, const struct iomem_permission *op)
{
	uint64_t first = op->first_mfn, end = first + op->nr_mfns;
	int rc = -EPERM;

	if (end - 1 < first)
		return -EINVAL;
	caps_lock(cur);
	if (has(&cur->d->iomem, first, end))
		rc = change(&d->iomem, first, end, op->allow_access);
	caps_unlock(cur);
	return rc;
}

/* ---- mappings ---- */

/* mmio_order(): of both numbers. */
static unsigned order_of(uint64_t numbers, uint64_t left)
{
	return numbers & 511 || left < 512 ? 0 : 9;
}

static int map_one(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		   unsigned order, bool add)
{
	return add ? hv_p2m_set_typed(cur, d, gfn, mfn, order, HV_P2M_MMIO_DIRECT)
		   : hv_p2m_clear_mmio(cur, d, gfn, order);
}

static long map_regions(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
			uint64_t nr, bool add)
{
	uint64_t done = 0;
	int rc = 0;

	for (unsigned i = 0; done < nr && (i < MAX_ITER || hv_mutant(MMIO_UNBOUNDED)); i++) {
		unsigned order = order_of((gfn + done) | (mfn + done), nr - done);

		rc = map_one(cur, d, gfn + done, mfn + done, order, add);
		/* What is in the way is smaller. */
		if (rc > 0) {
			order = (unsigned)rc - 1;
			rc = map_one(cur, d, gfn + done, mfn + done, order, add);
		}
		if (rc)
			break;
		done += 1ull << order;
	}
	return done == nr ? 0 : done ? (long)done : rc;
}

long hv_memory_mapping(struct hv_vcpu *cur, struct hv_domain *d, const struct memory_mapping *op)
{
	uint64_t gfn = op->first_gfn, mfn = op->first_mfn, nr = op->nr_mfns, end = mfn + nr;
	long rc = -EPERM;

	if (end - 1 < mfn || mfn >= cur->host->nr_machine || end > cur->host->nr_machine ||
	    gfn + nr - 1 < gfn || gfn + nr > HV_PT_MAX_INDEX)
		return -EINVAL;
	caps_lock(cur);
	if (has(&cur->d->iomem, mfn, end) && has(&d->iomem, mfn, end))
		rc = hv_translated(d) ? map_regions(cur, d, gfn, mfn, nr, op->add_mapping) : 0;
	caps_unlock(cur);
	return rc;
}
