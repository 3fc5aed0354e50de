/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HYPERVISOR_domctl and HYPERVISOR_dm_op, as far as they are about dirty pages and frames mapped into a domain, and devices
 * assigned: after Xen's common/domctl.c, do_paging_domctl_cont() and arch/x86/hvm/dm.c. One domctl runs at a time.
 */
#include "args.h"
#include "domctl.h"
#include "iomem.h"
#include "lifetime.h"
#include "log_device.h"
#include "log_ops.h"
#include "log_trie.h"
#include "log_vram.h"
#include "p2m.h"
#include "preempt.h"
#include "shadow_op.h"

#define PFNS_AT_ONCE 256 /* before a dm_op looks whether it is to be left */

/* ---- the lock ---- */

static bool try_lock(struct hv_vcpu *cur)
{
	return hv_spin_trylock(cur, &cur->host->domctl_lock, HV_LVL_DOMCTL);
}

void hv_domctl_begin(struct hv_vcpu *cur)
{
	unsigned spins = 0;

	while (!try_lock(cur))
		hv_backoff(&spins);
}

void hv_domctl_end(struct hv_vcpu *cur)
{
	hv_spin_unlock(cur, &cur->host->domctl_lock, HV_LVL_DOMCTL);
}

/* ---- domctl ---- */

static long shadow_op(struct hv_vcpu *cur, struct domctl *op, uint64_t uop, bool *resuming)
{
	struct shadow_op *sc = &op->u.shadow_op;
	struct hv_domain *d = hv_domain_find(cur, op->domain);
	struct hv_log_op log = { .op = sc->op,
				 .mode = sc->mode,
				 .mb = sc->mb,
				 .bitmap = sc->bitmap,
				 .pages = sc->pages,
				 .fault_count = sc->fault_count,
				 .dirty_count = sc->dirty_count };
	int rc;

	if (!d)
		return -ESRCH;
	if (!cur->d->privileged)
		return -EPERM;
	if (!try_lock(cur))
		return -HV_ERESTART;
	rc = hv_log_domctl(cur, d, &log, *resuming);
	hv_domctl_end(cur);
	if (rc == -HV_ERESTART) {
		*resuming = true;
		return rc;
	}
	sc->mb = log.mb;
	sc->pages = log.pages;
	sc->fault_count = log.fault_count;
	sc->dirty_count = log.dirty_count;
	return hv_copy_to_guest(cur, uop, op, sizeof(*op)) ? -EFAULT : rc;
}

/* Of frames mapped into a domain, which want no domctl lock since XSA-492. */
static long mapping(struct hv_vcpu *cur, const struct domctl *op)
{
	struct hv_domain *d = hv_domain_find(cur, op->domain);

	if (!d)
		return -ESRCH;
	if (!cur->d->privileged)
		return -EPERM;
	return op->cmd == DOMCTL_MEMORY_MAPPING
		       ? hv_memory_mapping(cur, d, &op->u.memory_mapping)
		       : hv_iomem_permission(cur, d, &op->u.iomem_permission);
}

static long command(struct hv_vcpu *cur, struct domctl *op, uint64_t uop, bool *resuming)
{
	switch (op->cmd) {
	case DOMCTL_SHADOW_OP:
		return shadow_op(cur, op, uop, resuming);
	case DOMCTL_MEMORY_MAPPING:
	case DOMCTL_IOMEM_PERMISSION:
		return mapping(cur, op);
	default:
		return -ENOSYS;
	}
}

long hv_domctl_step(struct hv_vcpu *cur, void *uop, bool *resuming)
{
	uint64_t at = (uintptr_t)uop;
	struct domctl op;
	long rc = -EIO;

	hv_hypercall_enter(cur);
	if (hv_domain_crashed(cur->d))
		goto out;
	rc = -EFAULT;
	if (!hv_guest_handle_okay(cur->d, at, 1, sizeof(op)) ||
	    hv_copy_from_guest(cur, &op, at, sizeof(op)))
		goto out;
	rc = -EACCES;
	if (op.interface_version != DOMCTL_INTERFACE)
		goto out;
	rc = command(cur, &op, at, resuming);
out:
	hv_hypercall_exit(cur);
	return rc;
}

long hv_domctl(struct hv_vcpu *cur, void *uop)
{
	bool resuming = false;
	unsigned spins = 0;
	long rc;

	while ((rc = hv_domctl_step(cur, uop, &resuming)) == -HV_ERESTART) {
		cur->count.continuations++;
		/* Another domctl is in progress. */
		if (!resuming)
			hv_backoff(&spins);
	}
	return rc;
}

/* ---- dm_op ---- */

/* One extent of what an emulator wrote to. */
static int modified(struct hv_vcpu *cur, struct hv_domain *d, const struct dmop_extent *e,
		    unsigned *batch)
{
	uint64_t end = e->first_pfn + e->nr;

	if (e->pad || end <= e->first_pfn || end > HV_PT_MAX_INDEX)
		return -EINVAL;
	for (uint64_t pfn = e->first_pfn; pfn < end; pfn++) {
		enum hv_p2m_type t;
		struct hv_page *pg = hv_p2m_get_page(cur, d, pfn, &t);

		if (pg) {
			hv_mark_pfn_dirty(cur, d, pfn);
			hv_log_told(d, pfn & ~63ull, 1ull << pfn % 64);
			hv_put_page(cur, pg);
		}
		if (!--*batch) {
			*batch = PFNS_AT_ONCE;
			cur->count.continuations += hv_preempt(cur);
		}
	}
	return 0;
}

/* modified_memory(): from the last extent to the first. */
static int modified_memory(struct hv_vcpu *cur, struct hv_domain *d, unsigned nr,
			   const struct dmop_buf *buf)
{
	struct dmop_extent e;
	uint64_t at = buf->at;
	unsigned batch = PFNS_AT_ONCE;
	int rc = 0;

	if (!hv_load(&d->log.on))
		return 0;
	if (buf->size / sizeof(e) < nr)
		return -EINVAL;
	if (!hv_guest_handle_okay(cur->d, at, nr, sizeof(e)))
		return -EFAULT;
	while (nr-- && !rc) {
		if (hv_copy_from_guest(cur, &e, at + nr * sizeof(e), sizeof(e)))
			return -EFAULT;
		rc = modified(cur, d, &e, &batch);
	}
	return rc;
}

static int dirty_vram(struct hv_vcpu *cur, struct hv_domain *d,
		      const struct dmop_track_dirty_vram *v, const struct dmop_buf *buf)
{
	int rc;

	if (v->pad || (v->nr && buf->size < (v->nr + 7) / 8))
		return -EINVAL;
	/* Who has the lock may wait for this domain's hypercalls: this one is left, and taken up again. */
	if (!try_lock(cur))
		return -HV_ERESTART;
	rc = hv_load(&d->is_dying) ? -ESRCH : hv_log_vram(cur, d, v->first_pfn, v->nr, buf->at);
	hv_domctl_end(cur);
	return rc;
}

static int dm_op(struct hv_vcpu *cur, uint16_t domid, unsigned nr_bufs, uint64_t bufs)
{
	struct hv_domain *d = hv_domain_find(cur, domid);
	struct dmop_buf buf[2];
	struct dmop op = { 0 };
	uint64_t at;

	if (!d)
		return -ESRCH;
	if (!cur->d->privileged || d == cur->d)
		return -EPERM;
	if (!hv_translated(d))
		return -EOPNOTSUPP;
	if (nr_bufs != 2)
		return nr_bufs > 2 ? -E2BIG : -EINVAL;
	if (!hv_guest_handle_okay(cur->d, bufs, 2, sizeof(buf[0])) ||
	    hv_copy_from_guest(cur, buf, bufs, sizeof(buf)))
		return -EFAULT;
	at = buf[0].at;
	if (buf[0].size < sizeof(op))
		return -EINVAL;
	if (!hv_guest_handle_okay(cur->d, at, 1, sizeof(op)) ||
	    hv_copy_from_guest(cur, &op, at, sizeof(op)))
		return -EFAULT;
	if (op.op == DMOP_MODIFIED_MEMORY)
		return modified_memory(cur, d, op.u.modified_memory.nr_extents, &buf[1]);
	if (op.op == DMOP_TRACK_DIRTY_VRAM)
		return dirty_vram(cur, d, &op.u.track_dirty_vram, &buf[1]);
	return -EOPNOTSUPP;
}

long hv_dm_op(struct hv_vcpu *cur, uint16_t domid, unsigned nr_bufs, void *bufs)
{
	unsigned spins = 0;
	long rc;

	for (;;) {
		rc = -EIO;
		hv_hypercall_enter(cur);
		if (!hv_domain_crashed(cur->d))
			rc = dm_op(cur, domid, nr_bufs, (uintptr_t)bufs);
		hv_hypercall_exit(cur);
		if (rc != -HV_ERESTART)
			return rc;
		cur->count.continuations++;
		hv_backoff(&spins);
	}
}

/* ---- devices ---- */

int hv_device_assign(struct hv_domain *d, enum hv_device_kind kind)
{
	struct hv_vcpu *cur = &d->host->toolstack;
	int rc = 0;

	if ((unsigned)kind >= HV_DEVICE_KINDS)
		return -EINVAL;
	if (d->iommu.mode == HV_IOMMU_NONE)
		return -EOPNOTSUPP;
	hv_mutex_lock(&d->host->toolstack_lock);
	hv_domctl_begin(cur);
	d->log.devices[kind]++;
	/* arch_iommu_use_permitted(): whatever it was that made the p2m so. */
	if ((d->p2m.global_logdirty || (d->log.way && d->log.on)) && hv_log_refused(d) &&
	    !hv_mutant(LOG_ASSIGN_ANY)) {
		d->log.devices[kind]--;
		rc = -EXDEV;
	}
	hv_domctl_end(cur);
	hv_mutex_unlock(&d->host->toolstack_lock);
	return rc;
}

int hv_device_remove(struct hv_domain *d, enum hv_device_kind kind)
{
	struct hv_vcpu *cur = &d->host->toolstack;
	int rc = -ENODEV;

	if ((unsigned)kind >= HV_DEVICE_KINDS)
		return -EINVAL;
	hv_mutex_lock(&d->host->toolstack_lock);
	hv_domctl_begin(cur);
	if (d->log.devices[kind]) {
		d->log.devices[kind]--;
		rc = 0;
	}
	hv_domctl_end(cur);
	hv_mutex_unlock(&d->host->toolstack_lock);
	return rc;
}
