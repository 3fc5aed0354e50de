// SPDX-License-Identifier: GPL-2.0-only
/* contention.json: docs/probes.md says what is in it. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "file.h"
#include "json.h"
#include "probe.h"

#define X(name, what) #name,
static const char *const lock_names[HV_NR_LOCKS] = { HV_LOCKS(X) };
#undef X

static void put(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static void put_u(struct json_object *o, const char *key, uint64_t n)
{
	put(o, key, json_object_new_int64((int64_t)n));
}

/* Where it runs, by the numbers of hv; the toolstack is in no domain. */
static struct json_object *vcpu(const struct heard *h)
{
	const struct gnb_record_waits *w = &h->last;
	struct json_object *o = json_object_new_object();

	put_u(o, "vcpu", w->serial);
	put(o, "domain", w->domain == HV_LOCKS_NO_DOMAIN ? NULL : json_object_new_int(w->domain));
	put_u(o, "cpu", w->cpu);
	put_u(o, "thread", w->tid);
	put_u(o, "contended", w->times.n);
	put_u(o, "wait_ticks", w->times.ticks);
	put(o, "final", json_object_new_boolean(h->final));
	return o;
}

static struct json_object *lock(const struct about *about, uint32_t kind)
{
	struct json_object *o = json_object_new_object(), *hist = json_object_new_array(),
			   *vcpus = json_object_new_array();
	struct hv_lock_times all = { 0 };

	for (size_t i = 0; i < gathered.nr_heard; i++) {
		const struct hv_lock_times *t = &gathered.heard[i].last.times;

		if (gathered.heard[i].last.kind != kind)
			continue;
		all.n += t->n;
		all.ticks += t->ticks;
		if (t->max > all.max)
			all.max = t->max;
		for (unsigned k = 0; k < HV_LOCK_BUCKETS; k++)
			all.hist[k] += t->hist[k];
		json_object_array_add(vcpus, vcpu(&gathered.heard[i]));
	}
	for (unsigned k = 0; k < HV_LOCK_BUCKETS; k++)
		json_object_array_add(hist, json_object_new_int64((int64_t)all.hist[k]));
	put(o, "lock", json_object_new_string(lock_names[kind]));
	put_u(o, "contended", all.n);
	put_u(o, "wait_ticks", all.ticks);
	put_u(o, "wait_max_ticks", all.max);
	put(o, "wait_mean_ns",
	    gnb_json_number((double)all.ticks / (double)all.n / about->ticks_per_ns));
	put(o, "wait_histogram", hist);
	put(o, "vcpus", vcpus);
	return o;
}

static struct json_object *locks(const struct about *about)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t kind = 0; kind < HV_NR_LOCKS; kind++) {
		bool any = false;

		for (size_t i = 0; i < gathered.nr_heard; i++)
			any |= gathered.heard[i].last.kind == kind;
		if (any)
			json_object_array_add(list, lock(about, kind));
	}
	return list;
}

static int most_first(const void *a, const void *b)
{
	const struct stack *x = a, *y = b;

	return (x->n < y->n) - (x->n > y->n);
}

static struct json_object *callers(void)
{
	struct json_object *list = json_object_new_array();

	if (gathered.nr_stacks)
		qsort(gathered.stack, gathered.nr_stacks, sizeof(*gathered.stack), most_first);
	for (size_t i = 0; i < gathered.nr_stacks; i++) {
		const struct stack *s = &gathered.stack[i];
		struct json_object *o = json_object_new_object(), *f = json_object_new_array();

		put(o, "lock", json_object_new_string(lock_names[s->kind]));
		put_u(o, "samples", s->n);
		put_u(o, "wait_ticks", s->ticks);
		for (uint32_t k = 0; k < s->frames; k++)
			json_object_array_add(f, symbol_json(s->frame[k]));
		put(o, "stack", f);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *state(const struct about *about)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();
	uint64_t all = 0, waiting = 0, unread = 0;

	for (size_t i = 0; i < gathered.nr_seen; i++) {
		const struct seen *s = &gathered.seen[i];
		struct json_object *w;

		all += s->n;
		if (s->key.kind == GNB_SEEN_UNREAD)
			unread += s->n;
		if (s->key.kind >= HV_NR_LOCKS)
			continue;
		waiting += s->n;
		w = json_object_new_object();
		put(w, "lock", json_object_new_string(lock_names[s->key.kind]));
		put_u(w, "vcpu", s->key.serial);
		put(w, "held_by", s->key.holder ? json_object_new_int64(s->key.holder) : NULL);
		put_u(w, "samples", s->n);
		json_object_array_add(list, w);
	}
	put_u(o, "hz", about->p->hz);
	put_u(o, "samples", all);
	put_u(o, "waiting", waiting);
	put_u(o, "unread", unread);
	put(o, "waits", list);
	return o;
}

static uint64_t not_final(void)
{
	uint64_t n = 0;

	for (size_t i = 0; i < gathered.nr_heard; i++)
		n += !gathered.heard[i].final;
	return n;
}

static int write_text(const char *path, const char *json)
{
	char *dir = strdup(path), *name = strdup(path), *text = NULL;
	int rc = -ENOMEM;

	if (dir && name && json && asprintf(&text, "%s\n", json) >= 0)
		rc = gnb_file_write(dirname(dir), basename(name), text);
	free(dir);
	free(name);
	free(text);
	return rc;
}

int write_contention(const char *path, const struct about *about)
{
	struct json_object *o = json_object_new_object(), *lost = json_object_new_object();
	int rc;

	put_u(o, "format", 1);
	put(o, "program", gnb_json_string(about->p->file));
	put_u(o, "pid", (uint64_t)about->p->pid);
	put(o, "exit_code",
	    about->ended >= 0 && WIFEXITED(about->ended)
		    ? json_object_new_int(WEXITSTATUS(about->ended))
		    : NULL);
	put(o, "seconds", gnb_json_number(about->seconds));
	put(o, "attach_ms", gnb_json_number(about->attach_ms));
	put(o, "detach_ms", gnb_json_number(about->detach_ms));
	put(o, "ticks_per_ns", gnb_json_number(about->ticks_per_ns));
	put_u(lost, "reads", about->lost[GNB_LOST_READ]);
	put_u(lost, "records", about->lost[GNB_LOST_ROOM]);
	put(o, "lost", lost);
	put_u(o, "not_final", not_final());
	put(o, "locks", about->p->what & WHAT_WAITS ? locks(about) : NULL);
	put(o, "callers", about->p->what & WHAT_CALLERS ? callers() : NULL);
	put(o, "state", about->p->what & WHAT_STATE ? state(about) : NULL);
	put(o, "kernel", about->p->what & WHAT_KERNEL ? kernel_json() : NULL);
	put(o, "xen", about->p->what & WHAT_XEN ? xen_json(about->ticks_per_ns) : NULL);
	put(o, "pair", about->p->what & WHAT_PAIR ? pair_json(about->ticks_per_ns) : NULL);
	rc = write_text(path, json_object_to_json_string_ext(
				      o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return rc;
}
