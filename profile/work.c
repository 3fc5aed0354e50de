// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work per operation, under the names of hv's counters (hv/counters.h). What is a function of its
 * own is counted by its calls. What the compiler put into its callers is counted by an instruction
 * that nothing else there has: a full barrier, or an atomic read-modify-write. What has neither is
 * not observable, and is said to be.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "causes.h"

enum how { CALLS, LOCKED, FENCES, UNSEEN };

static const char *const how_names[] = { "calls", "atomics in", "barriers in", "not observable" };

struct rule {
	const char *counter;
	enum how how;
	const char *functions; /* separated by spaces; NULL: all; UNSEEN: why */
	bool whole;	       /* also in entry and exit */
	const char *less;      /* calls of these do not count */
};

/* Functions with percpu_read_lock() in them, which has one full barrier, and no other barrier. */
#define READERS                                                                                    \
	"gnttab_map_grant_ref map_grant_ref unmap_common unmap_common_complete gnttab_copy "       \
	"gnttab_copy_one gnttab_copy_claim_buf gnttab_copy_release_buf acquire_grant_for_copy "    \
	"release_grant_for_copy gnttab_query_size p2m_get_page_from_gfn"

static const struct rule rules[] = {
	{ "hypercalls", CALLS, "do_grant_table_op compat_grant_table_op do_memory_op do_domctl",
	  true, NULL },
	{ "continuations", CALLS, "hypercall_create_continuation", true, NULL },
	{ "arg_copies", CALLS,
	  "copy_from_guest_ll copy_to_guest_ll copy_from_user_hvm copy_to_user_hvm", true,
	  "do_iret" /* by which a PV kernel returns to a process: it copies a frame of the stack */ },
	{ "arg_walks", CALLS, "guest_walk_tables_4_levels", false, NULL },
	{ "walk_steps", CALLS, "hap_p2m_ga_to_gfn_4_levels map_domain_gfn", false, NULL },
	{ "domain_lookups", CALLS, "rcu_lock_domain_by_id", false, NULL },
	{ "spin_locks", CALLS,
	  "_spin_lock _spin_lock_cb _spin_lock_irq _spin_lock_irqsave _spin_lock_recursive", false,
	  NULL },
	{ "pcpu_reads", FENCES, READERS, false, NULL },
	{ "pcpu_reads_slow", CALLS, "_read_lock", false, NULL },
	{ "pcpu_writes", CALLS, "_percpu_write_lock", false, NULL },
	{ "cpus_scanned", UNSEEN, "a loop within _percpu_write_lock", false, NULL },
	{ "page_locks", CALLS, "page_lock page_lock_unsafe", false, NULL },
	{ "atomic_rmws", LOCKED, NULL, false, NULL },
	{ "barriers", FENCES, NULL, false, NULL },
	{ "guest_reads", UNSEEN, "plain loads", false, NULL },
	{ "guest_cmpxchgs", LOCKED, "_set_status _set_status_v1", false, NULL },
	{ "status_sets", CALLS, "_set_status", false, NULL },
	{ "status_clears", LOCKED,
	  "unmap_common_complete gnttab_copy_release_buf release_grant_for_copy", false, NULL },
	{ "frame_lookups", CALLS, "get_paged_frame", false, NULL },
	{ "p2m_lookups", CALLS, "p2m_get_page_from_gfn", false, NULL },
	{ "mfn_checks", CALLS, "__mfn_valid", false, NULL },
	{ "page_gets", CALLS, "get_page", false, NULL },
	{ "page_puts", CALLS, "put_page", false, NULL },
	{ "type_gets", CALLS, "_get_page_type", false, NULL },
	{ "type_puts", CALLS, "_put_page_type", false, NULL },
	{ "frame_maps", CALLS, "map_domain_page", false, NULL },
	{ "pte_lookups", CALLS, "map_guest_l1e", false, NULL },
	{ "walks", CALLS,
	  "p2m_pt_get_entry p2m_pt_set_entry ept_get_entry ept_set_entry intel_iommu_map_page "
	  "intel_iommu_unmap_page amd_iommu_map_page amd_iommu_unmap_page",
	  false, NULL },
	{ "levels", UNSEEN, "loops within the walks", false, NULL },
	{ "entries_written", UNSEEN, "plain stores", false, NULL },
	{ "splits", CALLS, "p2m_next_level_split ept_split_super_page", false, NULL },
	{ "flushes", CALLS, "flush_area_mask on_selected_cpus", false, NULL },
	{ "flush_locals", CALLS, "flush_area_local", false, NULL },
	{ "flush_remotes", UNSEEN, "a set of CPUs within flush_area_mask", false, NULL },
	{ "iotlb_invs", CALLS, "qinval_next_index", false, "queue_invalidate_wait" },
	{ "context_invs", CALLS, "queue_invalidate_context_sync", true, NULL },
	{ "context_gets", UNSEEN, "not in Xen", false, NULL },
	{ "iotlb_waits", CALLS, "queue_invalidate_wait", false, NULL },
	{ "maptrack_gets", UNSEEN, "inlined into its caller", false, NULL },
	{ "maptrack_puts", CALLS, "put_maptrack_handle", false, NULL },
	{ "maptrack_steals", CALLS, "steal_maptrack_handle", false, NULL },
	{ "events", CALLS, "evtchn_2l_set_pending evtchn_fifo_set_pending", false, NULL },
	{ "exits", CALLS, "svm_vmexit_handler vmx_vmexit_handler", true, NULL },
	{ "pauses", CALLS, "domain_pause", true, NULL },
	{ "recursive_locks", CALLS, "_spin_lock_recursive", true, NULL },
	{ "recalcs", CALLS, "do_recalc", true, NULL },
	{ "recalc_levels", UNSEEN, "a loop within do_recalc", false, NULL },
	{ "type_changes", CALLS, "p2m_change_type_one", true, NULL },
	{ "pages_marked", CALLS, "paging_mark_pfn_dirty", true, NULL },
	{ "bitmap_bytes", UNSEEN, "a length", false, NULL },
	{ "bytes_allocated", UNSEEN, "an argument", false, NULL },
	{ "bytes_copied", UNSEEN, "a length", false, NULL },
	{ "vq_kicks", UNSEEN, "Xen has no virtqueues", false, NULL },
	{ "vq_requests", UNSEEN, "Xen has no virtqueues", false, NULL },
	{ "vq_maps", UNSEEN, "Xen has no virtqueues", false, NULL },
	{ "vq_unmaps", UNSEEN, "Xen has no virtqueues", false, NULL },
	{ "vq_desc_reads", UNSEEN, "Xen has no virtqueues", false, NULL },
	{ "vq_completions", UNSEEN, "Xen has no virtqueues", false, NULL },
	{ "vq_notifications", UNSEEN, "Xen has no virtqueues", false, NULL },
	{ "mapping_nodes", UNSEEN, "Xen has no virtqueues", false, NULL },
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static bool named(const char *list, const char *name)
{
	return !list || cause_named(list, name);
}

/* Is there anything of that name to be seen in this build? */
static bool has_symbol(const struct rule *r, const struct syms *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (named(r->functions, s->list[i].base) && !(r->how == CALLS && s->list[i].part))
			return true;
	return false;
}

/* f: all of the hypercall, and the operation without entry and exit. */
static double value(const struct rule *r, const struct funcs f[2], bool whole)
{
	const struct funcs *x = &f[!whole];
	double v = 0;

	for (size_t i = 0; i < x->n; i++)
		if (named(r->functions, x->list[i].name))
			v += r->how == CALLS	? x->list[i].calls
			     : r->how == LOCKED ? x->list[i].locked
						: x->list[i].fences;
		else if (r->less && named(r->less, x->list[i].name))
			v -= x->list[i].calls;
	return v;
}

/* As much again in entry and exit. */
static double elsewhere(const struct rule *r, const struct funcs f[2])
{
	double v = r->whole ? 0 : value(r, f, true) - value(r, f, false);

	return v > 1e-9 ? v : 0;
}

static void print_text(const struct prof_op *op, const struct funcs f[2], const struct syms *s)
{
	printf("%s\n%s, %" PRIu32
	       " in a hypercall, per operation; elsewhere: entry and exit\n\n%10s "
	       "%10s\n",
	       op->cell, prof_cmd_name(op->cmd) ? prof_cmd_name(op->cmd) : "?", op->count,
	       "operation", "elsewhere");
	for (size_t i = 0; i < RULES; i++) {
		const struct rule *r = &rules[i];

		if (r->how == UNSEEN)
			printf("%10s %10s  %-16s not observable: %s\n", "-", "-", r->counter,
			       r->functions);
		else if (!has_symbol(r, s))
			printf("%10s %10s  %-16s not observable: this build has no function %s\n",
			       "-", "-", r->counter, r->functions);
		else
			printf("%10.4f %10.4f  %-16s %s %s%s%s\n", value(r, f, r->whole),
			       elsewhere(r, f), r->counter, how_names[r->how],
			       r->functions ? r->functions : "all", r->less ? ", without " : "",
			       r->less ? r->less : "");
	}
	printf("\n");
}

static struct json_object *work_json(const struct prof *p, const struct prof_op *op,
				     const struct funcs f[2], const struct syms *s)
{
	struct json_object *o = json_object_new_object(), *w = json_object_new_object();
	const char *name = prof_cmd_name(op->cmd);

	json_object_object_add(o, "run", json_object_new_string(p->path));
	json_object_object_add(o, "cell", json_object_new_string(op->cell));
	json_object_object_add(o, "op", name ? json_object_new_string(name) : NULL);
	json_object_object_add(o, "count", json_object_new_int64(op->count));
	json_object_object_add(o, "windows", json_object_new_int64((int64_t)op->least_windows));
	for (size_t i = 0; i < RULES; i++) {
		struct json_object *x = json_object_new_object();
		bool seen = rules[i].how != UNSEEN && has_symbol(&rules[i], s);

		json_object_object_add(
			x, "value",
			seen ? json_object_new_double(value(&rules[i], f, rules[i].whole)) : NULL);
		json_object_object_add(x, "elsewhere",
				       seen ? json_object_new_double(elsewhere(&rules[i], f))
					    : NULL);
		json_object_object_add(
			x, "how", json_object_new_string(how_names[seen ? rules[i].how : UNSEEN]));
		json_object_object_add(
			x, "of",
			json_object_new_string(rules[i].functions ? rules[i].functions : "all"));
		json_object_object_add(w, rules[i].counter, x);
	}
	json_object_object_add(o, "work", w);
	return o;
}

void work_print(const struct prof *p, const struct prof_select *sel, const struct syms *s,
		const struct func_opts *o, enum prof_format format)
{
	struct json_object *list = json_object_new_array();
	struct func_opts opts = *o;
	struct funcs f[2];

	if (format == FORMAT_CSV)
		prof_die(PROF_USAGE, "work is printed as text or json");
	opts.split = false;
	for (size_t i = 0; i < p->nops; i++) {
		if (!prof_selected(sel, &p->ops[i]))
			continue;
		for (unsigned k = 0; k < 2; k++) {
			opts.own = k;
			funcs_make(&f[k], p, &p->ops[i], s, &opts);
		}
		if (format == FORMAT_TEXT)
			print_text(&p->ops[i], f, s);
		else
			json_object_array_add(list, work_json(p, &p->ops[i], f, s));
		funcs_free(&f[0]);
		funcs_free(&f[1]);
	}
	if (format == FORMAT_JSON)
		puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY));
	json_object_put(list);
}
