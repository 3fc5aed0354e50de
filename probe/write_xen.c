// SPDX-License-Identifier: GPL-2.0-only
/* Of contention.json: what a domain's kernel asked of Xen for the process. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xen/xen.h>

#include "json.h"
#include "probe.h"

#define ADD(o, key, value)   json_object_object_add(o, key, value)
#define ADD_U(o, key, value) ADD(o, key, json_object_new_int64((int64_t)(value)))

struct xen_seen xen_seen;

#define NAME(name) #name,
const char *const xen_functions[GNB_NR_XEN_FUNCTIONS] = { GNB_XEN_FUNCTIONS(NAME) };
#undef NAME

#define NAME(name) [__HYPERVISOR_##name] = #name
static const char *const hypercalls[GNB_XEN_OPS] = {
	NAME(set_trap_table),	 NAME(mmu_update),	 NAME(set_gdt),
	NAME(stack_switch),	 NAME(fpu_taskswitch),	 NAME(set_debugreg),
	NAME(update_descriptor), NAME(memory_op),	 NAME(update_va_mapping),
	NAME(grant_table_op),	 NAME(vm_assist),	 NAME(update_va_mapping_otherdomain),
	NAME(vcpu_op),		 NAME(set_segment_base), NAME(mmuext_op),
	NAME(sched_op),		 NAME(event_channel_op), NAME(physdev_op),
};
#undef NAME

static struct json_object *operations(const struct gnb_multicalls *m)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < GNB_XEN_OPS; i++) {
		struct json_object *o;
		char name[40];

		if (!m->op[i])
			continue;
		o = json_object_new_object();
		snprintf(name, sizeof(name), "hypercall %u", i);
		if (i == GNB_XEN_OPS - 1)
			snprintf(name, sizeof(name), "another");
		ADD(o, "hypercall", gnb_json_string(hypercalls[i] ? hypercalls[i] : name));
		ADD_U(o, "calls", m->op[i]);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *multicalls(const struct gnb_multicalls *m)
{
	struct json_object *o = json_object_new_object(), *sizes = json_object_new_array();
	uint64_t flushes = 0, calls = 0;
	unsigned most = 0;

	for (unsigned i = 0; i < GNB_XEN_SIZES; i++) {
		json_object_array_add(sizes, json_object_new_int64((int64_t)m->flushes[i]));
		flushes += m->flushes[i];
		calls += i * m->flushes[i];
		if (m->flushes[i])
			most = i;
	}
	ADD_U(o, "batches", m->batches);
	ADD_U(o, "issues", m->issues);
	ADD_U(o, "calls", m->calls);
	ADD_U(o, "extended", m->extended);
	ADD_U(o, "callbacks", m->callbacks);
	ADD_U(o, "flushes", flushes);
	ADD_U(o, "empty", m->flushes[0]);
	ADD_U(o, "flushed_calls", calls);
	ADD_U(o, "full", m->full);
	ADD_U(o, "most", most);
	ADD(o, "sizes", sizes);
	ADD(o, "operations", operations(m));
	return o;
}

static struct json_object *function(unsigned i)
{
	const struct gnb_xen_times *t = &xen_seen.times[i];
	struct json_object *o = json_object_new_object(), *hist = json_object_new_array();

	for (unsigned k = 0; k < GNB_KERNEL_BUCKETS; k++)
		json_object_array_add(hist, json_object_new_int64((int64_t)t->times.hist[k]));
	ADD(o, "function", gnb_json_string(xen_functions[i]));
	ADD_U(o, "calls", t->times.n);
	ADD_U(o, "returned", t->times.ended);
	ADD_U(o, "ns", t->times.ns);
	ADD_U(o, "least_ns", t->least);
	ADD_U(o, "max_ns", t->times.max);
	ADD(o, "histogram", hist);
	return o;
}

/* An emulator's clock may be its instructions; who started it says how many ticks each is. */
static double ns_per_instruction(double ticks_per_ns)
{
	const char *ticks = getenv("GNB_TICKS_PER_INSTRUCTION");

	return ticks ? atof(ticks) / ticks_per_ns : 0;
}

struct json_object *xen_json(double ticks_per_ns)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array(),
			   *missing = json_object_new_array();
	double ns = ns_per_instruction(ticks_per_ns);

	for (unsigned i = 0; i < GNB_NR_XEN_FUNCTIONS; i++)
		if (xen_seen.function[i])
			json_object_array_add(list, function(i));
	for (unsigned i = 0; i < xen_seen.nr_missing; i++) {
		struct json_object *m = json_object_new_object();

		ADD(m, "what", gnb_json_string(xen_seen.missing[i].what));
		ADD(m, "reason", gnb_json_string(xen_seen.missing[i].reason));
		json_object_array_add(missing, m);
	}
	ADD(o, "guest_type", gnb_json_string(xen_seen.guest_type));
	ADD(o, "ns_per_instruction", ns > 0 ? gnb_json_number(ns) : NULL);
	ADD(o, "multicalls", xen_seen.multicalls ? multicalls(&xen_seen.mc) : NULL);
	ADD(o, "gntdev", xen_seen.gntdev ? json_object_get(list) : NULL);
	ADD(o, "missing", missing);
	json_object_put(list);
	return o;
}
