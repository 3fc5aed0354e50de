// SPDX-License-Identifier: GPL-2.0-only
/* Of contention.json: locks of the kernel, futexes, and the pair. */
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>

#include "json.h"
#include "probe.h"

#define ADD(o, key, value)   json_object_object_add(o, key, value)
#define ADD_U(o, key, value) ADD(o, key, json_object_new_int64((int64_t)(value)))

/* include/trace/events/lock.h of Linux */
enum { SPIN = 1, READ = 2, WRITE = 4, RT = 8, PERCPU = 16, MUTEX = 32 };

static const char *type_name(uint32_t flags)
{
	if (flags & MUTEX || !flags)
		return "mutex";
	if (flags & RT)
		return "rt-mutex";
	if (flags & PERCPU)
		return flags & WRITE ? "pcpu-sem:W" : "pcpu-sem:R";
	if (flags & SPIN)
		return flags & READ ? "rwlock:R" : flags & WRITE ? "rwlock:W" : "spinlock";
	return flags & READ ? "rwsem:R" : "rwsem:W";
}

static const char *op_name(uint32_t op)
{
	switch (op) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		return "wait";
	case FUTEX_WAIT_REQUEUE_PI:
		return "requeue_pi";
	default:
		return "lock_pi";
	}
}

static void add_times(struct json_object *o, const struct gnb_kernel_times *t)
{
	struct json_object *hist = json_object_new_array();

	for (unsigned i = 0; i < GNB_KERNEL_BUCKETS; i++)
		json_object_array_add(hist, json_object_new_int64((int64_t)t->hist[i]));
	ADD_U(o, "ended", t->ended);
	ADD_U(o, "wait_ns", t->ns);
	ADD_U(o, "wait_max_ns", t->max);
	ADD(o, "wait_histogram", hist);
}

static struct json_object *kernel_frame(uint64_t addr)
{
	uint64_t offset;
	const char *name = kernel_symbol(addr, &offset);
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, addr);
	return gnb_json_string(name ? name : text);
}

static struct json_object *lock(const struct kernel_wait *w)
{
	struct json_object *o = json_object_new_object(), *stack = json_object_new_array();

	ADD(o, "caller", w->caller ? gnb_json_string(w->caller) : NULL);
	ADD(o, "type", gnb_json_string(type_name(w->kind)));
	ADD_U(o, "contended", w->times.n);
	add_times(o, &w->times);
	for (unsigned i = 0; i < w->frames; i++)
		json_object_array_add(stack, kernel_frame(w->frame[i]));
	ADD(o, "stack", stack);
	return o;
}

static struct json_object *futex(const struct kernel_wait *w)
{
	struct json_object *o = json_object_new_object(), *stack = json_object_new_array();
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, w->futex);
	ADD(o, "address", gnb_json_string(text));
	ADD(o, "op", gnb_json_string(op_name(w->kind)));
	ADD_U(o, "waits", w->times.n);
	add_times(o, &w->times);
	for (unsigned i = 0; i < w->frames; i++)
		json_object_array_add(stack, symbol_json(w->frame[i]));
	ADD(o, "stack", stack);
	return o;
}

struct json_object *kernel_json(void)
{
	struct json_object *o = json_object_new_object(), *locks = json_object_new_array(),
			   *futexes = json_object_new_array();

	for (size_t i = 0; i < kernel_waits.nr_locks; i++)
		json_object_array_add(locks, lock(&kernel_waits.lock[i]));
	for (size_t i = 0; i < kernel_waits.nr_futexes; i++)
		json_object_array_add(futexes, futex(&kernel_waits.futex[i]));
	ADD_U(o, "begins", kernel_waits.event[GNB_KERNEL_BEGIN]);
	ADD_U(o, "ends", kernel_waits.event[GNB_KERNEL_END]);
	ADD_U(o, "lost", kernel_waits.event[GNB_KERNEL_LOST]);
	ADD(o, "names", json_object_new_boolean(kernel_waits.names));
	ADD(o, "locks", locks);
	ADD(o, "futexes", futexes);
	return o;
}

static double part(uint64_t a, double b)
{
	return b > 0 ? (double)a / b : 0;
}

static struct json_object *side(const struct pair_side *s, double ticks_per_ns)
{
	struct json_object *o = json_object_new_object();

	ADD(o, "vcpu_seconds", gnb_json_number(s->seconds));
	ADD_U(o, "windows", s->windows);
	ADD_U(o, "acquisitions", s->acquisitions);
	ADD_U(o, "contended", s->contended);
	ADD(o, "contended_share", gnb_json_number(part(s->contended, (double)s->acquisitions)));
	ADD(o, "acquisitions_per_s", gnb_json_number(part(s->acquisitions, s->seconds)));
	ADD(o, "wait_mean_ns",
	    gnb_json_number(part(s->ticks, (double)s->contended) / ticks_per_ns));
	return o;
}

struct json_object *pair_json(double ticks_per_ns)
{
	const struct pair_sides *p = &pair_sides;
	struct json_object *o = json_object_new_object();

	ADD_U(o, "waits", p->says.n);
	ADD(o, "wait_mean_ns", gnb_json_number(part(p->says.ns, (double)p->says.n)));
	ADD(o, "without", side(&p->without, ticks_per_ns));
	ADD(o, "with", side(&p->with, ticks_per_ns));
	return o;
}

void pair_say(double ticks_per_ns)
{
	const struct pair_side *a = &pair_sides.without, *b = &pair_sides.with;
	double rate = part(a->acquisitions, a->seconds);

	if (!rate || !b->acquisitions) {
		fprintf(stderr,
			"gnb-probe: nothing can be said of the pair: too little was waited for, or too "
			"short\n");
		return;
	}
	fprintf(stderr,
		"gnb-probe: the pair disturbs: with it %.2f times as many locks are taken in a second as "
		"without it, %.1f %% of them after a wait instead of %.1f %%, of %.0f ns instead of %.0f; "
		"it says itself %.0f ns\n",
		part(b->acquisitions, b->seconds) / rate,
		100 * part(b->contended, (double)b->acquisitions),
		100 * part(a->contended, (double)a->acquisitions),
		part(b->ticks, (double)b->contended) / ticks_per_ns,
		part(a->ticks, (double)a->contended) / ticks_per_ns,
		part(pair_sides.says.ns, (double)pair_sides.says.n));
}
