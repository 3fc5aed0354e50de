/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest accesses and TLB flushes: the two sides of one synchronisation, which is why they share a
 * file. The guest's side is not counted: it stands for hardware.
 */
#include <linux/membarrier.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "page.h"
#include "pt.h"
#include "lock.h"
#include "tlb.h"
#include "words.h"

bool hv_membarrier_init(void)
{
	return syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

static void flush_local(struct hv_vcpu *cur)
{
	cur->count.flush_locals++;
	/* Not one step: if another flush comes between, nothing was filled since. */
	__atomic_store_n(&cur->tlb_gen, hv_load(&cur->tlb_gen) + 1, __ATOMIC_RELEASE);
}

/* Until what a vCPU is in, if this number of it is odd, is over. */
static hv_always_inline void wait_for(const uint64_t *at)
{
	uint64_t seq = __atomic_load_n(at, __ATOMIC_SEQ_CST);
	unsigned spins = 0;

	while ((seq & 1) && __atomic_load_n(at, __ATOMIC_ACQUIRE) == seq) {
		if (++spins > 1000)
			sched_yield();
		else
			hv_relax();
	}
}

static void flush_remote(struct hv_vcpu *v)
{
	__atomic_fetch_add(&v->tlb_gen, 1, __ATOMIC_SEQ_CST);
	wait_for(&v->access_seq);
}

static unsigned remotes(const struct hv_vcpu *cur, const struct hv_domain *d)
{
	return d->nr_vcpus - (cur->d == d);
}

static void flush_domain(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (cur->host->cfg.flush == HV_FLUSH_MEMBARRIER && remotes(cur, d))
		syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	cur->count.flush_remotes += remotes(cur, d);
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		if (d->vcpu[i] != cur)
			flush_remote(d->vcpu[i]);
}

void hv_flush_translated(struct hv_vcpu *cur, struct hv_domain *d)
{
	cur->count.flushes++;
	hv_spin_lock(cur, &cur->host->call_lock, HV_LVL_FLUSH);
	flush_domain(cur, d);
	hv_spin_unlock(cur, &cur->host->call_lock, HV_LVL_FLUSH);
	/* The own CPU's stale entries go at the next VM entry (vmx_vmenter_helper()). */
	if (cur->d == d)
		flush_local(cur);
}

/* flush_area_mask(). */
static hv_always_inline void flush_mask(struct hv_vcpu *cur, struct hv_domain *d)
{
	cur->count.flushes++;
	if (cur->d == d) {
		/* flush_area_local(), pre_flush(): the clock ticks, which nothing here reads. */
		hv_fetch_add(cur, &cur->host->tlbflush_clock, 1);
		flush_local(cur);
	}
	if (!remotes(cur, d))
		return;
	hv_spin_lock(cur, &cur->host->flush_lock, HV_LVL_FLUSH);
	flush_domain(cur, d);
	hv_spin_unlock(cur, &cur->host->flush_lock, HV_LVL_FLUSH);
}

void hv_flush_pv(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (!hv_mutant(DROP_PV_FLUSH))
		flush_mask(cur, d);
}

void hv_flush_guest(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (!hv_mutant(LOG_NO_FLUSH))
		flush_mask(cur, d);
}

/* ---- pauses ---- */

void hv_domain_pause(struct hv_vcpu *cur, struct hv_domain *d)
{
	cur->count.pauses++;
	hv_fetch_add(cur, &d->paused, 1u);
	for (unsigned i = 0; i < d->nr_vcpus; i++) {
		wait_for(&d->vcpu[i]->access_seq);
		wait_for(&d->vcpu[i]->call_seq);
	}
}

void hv_domain_unpause(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_fetch_add(cur, &d->paused, -1u);
}

static bool is_paused(const struct hv_vcpu *v)
{
	return __atomic_load_n(&v->d->paused, __ATOMIC_SEQ_CST);
}

bool hv_exit_begin(struct hv_vcpu *v)
{
	__atomic_store_n(&v->call_seq, v->call_seq + 1, __ATOMIC_SEQ_CST);
	if (!is_paused(v))
		return true;
	hv_exit_end(v);
	return false;
}

void hv_exit_end(struct hv_vcpu *v)
{
	__atomic_store_n(&v->call_seq, v->call_seq + 1, __ATOMIC_RELEASE);
}

void hv_lockless_begin(struct hv_vcpu *v)
{
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
}

void hv_lockless_end(struct hv_vcpu *v)
{
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
}

void hv_tlb_forget(struct hv_domain *d)
{
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		__atomic_fetch_add(&d->vcpu[i]->tlb_gen, 1, __ATOMIC_SEQ_CST);
}

/* ---- the guest's side ---- */

static uint64_t hw_walk(const struct hv_domain *d, uint64_t vpn)
{
	return hv_pt_hw_see(d->host, hv_translated(d) ? &d->p2m.pt : &d->pv, vpn, NULL);
}

/* Into an access, when nobody has the domain paused. */
static void access_begin(struct hv_vcpu *v)
{
	unsigned spins = 0;

	for (;;) {
		__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
		if (hv_likely(!is_paused(v)))
			return;
		__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
		while (is_paused(v))
			hv_backoff(&spins);
	}
}

int hv_tlb_access(struct hv_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		  bool write)
{
	uint64_t vpn, gen, mfn = HV_INVALID;
	struct hv_tlb_entry *t;
	int rc = -EFAULT;

	addr += off;
	vpn = addr >> HV_PAGE_SHIFT;
	off = addr & (HV_PAGE_SIZE - 1);
	if (len > HV_PAGE_SIZE - off)
		return -EINVAL;
	access_begin(v);
	gen = __atomic_load_n(&v->tlb_gen, __ATOMIC_SEQ_CST);
	t = &v->tlb[vpn % HV_TLB_ENTRIES];
	if (t->gen == gen && t->vpn == vpn && (t->writable || !write)) {
		mfn = t->mfn;
	} else {
		uint64_t e = hw_walk(v->d, vpn);

		/* Of marked entries the processor asks the hypervisor. */
		if (e && !(e & HV_PTE_MARK) && (!write || (e & HV_PTE_WRITE))) {
			mfn = hv_pte_mfn(e);
			*t = (struct hv_tlb_entry){ vpn, mfn, gen, (e & HV_PTE_WRITE) != 0 };
		}
	}
	if (mfn != HV_INVALID) {
		uint8_t *p = (uint8_t *)hv_virt(v->host, mfn) + off;

		if (write)
			hv_words_move(p, buf, len);
		else
			hv_words_move(buf, p, len);
		rc = 0;
	}
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	return rc;
}
