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

#include "prof.h"

enum how { CALLS, LOCKED, FENCES, UNSEEN };

static const char *const how_names[] = { "calls", "atomics in", "barriers in", "not observable" };

struct rule {
	const char *counter;
	enum how how;
	const char *functions; /* separated by spaces; NULL: all; UNSEEN: why */
};

/* Functions with percpu_read_lock() in them, which has one full barrier, and no other barrier. */
#define READERS                                                                                    \
	"gnttab_map_grant_ref map_grant_ref unmap_common unmap_common_complete gnttab_copy "       \
	"gnttab_copy_one gnttab_copy_claim_buf gnttab_copy_release_buf acquire_grant_for_copy "    \
	"release_grant_for_copy gnttab_query_size p2m_get_page_from_gfn"

static const struct rule rules[] = {
	{ "hypercalls", CALLS, "do_grant_table_op hvm_grant_table_op" },
	{ "continuations", CALLS, "hypercall_create_continuation" },
	{ "arg_copies", CALLS,
	  "copy_from_guest_ll copy_to_guest_ll copy_from_user_hvm copy_to_user_hvm" },
	{ "domain_lookups", CALLS, "rcu_lock_domain_by_id" },
	{ "spin_locks", CALLS,
	  "_spin_lock _spin_lock_cb _spin_lock_irq _spin_lock_irqsave _spin_lock_recursive" },
	{ "pcpu_reads", FENCES, READERS },
	{ "pcpu_reads_slow", CALLS, "_read_lock" },
	{ "pcpu_writes", CALLS, "_percpu_write_lock" },
	{ "cpus_scanned", UNSEEN, "a loop within _percpu_write_lock" },
	{ "page_locks", CALLS, "page_lock page_lock_unsafe" },
	{ "atomic_rmws", LOCKED, NULL },
	{ "barriers", FENCES, NULL },
	{ "guest_reads", UNSEEN, "plain loads" },
	{ "guest_cmpxchgs", LOCKED, "_set_status _set_status_v1" },
	{ "status_sets", CALLS, "_set_status" },
	{ "status_clears", LOCKED,
	  "unmap_common_complete gnttab_copy_release_buf release_grant_for_copy" },
	{ "frame_lookups", CALLS, "get_paged_frame" },
	{ "mfn_checks", CALLS, "__mfn_valid" },
	{ "page_gets", CALLS, "get_page" },
	{ "page_puts", CALLS, "put_page" },
	{ "type_gets", CALLS, "_get_page_type" },
	{ "type_puts", CALLS, "_put_page_type" },
	{ "frame_maps", CALLS, "map_domain_page" },
	{ "pte_lookups", CALLS, "map_guest_l1e" },
	{ "walks", CALLS,
	  "p2m_pt_get_entry p2m_pt_set_entry ept_get_entry ept_set_entry intel_iommu_map_page "
	  "intel_iommu_unmap_page amd_iommu_map_page amd_iommu_unmap_page" },
	{ "levels", UNSEEN, "loops within the walks" },
	{ "entries_written", UNSEEN, "plain stores" },
	{ "splits", CALLS, "p2m_next_level_split ept_split_super_page" },
	{ "flushes", CALLS, "flush_area_mask on_selected_cpus" },
	{ "flush_locals", CALLS, "flush_area_local" },
	{ "flush_remotes", UNSEEN, "a set of CPUs within flush_area_mask" },
	{ "iotlb_invs", UNSEEN, "a device's: count the emulator's event vtd_inv_desc_iotlb_pages" },
	{ "iotlb_waits", UNSEEN, "a device's: count the emulator's event vtd_inv_desc_wait_sw" },
	{ "maptrack_gets", UNSEEN, "inlined into its caller" },
	{ "maptrack_puts", CALLS, "put_maptrack_handle" },
	{ "maptrack_steals", CALLS, "steal_maptrack_handle" },
	{ "bytes_allocated", UNSEEN, "an argument" },
	{ "bytes_copied", UNSEEN, "a length" },
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static bool named(const char *list, const char *name)
{
	size_t n = strlen(name);

	if (!list)
		return true;
	for (const char *at = list; (at = strstr(at, name)); at++)
		if ((at == list || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

/* Is there anything of that name to be seen in this build? */
static bool has_symbol(const struct rule *r, const struct syms *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (named(r->functions, s->list[i].base) && !(r->how == CALLS && s->list[i].part))
			return true;
	return false;
}

static double value(const struct rule *r, const struct funcs *f)
{
	double v = 0;

	for (size_t i = 0; i < f->n; i++)
		if (named(r->functions, f->list[i].name))
			v += r->how == CALLS	? f->list[i].calls
			     : r->how == LOCKED ? f->list[i].locked
						: f->list[i].fences;
	return v;
}

static void print_text(const struct prof_op *op, const struct funcs *f, const struct syms *s)
{
	printf("%s\n%s, %" PRIu32 " in a hypercall, per operation\n\n", op->cell,
	       prof_cmd_name(op->cmd) ? prof_cmd_name(op->cmd) : "?", op->count);
	for (size_t i = 0; i < RULES; i++) {
		const struct rule *r = &rules[i];

		if (r->how == UNSEEN)
			printf("%10s  %-16s not observable: %s\n", "-", r->counter, r->functions);
		else if (!has_symbol(r, s))
			printf("%10s  %-16s not observable: this build has no function %s\n", "-",
			       r->counter, r->functions);
		else
			printf("%10.4f  %-16s %s %s\n", value(r, f), r->counter, how_names[r->how],
			       r->functions ? r->functions : "all");
	}
	printf("\n");
}

static struct json_object *work_json(const struct prof *p, const struct prof_op *op,
				     const struct funcs *f, const struct syms *s)
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

		json_object_object_add(x, "value",
				       seen ? json_object_new_double(value(&rules[i], f)) : NULL);
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
	struct funcs f;

	if (format == FORMAT_CSV)
		prof_die(PROF_USAGE, "work is printed as text or json");
	opts.split = false;
	for (size_t i = 0; i < p->nops; i++) {
		if (!prof_selected(sel, &p->ops[i]))
			continue;
		funcs_make(&f, p, &p->ops[i], s, &opts);
		if (format == FORMAT_TEXT)
			print_text(&p->ops[i], &f, s);
		else
			json_object_array_add(list, work_json(p, &p->ops[i], &f, s));
		funcs_free(&f);
	}
	if (format == FORMAT_JSON)
		puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY));
	json_object_put(list);
}
