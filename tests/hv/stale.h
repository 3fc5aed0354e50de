/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests share that look for stale translations from several threads: lots, places for arguments, and accesses. */
#ifndef HV_TEST_STALE_H
#define HV_TEST_STALE_H

#include <sched.h>
#include <stdio.h>

#include "fixture.h"
#include "page.h"

#define get(p)	  __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define set(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

#define STALE_UNUSED __attribute__((unused)) static

/* What is wrong, of which the first stays in text; and all threads are to stop. */
STALE_UNUSED void stale_bad(char *text, size_t len, bool *stop, const char *what, uint64_t a,
			    uint64_t b)
{
	static unsigned once;

	if (!__atomic_fetch_add(&once, 1, __ATOMIC_SEQ_CST))
		snprintf(text, len, "%s: %#lx, %#lx", what, (unsigned long)a, (unsigned long)b);
	set(stop, true);
}

/* A number below n, by a lot of each thread's own. */
STALE_UNUSED unsigned draw(uint64_t *state, unsigned n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (unsigned)(*state >> 20) % n;
}

/* Where a vCPU has its arguments: two pages. */
STALE_UNUSED uint8_t *args(struct hv_domain *d, unsigned vcpu)
{
	return (uint8_t *)hv_guest_args(d, &(size_t){ 0 }) + 8192 * vcpu;
}

STALE_UNUSED void more(uint64_t *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

/* What a granter's pages begin with, what it and a third domain fill a page with, and what a mapper writes, and where. */
#define GTAG	0x6772616e74000000ull
#define OWN	0x6f776e6f776e0000ull
#define TTAG	0x7468697264000000ull
#define WRITTEN 0x7772697474656e00ull
#define WHERE	64

/* Accesses of all threads; what was read is given to look(). */
struct stale_seen {
	void (*look)(uint64_t word);
	uint64_t reads, writes;
};

/*
 * A word is read from the beginning of a page, or `word` written into it, by lot: by v at addr, or without v by the
 * device at its frame dfn. There may be nothing.
 */
STALE_UNUSED void stale_touch(struct hv_domain *d, struct hv_vcpu *v, uint64_t addr, uint64_t dfn,
			      uint64_t word, struct stale_seen *seen, uint64_t *rand)
{
	bool write = draw(rand, 2);
	unsigned at = write ? WHERE : 0;

	if (v ? hv_guest_access(v, addr, at, &word, 8, write)
	      : hv_device_access(d, dfn, at, &word, 8, write))
		return;
	more(write ? &seen->writes : &seen->reads);
	if (!write)
		seen->look(word);
}

/*
 * An access that takes long, as hv_guest_access() makes it: whoever flushes meanwhile waits. So revokes meet accesses on
 * a machine of one core, too. What is read goes to look(), and now and then something is written.
 */
STALE_UNUSED void stale_slow(struct hv_host *host, struct hv_vcpu *v, uint64_t addr,
			     const struct stale_seen *seen, uint64_t *rand)
{
	uint64_t vpn = addr >> HV_PAGE_SHIFT, gen, *p;
	struct hv_tlb_entry *e = &v->tlb[vpn % HV_TLB_ENTRIES];

	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	gen = __atomic_load_n(&v->tlb_gen, __ATOMIC_SEQ_CST);
	if (e->gen == gen && e->vpn == vpn) {
		p = hv_virt(host, e->mfn);
		sched_yield();
		seen->look(__atomic_load_n(p, __ATOMIC_RELAXED));
		if (e->writable && draw(rand, 2))
			__atomic_store_n(&p[WHERE / 8], WRITTEN, __ATOMIC_RELAXED);
	}
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
}

/* A page of the domain's RAM is given up, or had back; 1 if that was done. */
STALE_UNUSED long stale_balloon(struct hv_domain *d, uint64_t gfn, bool out)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint8_t *a = args(d, 0);

	memcpy(a + 4096, &gfn, 8);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(a + 4096));
	memcpy(a, &r, sizeof(r));
	return hv_memory_op(hv_domain_vcpu(d, 0),
			    out ? XENMEM_decrease_reservation : XENMEM_populate_physmap, a);
}

/* Is a vCPU of the domain in the middle of an access or a hypercall? */
STALE_UNUSED bool stale_busy(const struct hv_domain *d)
{
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		if ((get(&d->vcpu[i]->access_seq) | get(&d->vcpu[i]->call_seq)) & 1)
			return true;
	return false;
}

/* What an owner writes to all of a page stays there as long as it likes: true, or *i has another word in it. */
STALE_UNUSED bool stale_use(uint64_t *p, uint64_t tag, uint64_t *rand, unsigned *i)
{
	for (*i = 0; *i < 512; *i += 8)
		__atomic_store_n(&p[*i], tag | *i, __ATOMIC_RELAXED);
	if (!draw(rand, 8))
		sched_yield();
	for (*i = 0; *i < 512; *i += 8)
		if (__atomic_load_n(&p[*i], __ATOMIC_RELAXED) != (tag | *i))
			return false;
	return true;
}

#endif
