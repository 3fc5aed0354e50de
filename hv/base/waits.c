/* SPDX-License-Identifier: GPL-2.0-only */
/* Waits for locks accounted for, sampled with who asked, and told to whoever is attached. */
#include <unistd.h>

#include "atomic.h"
#include "probe.h"
#include "waits.h"

#define X(name, what) #name,
const char *const hv_lock_names[HV_NR_LOCKS + 1] = { HV_LOCKS(X) NULL };
#undef X

/* glibc's: where the first thread's stack begins. */
extern void *__libc_stack_end;

static uint32_t serials;

static uint64_t now(void)
{
	return __builtin_ia32_rdtsc();
}

struct hv_lock_account *hv_waits_new(unsigned domain, unsigned cpu,
				     const struct hv_counters *counts)
{
	struct hv_lock_account *a = aligned_alloc(HV_CACHELINE, sizeof(*a));

	if (!a)
		return NULL;
	memset(a, 0, sizeof(*a));
	a->serial = __atomic_add_fetch(&serials, 1u, __ATOMIC_RELAXED);
	a->domain = (uint16_t)domain;
	a->cpu = (uint16_t)cpu;
	a->counts = (uint64_t)(uintptr_t)counts;
	return a;
}

static unsigned kept(const struct hv_lock_account *a)
{
	return a->nr_samples % HV_SAMPLES;
}

void hv_waits_end(struct hv_lock_account *a)
{
	if (!a)
		return;
	if (hv_probe_wants_samples() && kept(a))
		hv_probe_samples(a, kept(a));
	for (unsigned k = 0; k < HV_NR_LOCKS; k++)
		if (hv_probe_wants_waits() && a->waits[k].n)
			hv_probe_waits(a, k, true);
	free(a);
}

static void add(struct hv_lock_times *t, uint64_t ticks)
{
	t->n++;
	t->ticks += ticks;
	if (ticks > t->max)
		t->max = ticks;
	t->hist[63 - __builtin_clzll(ticks | 1)]++;
}

/*
 * Return addresses by the frame pointers of this thread's stack, which ends below its control block, as glibc lays it
 * out, or where the process began. A caller built without frame pointers ends the walk, or gives a wrong address: never
 * one outside of the stack is read.
 */
static unsigned walk(uint64_t *frame, unsigned most)
{
	uintptr_t fp = (uintptr_t)__builtin_frame_address(0);
	uintptr_t top = (uintptr_t)pthread_self();
	unsigned n = 0;

	if (top < fp)
		top = (uintptr_t)__libc_stack_end;
	while (n < most && !(fp & 7) && fp < top && top - fp > 2 * sizeof(fp)) {
		const uintptr_t *at = (const uintptr_t *)fp;

		if (at[1] < 4096)
			break;
		frame[n++] = at[1];
		if (at[0] <= fp)
			break;
		fp = at[0];
	}
	return n;
}

static void sample(struct hv_lock_account *a, unsigned kind, uint64_t ticks)
{
	struct hv_lock_sample *s = &a->samples[kept(a)];

	s->ticks = ticks;
	s->kind = kind;
	s->frames = walk(s->frame, HV_SAMPLE_FRAMES);
	a->nr_samples++;
	if (!kept(a))
		hv_probe_samples(a, HV_SAMPLES);
}

uint64_t hv_wait_begin(struct hv_vcpu *cur, const void *l, enum hv_lock kind)
{
	struct hv_lock_account *a = cur->locks;
	static __thread uint64_t thread; /* its number, once asked for */

	hv_store(&a->state.kind, kind);
	hv_store(&a->state.holder, 0u);
	hv_store_release(&a->state.lock, (uint64_t)(uintptr_t)l);
	if (!thread)
		thread = (uint64_t)gettid();
	if (a->thread != thread) {
		a->thread = thread;
		a->told = 0;
	}
	if (!hv_probe_wants_state()) {
		a->told = 0;
	} else if (!a->told) {
		a->told = 1;
		hv_probe_state(a);
	}
	if (hv_probe_wants_pair())
		hv_probe_begin(a, l, kind);
	return now();
}

void hv_wait_for(struct hv_vcpu *cur, const struct hv_vcpu *holder)
{
	hv_store(&cur->locks->state.holder, holder ? holder->locks->serial : 0u);
}

void hv_wait_end(struct hv_vcpu *cur, enum hv_lock kind, uint64_t since)
{
	struct hv_lock_account *a = cur->locks;
	uint64_t ticks = now() - since;

	hv_store_release(&a->state.lock, (uint64_t)0);
	add(&a->waits[kind], ticks);
	if (hv_probe_wants_pair())
		hv_probe_end(a, kind, ticks);
	if (!(++a->nr_waits % HV_SAMPLE_EVERY) && hv_probe_wants_samples())
		sample(a, kind, ticks);
	if (!(a->waits[kind].n % HV_TELL_EVERY) && hv_probe_wants_waits())
		hv_probe_waits(a, kind, false);
}

#ifdef HV_HOLD
void hv_hold_begin(struct hv_vcpu *cur, const void *l, enum hv_lock kind)
{
	if (cur->nr_holds == HV_MAX_HOLDS)
		return;
	cur->hold[cur->nr_holds++] = (struct hv_hold){ .lock = l, .kind = kind, .since = now() };
}

void hv_hold_end(struct hv_vcpu *cur, const void *l)
{
	for (unsigned i = cur->nr_holds; i-- > 0;) {
		if (cur->hold[i].lock != l)
			continue;
		add(&cur->locks->holds[cur->hold[i].kind], now() - cur->hold[i].since);
		cur->hold[i] = cur->hold[--cur->nr_holds];
		return;
	}
}
#endif

int hv_lock_holds(void)
{
#ifdef HV_HOLD
	return 1;
#else
	return 0;
#endif
}
