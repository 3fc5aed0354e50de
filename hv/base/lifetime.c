/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain looked up, crashed, ended: the part of its life that synchronises with running vCPUs. */
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lifetime.h"

void hv_hypercall_enter(struct hv_vcpu *cur)
{
	cur->count.hypercalls++;
	if (cur->host->cfg.entry == HV_ENTRY_SYSCALL)
		syscall(SYS_getppid);
	/* Ordered before the look-up of any domain: pairs with the scan in hv_grace_period(). */
	__atomic_store_n(&cur->call_seq, cur->call_seq + 1, __ATOMIC_RELEASE);
}

void hv_hypercall_exit(struct hv_vcpu *cur)
{
	__atomic_store_n(&cur->call_seq, cur->call_seq + 1, __ATOMIC_RELEASE);
}

struct hv_domain *hv_domain_find(struct hv_vcpu *cur, domid_t id)
{
	cur->count.domain_lookups++;
	return id < HV_MAX_DOMAINS ? hv_load_acquire(&cur->host->domain[id]) : NULL;
}

struct hv_domain *hv_domain_find_any(struct hv_vcpu *cur, domid_t id)
{
	return id == DOMID_SELF ? cur->d : hv_domain_find(cur, id);
}

void hv_domain_crash(struct hv_domain *d)
{
	hv_store(&d->crashed, true);
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		hv_store(&d->vcpu[i]->preempt_every, 1u);
}

bool hv_domain_crashed(const struct hv_domain *d)
{
	return hv_load(&d->crashed);
}

void hv_grace_period(struct hv_host *host)
{
	struct hv_domain *d;

	/*
	 * The entering side has no full barrier, to leave the measured path alone; membarrier makes
	 * up for it here, where it is cheap. A machine without it gets a pause long enough for any
	 * store buffer to drain.
	 */
	if (syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
		usleep(1000);
	hv_for_each_domain (host, d) {
		for (unsigned i = 0; i < d->nr_vcpus; i++) {
			uint64_t seq = __atomic_load_n(&d->vcpu[i]->call_seq, __ATOMIC_ACQUIRE);

			while ((seq & 1) &&
			       __atomic_load_n(&d->vcpu[i]->call_seq, __ATOMIC_ACQUIRE) == seq)
				sched_yield();
		}
	}
}

void hv_grace_in_call(struct hv_vcpu *cur, void (*fn)(struct hv_vcpu *cur))
{
	__atomic_store_n(&cur->call_seq, cur->call_seq + 1, __ATOMIC_RELEASE);
	/* Domains are only freed with this lock held. */
	hv_mutex_lock(&cur->host->toolstack_lock);
	hv_grace_period(cur->host);
	fn(cur);
	hv_mutex_unlock(&cur->host->toolstack_lock);
	__atomic_store_n(&cur->call_seq, cur->call_seq + 1, __ATOMIC_RELEASE);
}

static void retire(struct hv_domain *d)
{
	struct hv_host *host = d->host;

	hv_store_release(&host->domain[d->id], (struct hv_domain *)NULL);
	hv_mutex_lock(&host->ram_lock);
	d->next_ended = host->ended;
	host->ended = d;
	hv_mutex_unlock(&host->ram_lock);
}

void hv_domain_put_frame(struct hv_vcpu *cur, struct hv_domain *d)
{
	(void)cur;
	if (hv_account_sub(&d->nr_owned, 1) == 1)
		retire(d);
}
