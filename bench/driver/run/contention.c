// SPDX-License-Identifier: GPL-2.0-only
/* Documents of gnb-probe added up: vCPUs become the threads that ran them, since each run has others. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "contention.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)
#define STACKS_MOST	   20
#define FRAMES_MOST	   12

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

static int64_t whole(struct json_object *o, const char *key)
{
	return json_object_get_int64(get(o, key));
}

static size_t length(struct json_object *a)
{
	return json_object_is_type(a, json_type_array) ? json_object_array_length(a) : 0;
}

/* How a list is added to another: elements are the same by their keys; what is added up, and what the largest is kept of. */
struct merge {
	const char *list;
	const char *keys[4], *sums[5], *most, *histogram;
};

static const struct merge merges[] = {
	{ "locks", { "lock" }, { "contended", "wait_ticks" }, "wait_max_ticks", "wait_histogram" },
	{ "threads", { "lock", "thread" }, { "contended", "wait_ticks" }, NULL, NULL },
	{ "callers", { "lock", "stack" }, { "samples", "wait_ticks" }, NULL, NULL },
	{ "waits_for", { "lock", "thread", "held_by" }, { "samples" }, NULL, NULL },
	{ "kernel_locks",
	  { "caller", "type" },
	  { "contended", "ended", "wait_ns" },
	  "wait_max_ns",
	  "wait_histogram" },
	{ "futexes",
	  { "op", "stack" },
	  { "waits", "ended", "wait_ns" },
	  "wait_max_ns",
	  "wait_histogram" },
	{ .list = NULL },
};
static const char *const totals[] = { "not_final", "lost", "samples", "waiting", "seconds", NULL };

static bool same(const struct merge *m, struct json_object *a, struct json_object *b)
{
	for (unsigned i = 0; i < 4 && m->keys[i]; i++)
		if (!json_object_equal(get(a, m->keys[i]), get(b, m->keys[i])))
			return false;
	return true;
}

static void add_histogram(struct json_object *to, struct json_object *from)
{
	for (size_t i = 0; i < length(from); i++) {
		int64_t n = json_object_get_int64(json_object_array_get_idx(to, i)) +
			    json_object_get_int64(json_object_array_get_idx(from, i));

		json_object_array_put_idx(to, i, json_object_new_int64(n));
	}
}

static struct json_object *copy_of(struct json_object *o)
{
	struct json_object *c = NULL;

	json_object_deep_copy(o, &c, NULL);
	return c;
}

static void merge_list(const struct merge *m, struct json_object *to, struct json_object *from)
{
	for (size_t i = 0; i < length(from); i++) {
		struct json_object *x = json_object_array_get_idx(from, i), *t = NULL;

		for (size_t k = 0; k < length(to) && !t; k++)
			if (same(m, json_object_array_get_idx(to, k), x))
				t = json_object_array_get_idx(to, k);
		if (!t) {
			json_object_array_add(to, copy_of(x));
			continue;
		}
		for (unsigned k = 0; k < 5 && m->sums[k]; k++)
			ADD(t, m->sums[k],
			    json_object_new_int64(whole(t, m->sums[k]) + whole(x, m->sums[k])));
		if (m->most && whole(x, m->most) > whole(t, m->most))
			ADD(t, m->most, json_object_new_int64(whole(x, m->most)));
		if (m->histogram)
			add_histogram(get(t, m->histogram), get(x, m->histogram));
	}
}

/* The threads of the process that waited, in the order in which they were made. */
struct threads {
	int64_t id[256];
	size_t n;
};

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void find_threads(struct json_object *locks, struct threads *t)
{
	for (size_t i = 0; i < length(locks); i++) {
		struct json_object *v = get(json_object_array_get_idx(locks, i), "vcpus");

		for (size_t k = 0; k < length(v) && t->n < 256; k++) {
			int64_t id = whole(json_object_array_get_idx(v, k), "thread");

			if (!bsearch(&id, t->id, t->n, sizeof(id), by_number)) {
				t->id[t->n++] = id;
				qsort(t->id, t->n, sizeof(id), by_number);
			}
		}
	}
}

static struct json_object *number_of(const struct threads *t, int64_t id)
{
	const int64_t *at = bsearch(&id, t->id, t->n, sizeof(id), by_number);

	return at ? json_object_new_int64(at - t->id) : NULL;
}

/* The thread that ran a vCPU; NULL: it never waited, so nothing is known of it. */
static struct json_object *thread_of(struct json_object *locks, const struct threads *t,
				     int64_t vcpu)
{
	for (size_t i = 0; i < length(locks); i++) {
		struct json_object *v = get(json_object_array_get_idx(locks, i), "vcpus");

		for (size_t k = 0; k < length(v); k++) {
			struct json_object *x = json_object_array_get_idx(v, k);

			if (whole(x, "vcpu") == vcpu)
				return number_of(t, whole(x, "thread"));
		}
	}
	return NULL;
}

static void add_threads(struct json_object *to, const char *lock, struct json_object *vcpus,
			const struct threads *t)
{
	struct json_object *one = json_object_new_array();

	for (size_t k = 0; k < length(vcpus); k++) {
		struct json_object *v = json_object_array_get_idx(vcpus, k),
				   *x = json_object_new_object();

		ADD(x, "lock", json_object_new_string(lock));
		ADD(x, "thread", number_of(t, whole(v, "thread")));
		ADD(x, "contended", json_object_new_int64(whole(v, "contended")));
		ADD(x, "wait_ticks", json_object_new_int64(whole(v, "wait_ticks")));
		json_object_array_put_idx(one, 0, x);
		merge_list(&merges[1], to, one);
	}
	json_object_put(one);
}

/* A document of gnb-probe in the shape of what is gathered. */
static struct json_object *shaped(struct json_object *doc)
{
	struct json_object *o = json_object_new_object(), *locks = get(doc, "locks"),
			   *state = get(doc, "state"), *kernel = get(doc, "kernel"), *a,
			   *waits = get(state, "waits");
	struct threads t = { .n = 0 };

	find_threads(locks, &t);
	ADD(o, "ticks_per_ns", json_object_get(get(doc, "ticks_per_ns")));
	ADD(o, "seconds", json_object_get(get(doc, "seconds")));
	ADD(o, "not_final", json_object_get(get(doc, "not_final")));
	ADD(o, "lost",
	    json_object_new_int64(whole(get(doc, "lost"), "reads") +
				  whole(get(doc, "lost"), "records") + whole(kernel, "lost")));
	ADD(o, "samples", json_object_new_int64(whole(state, "samples")));
	ADD(o, "waiting", json_object_new_int64(whole(state, "waiting")));
	a = json_object_new_array();
	for (size_t i = 0; i < length(locks); i++)
		add_threads(a,
			    gnb_json_get_string(json_object_array_get_idx(locks, i), "lock", "?"),
			    get(json_object_array_get_idx(locks, i), "vcpus"), &t);
	ADD(o, "threads", locks ? a : NULL);
	if (!locks)
		json_object_put(a);
	a = state ? json_object_new_array() : NULL;
	for (size_t i = 0; i < length(waits); i++) {
		struct json_object *w = json_object_array_get_idx(waits, i),
				   *one = json_object_new_array(), *x = json_object_new_object();

		ADD(x, "lock", json_object_get(get(w, "lock")));
		ADD(x, "thread", thread_of(locks, &t, whole(w, "vcpu")));
		ADD(x, "held_by", thread_of(locks, &t, whole(w, "held_by")));
		ADD(x, "samples", json_object_new_int64(whole(w, "samples")));
		json_object_array_add(one, x);
		merge_list(&merges[3], a, one);
		json_object_put(one);
	}
	ADD(o, "waits_for", a);
	a = copy_of(locks);
	for (size_t i = 0; i < length(a); i++)
		json_object_object_del(json_object_array_get_idx(a, i), "vcpus");
	ADD(o, "locks", a);
	ADD(o, "callers", copy_of(get(doc, "callers")));
	ADD(o, "kernel_locks", copy_of(get(kernel, "locks")));
	ADD(o, "futexes", copy_of(get(kernel, "futexes")));
	return o;
}

void gnb_contention_add(struct json_object **all, struct json_object *doc)
{
	struct json_object *o = shaped(doc);

	if (!*all) {
		*all = o;
		return;
	}
	for (const struct merge *m = merges; m->list; m++)
		if (get(*all, m->list))
			merge_list(m, get(*all, m->list), get(o, m->list));
	for (unsigned i = 0; totals[i]; i++)
		ADD(*all, totals[i],
		    gnb_json_number(gnb_json_get_number(*all, totals[i], 0) +
				    gnb_json_get_number(o, totals[i], 0)));
	json_object_put(o);
}

static const char *order_key;

static int most_first(const void *a, const void *b)
{
	int64_t x = whole(*(struct json_object *const *)a, order_key),
		y = whole(*(struct json_object *const *)b, order_key);

	return (x < y) - (x > y);
}

/* The upper end of the power of two that so much of a histogram lies below. */
static double quantile(struct json_object *hist, double part, double per_ns)
{
	int64_t all = 0, seen = 0;

	for (size_t i = 0; i < length(hist); i++)
		all += json_object_get_int64(json_object_array_get_idx(hist, i));
	for (size_t i = 0; i < length(hist); i++) {
		seen += json_object_get_int64(json_object_array_get_idx(hist, i));
		if (seen && (double)seen >= part * (double)all)
			return ldexp(1, (int)i + 1) / per_ns;
	}
	return NAN;
}

/* Times in ns, and not in ticks; unit: how many of what is there make a ns. */
static void add_times(struct json_object *x, const char *n, const char *sum, const char *most,
		      double unit)
{
	struct json_object *hist = get(x, "wait_histogram");
	double waits = gnb_json_get_number(x, n, 0), longest = (double)whole(x, most) / unit;

	ADD(x, "wait_mean_ns", gnb_json_number(waits > 0 ? whole(x, sum) / waits / unit : NAN));
	ADD(x, "wait_p50_ns", gnb_json_number(fmin(quantile(hist, 0.5, unit), longest)));
	ADD(x, "wait_p90_ns", gnb_json_number(fmin(quantile(hist, 0.9, unit), longest)));
	ADD(x, "wait_p99_ns", gnb_json_number(fmin(quantile(hist, 0.99, unit), longest)));
	ADD(x, "wait_max_ns", gnb_json_number(longest));
}

/* What is beyond is in the sums of others, and said to be left out. */
static void first_of(struct json_object *all, const char *list, const char *by)
{
	struct json_object *a = get(all, list);
	size_t n = length(a);

	if (!a)
		return;
	order_key = by;
	json_object_array_sort(a, most_first);
	if (n > STACKS_MOST)
		json_object_array_del_idx(a, STACKS_MOST, n - STACKS_MOST);
	for (size_t i = 0; i < length(a); i++) {
		struct json_object *stack = get(json_object_array_get_idx(a, i), "stack");
		size_t frames = length(stack);

		if (frames > FRAMES_MOST)
			json_object_array_del_idx(stack, FRAMES_MOST, frames - FRAMES_MOST);
	}
}

struct json_object *gnb_contention_settle(struct json_object *all)
{
	double per_ns = gnb_json_get_number(all, "ticks_per_ns", 1);
	struct json_object *a;

	if (!all)
		return NULL;
	a = get(all, "locks");
	for (size_t i = 0; i < length(a); i++)
		add_times(json_object_array_get_idx(a, i), "contended", "wait_ticks",
			  "wait_max_ticks", per_ns);
	a = get(all, "kernel_locks");
	for (size_t i = 0; i < length(a); i++)
		add_times(json_object_array_get_idx(a, i), "ended", "wait_ns", "wait_max_ns", 1);
	a = get(all, "futexes");
	for (size_t i = 0; i < length(a); i++)
		add_times(json_object_array_get_idx(a, i), "ended", "wait_ns", "wait_max_ns", 1);
	first_of(all, "locks", "wait_ticks");
	first_of(all, "threads", "wait_ticks");
	first_of(all, "callers", "samples");
	first_of(all, "waits_for", "samples");
	first_of(all, "kernel_locks", "contended");
	first_of(all, "futexes", "waits");
	return all;
}
