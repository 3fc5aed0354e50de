// SPDX-License-Identifier: GPL-2.0-only
/* Log-dirty: a case for each of its rules (docs/p2m.md). */
#include "dirty.h"

#define NR_HUGE ((1u << 24) + 64) /* pages up to behind the first node of level 3: 2 MiB of bits */

/* How large the entry at gfn is. */
static unsigned order_at(struct fx *f, uint64_t gfn)
{
	unsigned order = 99;

	hv_pt_hw_get(f->host, &f->g->p2m.pt, gfn, &order);
	return order;
}

static void args(void)
{
	struct fx f;
	struct domctl *c;

	if (!dirty_open(&f, dirty_opts(), "arguments"))
		return;
	ok(dirty_op(&f, SHADOW_OFF, 0, 0) == 0, "OFF while nothing is logged: 0");
	ok(dirty_op(&f, SHADOW_PEEK, 0, 64) == 0, "PEEK, too");
	ok(dirty_op(&f, SHADOW_PEEK, 2, 64) == -EINVAL, "PEEK with an unknown mode: -EINVAL");
	ok(dirty_op(&f, 99, 0, 0) == -EINVAL, "an unknown operation: -EINVAL");
	ok(dirty_op(&f, SHADOW_ENABLE, 0, 0) == -EINVAL, "ENABLE of nothing: -EINVAL");
	ok(dirty_op(&f, SHADOW_ENABLE, SHADOW_MODE_LOG_DIRTY, 0) == 0, "ENABLE with log-dirty: 0");
	ok(dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) == -EINVAL, "twice: -EINVAL");
	ok(dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, HV_LOG_OVERRIDE, 0) == -EINVAL,
	   "an override where the rule knows none: -EINVAL");
	ok(dirty_op(&f, SHADOW_GET_ALLOCATION, 0, 0) == 0 && dirty_args(&f)->u.shadow_op.mb,
	   "its memory can be asked for");
	c = dirty_prepare(&f, SHADOW_PEEK, 0, 64);
	c->u.shadow_op.bitmap = 0xdead000;
	ok(hv_domctl(f.mv, c) == -EFAULT, "a bitmap that is not there: -EFAULT");
	c = dirty_prepare(&f, SHADOW_OFF, 0, 0);
	c->interface_version++;
	ok(hv_domctl(f.mv, c) == -EACCES, "another interface: -EACCES");
	c = dirty_prepare(&f, SHADOW_OFF, 0, 0);
	c->cmd = 1;
	ok(hv_domctl(f.mv, c) == -ENOSYS, "another domctl: -ENOSYS");
	c = dirty_prepare(&f, SHADOW_OFF, 0, 0);
	c->domain = 9;
	ok(hv_domctl(f.mv, c) == -ESRCH, "no such domain: -ESRCH");
	c = dirty_prepare(&f, SHADOW_OFF, 0, 0);
	c->domain = hv_domain_id(f.m);
	ok(hv_domctl(f.mv, c) == -EINVAL, "of itself: -EINVAL");
	memcpy(f.gargs, dirty_prepare(&f, SHADOW_OFF, 0, 0), sizeof(*c));
	((struct domctl *)f.gargs)->domain = hv_domain_id(f.m);
	ok(hv_domctl(f.gv, f.gargs) == -EPERM, "by who is not privileged: -EPERM");
	ok(hv_domctl(f.mv, (void *)(uintptr_t)0xdead000) == -EFAULT, "no arguments: -EFAULT");
	dirty_close(&f);
}

/* Lazy: what a fault costs, and what it leaves as it was. */
static void lazy(void)
{
	struct hv_counters was;
	struct fx f;
	uint64_t n;

	if (!dirty_open(&f, dirty_opts(), "lazy"))
		return;
	dirty_write(&f, 5, 1);
	n = hv_vcpu_counters(f.mv)->entries_written;
	ok(!dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0), "enabled");
	ok(hv_vcpu_counters(f.mv)->entries_written - n == 1,
	   "ENABLE writes one entry, however large the memory is");
	n = dirty_exits(&f);
	ok(!dirty_read(&f, 5) && dirty_exits(&f) - n == 1, "a read faults once");
	ok(!dirty_read(&f, 6) && dirty_exits(&f) - n == 1, "and then not again");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) && !dirty_count(&f, DIRTY_PAGES),
	   "a read makes nothing dirty");
	ok(order_at(&f, 5) == 9, "nor does it split a large entry");
	was = *hv_vcpu_counters(f.gv);
	ok(!dirty_write(&f, 5, 2), "a write");
	ok(dirty_exits(&f) - was.exits == 1 && hv_vcpu_counters(f.gv)->splits - was.splits == 1,
	   "after ENABLE it exits once, and splits");
	ok(order_at(&f, 5) == 0 && order_at(&f, 512) == 9, "its large entry only");
	n = dirty_exits(&f);
	ok(!dirty_write(&f, 5, 3) && dirty_exits(&f) == n, "again: no fault");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) && dirty_count(&f, DIRTY_PAGES) == 1 &&
		   dirty_has(&f, 5),
	   "just this page of 512 is dirty");
	ok(!dirty_write(&f, 6, 1) && dirty_exits(&f) - n == 1, "its neighbour faults for itself");
	ok(!dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES) && dirty_count(&f, DIRTY_PAGES) == 2,
	   "CLEAN tells both");
	ok(dirty_args(&f)->u.shadow_op.dirty_count == 2, "and how many");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) && !dirty_count(&f, DIRTY_PAGES),
	   "after it nothing is dirty");
	was = *hv_vcpu_counters(f.gv);
	ok(!dirty_write(&f, 5, 4) && dirty_exits(&f) - was.exits == 2,
	   "a write after CLEAN exits twice");
	ok(hv_vcpu_counters(f.gv)->entries_written - was.entries_written > 512,
	   "and pushes marks down into the tables on its way");
	was = *hv_vcpu_counters(f.gv);
	ok(!dirty_write(&f, 7, 4) && dirty_exits(&f) - was.exits == 2 &&
		   hv_vcpu_counters(f.gv)->entries_written - was.entries_written == 2,
	   "the next page, too, and writes two entries");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) && dirty_count(&f, DIRTY_PAGES) == 2 &&
		   dirty_has(&f, 5) && dirty_has(&f, 7),
	   "both are dirty again");
	ok(!dirty_op(&f, SHADOW_OFF, 0, 0), "off");
	ok(!dirty_op(&f, SHADOW_OFF, 0, 0), "off twice: 0");
	dirty_write(&f, 8, 1);
	n = dirty_exits(&f);
	ok(!dirty_write(&f, 8, 1) && dirty_exits(&f) == n, "no fault in the end");
	ok(order_at(&f, 8) == 0, "a large entry once split stays split");
	dirty_close(&f);
}

/* The bitmap: its size, its memory. */
static void bitmap(void)
{
	struct hv_log_stats stats;
	struct domctl *c;
	struct fx f;

	if (!dirty_open(&f, dirty_opts(), "bitmap"))
		return;
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	hv_log_stats(f.g, &stats);
	ok(stats.trie_bytes == 0, "no memory before the first page is dirty");
	dirty_write(&f, 3, 1);
	dirty_write(&f, 70, 1);
	hv_log_stats(f.g, &stats);
	ok(stats.trie_bytes == 4 * HV_PAGE_SIZE, "then four pages of it, charged to the domain");
	memset(dirty_bits(&f), 0x5a, 4096);
	c = dirty_prepare(&f, SHADOW_PEEK, 0, 64);
	ok(!hv_domctl(f.mv, c) && dirty_bits(&f)[0] == 8, "PEEK of 64 pages");
	ok(dirty_bits(&f)[1] == 0x5a5a5a5a5a5a5a5aull, "writes eight bytes, and not one more");
	ok(c->u.shadow_op.pages == 64 && c->u.shadow_op.dirty_count == 2,
	   "the others are counted only");
	ok(!dirty_op(&f, SHADOW_CLEAN, 0, 64), "CLEAN of 64 pages");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, 128) && !dirty_has(&f, 3) && !dirty_has(&f, 70),
	   "cleans the whole leaf that it read from");
	dirty_write(&f, 9, 1);
	ok(!dirty_op(&f, SHADOW_CLEAN, 0, 0), "CLEAN without a bitmap");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, 64) && dirty_has(&f, 9), "of no pages clears nothing");
	c = dirty_prepare(&f, SHADOW_CLEAN, 0, 0);
	c->u.shadow_op.pages = DIRTY_PAGES;
	ok(!hv_domctl(f.mv, c) && !dirty_op(&f, SHADOW_PEEK, 0, 64) && !dirty_has(&f, 9),
	   "of pages it clears, and tells nobody");
	hv_host_fail_alloc(f.host, 0);
	dirty_op(&f, SHADOW_OFF, 0, 0);
	hv_log_stats(f.g, &stats);
	ok(stats.trie_bytes == 0, "OFF frees it");
	dirty_close(&f);
}

/* No memory for a bit: said, and not forgotten. */
static void no_memory(void)
{
	struct fx f;

	if (!dirty_open(&f, dirty_opts(), "no memory"))
		return;
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	dirty_read(&f, 600);
	/* The first allocation of a write is the trie's; the split has its own. */
	hv_host_fail_alloc(f.host, 1);
	ok(!dirty_write(&f, 600, 1), "the guest goes on");
	hv_host_fail_alloc(f.host, 0);
	ok(dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) == -ENOMEM &&
		   dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES) == -ENOMEM,
	   "a bit that could not be set: PEEK and CLEAN say -ENOMEM");
	dirty_op(&f, SHADOW_OFF, 0, 0);
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	dirty_write(&f, 601, 1);
	ok(dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES) == -ENOMEM,
	   "where nothing of the trie was there, an OFF does not forget it, as in Xen 4.17");
	dirty_op(&f, SHADOW_OFF, 0, 0);
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	ok(!dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES), "an OFF that frees some does");
	dirty_close(&f);
}

/* CLEAN without ENABLE: every write faults, and nothing is recorded. */
static void clean_alone(void)
{
	struct fx_opts o = dirty_opts();
	struct fx f;
	uint64_t n;

	o.granter.iommu = HV_IOMMU_STRICT;
	if (!dirty_open(&f, o, "CLEAN alone"))
		return;
	hv_device_assign(f.g, HV_DEVICE_WRITES);
	ok(dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) == -EINVAL,
	   "with a device ENABLE is refused");
	ok(dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES) == 0, "CLEAN is not, as in Xen 4.17");
	n = dirty_exits(&f);
	ok(!dirty_write(&f, 40, 1) && dirty_exits(&f) > n, "writes fault then");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) && !dirty_count(&f, DIRTY_PAGES),
	   "and nothing is recorded");
	ok(hv_device_assign(f.g, HV_DEVICE_WRITES) == -EXDEV, "no other device can be assigned");
	dirty_op(&f, SHADOW_OFF, 0, 0);
	ok(hv_device_assign(f.g, HV_DEVICE_WRITES) == -EXDEV, "OFF alone does not end it");
	ok(!hv_device_remove(f.g, HV_DEVICE_WRITES) &&
		   !dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) && !dirty_op(&f, SHADOW_OFF, 0, 0) &&
		   !hv_device_assign(f.g, HV_DEVICE_WRITES),
	   "ENABLE and OFF without the device do");
	dirty_close(&f);
}

/* An operation that is left half way. */
static void preempted(void)
{
	struct fx_opts o = dirty_opts();
	unsigned i, steps = 0;
	bool resuming = false, good = true;
	struct domctl *c;
	struct fx f;
	long rc;

	o.host.preempt_every = 1;
	o.host.ram_pages = 8192;
	if (!dirty_open(&f, o, "preempted"))
		return;
	/* A page behind the first node of level 3. */
	*(uint64_t *)(f.gargs + 4096) = 1u << 24;
	memcpy(f.gargs,
	       &(struct xen_memory_reservation){ .extent_start.p = (xen_pfn_t *)(f.gargs + 4096),
						 .nr_extents = 1,
						 .domid = DOMID_SELF },
	       sizeof(struct xen_memory_reservation));
	ok(hv_memory_op(f.gv, XENMEM_populate_physmap, f.gargs) == 1, "a page far away");
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	dirty_write(&f, 3, 1);
	dirty_write(&f, 1u << 24, 1);
	c = dirty_prepare(&f, SHADOW_CLEAN, 0, NR_HUGE);
	/* Its bits are not all asked for: they would be 2 MiB. */
	c->u.shadow_op.bitmap = 0;
	rc = hv_domctl_step(f.mv, c, &resuming);
	ok(rc == -HV_ERESTART && resuming, "CLEAN is left after a node of level 3");
	memcpy(f.margs + 2048, c, sizeof(*c));
	for (i = 0; i < 3; i++) {
		static const unsigned other[] = { SHADOW_PEEK, SHADOW_OFF, SHADOW_CLEAN };

		good &= dirty_op(&f, other[i], 0, 64) == -EBUSY;
	}
	ok(good, "another operation meanwhile: -EBUSY");
	ok(dirty_op(&f, SHADOW_GET_ALLOCATION, 0, 0) == 0, "but for the one that only asks");
	resuming = true;
	ok(hv_domctl_step(f.mv, dirty_prepare(&f, SHADOW_PEEK, 0, 64), &resuming) == -EBUSY,
	   "nor is another one its continuation");
	ok(f.g->paused == 1, "the domain is paused meanwhile");
	c = (struct domctl *)(f.margs + 2048);
	for (rc = -HV_ERESTART; rc == -HV_ERESTART && steps < 100; steps++)
		rc = hv_domctl_step(f.mv, c, &resuming);
	ok(rc == 0 && f.g->paused == 0, "it ends, and the domain goes on (%u steps)", steps);
	ok(c->u.shadow_op.pages == NR_HUGE, "with all of its pages");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, 64) && !dirty_has(&f, 3) && !hv_log_has(f.g, 1u << 24),
	   "and all of them are clean");
	dirty_write(&f, 4, 1);
	dirty_write(&f, 1u << 24, 1);
	ok(!dirty_op(&f, SHADOW_OFF, 0, 0) && !f.g->log.allocs, "OFF is left, too, and ends");
	dirty_close(&f);
}

/* The same with a bitmap: each page has its place in it, however often the operation is left. */
static void in_place(void)
{
	static const uint64_t far = (1u << 24) + 5;
	struct hv_domain_config c = {
		.guest = HV_GUEST_TRANSLATED, .privileged = true, .pages = 64, .args_pages = 600
	};
	struct fx_opts o = dirty_opts();
	struct domctl *op;
	struct hv_domain *d;
	struct hv_vcpu *v;
	uint64_t *bits;
	uint8_t *at;
	size_t room;
	struct fx f;

	o.host.preempt_every = 1;
	o.host.ram_pages = 8192;
	if (!dirty_open(&f, o, "in place"))
		return;
	*(uint64_t *)(f.gargs + 4096) = far;
	memcpy(f.gargs,
	       &(struct xen_memory_reservation){ .extent_start.p = (xen_pfn_t *)(f.gargs + 4096),
						 .nr_extents = 1,
						 .domid = DOMID_SELF },
	       sizeof(struct xen_memory_reservation));
	hv_memory_op(f.gv, XENMEM_populate_physmap, f.gargs);
	if (!ok(!hv_domain_create(f.host, &c, &d), "a toolstack with room for 2 MiB of bits"))
		return;
	v = hv_domain_vcpu(d, 0);
	at = hv_guest_args(d, &room);
	op = (struct domctl *)at;
	bits = (uint64_t *)(at + 4096);
	*op = *dirty_prepare(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	ok(!hv_domctl(v, op), "enabled by it");
	dirty_write(&f, 7, 1);
	dirty_write(&f, far, 1);
	*op = *dirty_prepare(&f, SHADOW_CLEAN, 0, 0);
	op->u.shadow_op.pages = NR_HUGE;
	op->u.shadow_op.bitmap = (uintptr_t)bits;
	ok(!hv_domctl(v, op), "CLEAN of %u pages", NR_HUGE);
	ok(hv_vcpu_counters(v)->continuations > 0, "was left and taken up");
	ok(bits[0] == 1ull << 7 && bits[far / 64] == 1ull << far % 64,
	   "both pages are in their places");
	bits[0] = bits[far / 64] = 0;
	room = 0;
	for (uint64_t i = 0; i < NR_HUGE / 64; i++)
		room += bits[i] != 0;
	ok(room == 0, "and nothing else");
	dirty_close(&f);
}

int main(void)
{
	args();
	lazy();
	bitmap();
	no_memory();
	clean_alone();
	preempted();
	in_place();
	return tap_done();
}
