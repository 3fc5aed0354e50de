// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a hypercall costs what it costs: where in the operation instructions are (by the functions of
 * their stack), and what they do there (by their own function). The lists are of one build.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "causes.h"

/* Xen 4.17.7 of Debian 12; in other builds the compiler may have put other functions into others.
 */
static const char build[] = "151b373fd64b321593bf987fd923cd10dabadac4";

/* The first that has a function of the stack. What is in none is the operation's own. */
static const struct {
	const char *name, *functions;
} places[CAUSE_PLACES] = {
	[CAUSE_ENTRY] = { "entry and exit",
			  "svm_get_insn_len hvm_emulate_init_once do_softirq __do_softirq "
			  "svm_intr_assist svm_vmenter_helper nsvm_vcpu_switch "
			  "hvm_vcpu_has_pending_irq hvm_local_events_need_delivery "
			  "hypercall_create_continuation" },
	[CAUSE_ARGUMENTS] = { "copying of arguments",
			      "copy_from_user_hvm copy_to_user_hvm __hvm_copy "
			      "hvm_copy_from_guest_linear hvm_copy_to_guest_linear "
			      "hvm_translate_get_page copy_from_guest_ll copy_to_guest_ll" },
	[CAUSE_IOMMU] = { "the IOMMU's table",
			  "iommu_legacy_map iommu_legacy_unmap iommu_map iommu_unmap "
			  "iommu_iotlb_flush intel_iommu_map_page intel_iommu_unmap_page "
			  "amd_iommu_map_page amd_iommu_unmap_page iommu_flush_iotlb "
			  "addr_to_dma_page_maddr flush_iotlb_qi queue_invalidate_wait" },
	[CAUSE_FLUSH] = { "flush of TLBs",
			  "guest_flush_tlb_mask guest_flush_tlb_flags flush_area_mask "
			  "flush_area_local hvm_asid_flush_core" },
	[CAUSE_TABLE] = { "the mapper's table",
			  "create_grant_p2m_mapping replace_grant_p2m_mapping p2m_add_page "
			  "guest_physmap_add_entry p2m_remove_page p2m_remove_entry p2m_set_entry "
			  "p2m_pt_set_entry p2m_put_gfn p2m_unlock_and_tlb_flush "
			  "create_grant_pv_mapping replace_grant_pv_mapping map_guest_l1e" },
	[CAUSE_FRAME] = { "the granter's frame", "get_paged_frame check_get_page_from_gfn" },
	[CAUSE_OPERATION] = { "entry, handle, status",
			      "do_grant_table_op hvm_grant_table_op gnttab_map_grant_ref "
			      "map_grant_ref gnttab_unmap_grant_ref unmap_common "
			      "unmap_common_complete gnttab_copy do_multicall do_domctl "
			      "do_paging_domctl_cont do_memory_op hvm_hap_nested_page_fault "
			      "p2m_pt_handle_deferred_changes" },
};

/* The first that has the instruction's own function; the last one has the rest. */
static const struct {
	const char *name, *functions;
	unsigned once; /* places, as bits, in which once a hypercall would do */
} kinds[] = {
	{ "invalidation queue",
	  "flush_iotlb_qi queue_invalidate_wait qinval_next_index iommu_flush_iotlb "
	  "iommu_iotlb_flush get_iommu_did find_ats_dev_drhd iommu_flush_write_buffer "
	  "vtd_ops_preamble_quirk vtd_ops_postamble_quirk is_igd_drhd get_s_time",
	  1u << CAUSE_IOMMU },
	{ "guest's page tables",
	  "guest_walk_tables_4_levels hap_p2m_ga_to_gfn_4_levels hap_gva_to_gfn_4_levels "
	  "paging_gva_to_gfn map_domain_gfn hvm_translate_get_page hvmemul_read_cache "
	  "hvmemul_write_cache map_guest_l1e",
	  0 },
	{ "p2m look-ups",
	  "p2m_pt_get_entry p2m_get_page_from_gfn p2m_get_gfn_type_access p2m_recalc_type_range "
	  "do_recalc p2m_next_level",
	  0 },
	{ "p2m changes",
	  "p2m_pt_set_entry write_p2m_entry p2m_set_entry p2m_add_page p2m_remove_entry "
	  "p2m_remove_page p2m_type_to_flags hap_write_p2m_entry_post guest_physmap_add_entry",
	  0 },
	{ "locks",
	  "_spin_lock _spin_unlock _spin_lock_irqsave _spin_unlock_irqrestore "
	  "_spin_lock_recursive _spin_unlock_recursive _spin_lock_irq _spin_unlock_irq _read_lock "
	  "_read_unlock _percpu_write_lock _write_unlock _check_lock_level __bitmap_empty "
	  "__find_first_bit p2m_unlock_and_tlb_flush",
	  1u << CAUSE_TABLE },
	{ "pages made addressable",
	  "map_domain_page unmap_domain_page map_vtd_domain_page unmap_vtd_domain_page", 0 },
	{ "page references",
	  "get_page put_page __mfn_valid _get_page_type _put_page_type put_page_type "
	  "get_page_type check_get_page_from_gfn is_iomem_page",
	  0 },
	{ "is it a device's address?",
	  "hvm_find_io_handler hvm_mmio_accept hvm_mmio_internal vlapic_range vioapic_range "
	  "vpci_mmcfg_accept",
	  0 },
	{ "speculation thunks", NULL, 0 }, /* by the beginning of their names */
	{ "itself", "", 0 },
};

#define KIND_QUEUE 0
#define KINDS	   ((unsigned)(sizeof(kinds) / sizeof(kinds[0])))

/* In these places all of it. */
#define ONCE_PLACES (1u << CAUSE_ARGUMENTS | 1u << CAUSE_FLUSH)

bool cause_named(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at++)
		if ((at == list || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

void causes_map(struct causes *c, const struct syms *s)
{
	*c = (struct causes){ .places = calloc(s->n, sizeof(*c->places)),
			      .kinds = calloc(s->n, sizeof(*c->kinds)) };
	if (!c->places || !c->kinds)
		prof_die(PROF_FAIL, "out of memory");
	for (size_t i = 0; i < s->n; i++) {
		const char *name = s->list[s->list[i].function].base;
		unsigned k = 0;

		for (unsigned p = 0; p < CAUSE_PLACES; p++)
			c->places[i] |= cause_named(places[p].functions, name) ? 1u << p : 0;
		while (k < KINDS - 1 && !(kinds[k].functions ? cause_named(kinds[k].functions, name)
							     : !strncmp(name, "__x86_", 6)))
			k++;
		c->kinds[i] = (uint8_t)k;
	}
}

void causes_free(struct causes *c)
{
	free(c->places);
	free(c->kinds);
}

unsigned cause_stack(const struct causes *c, const struct prof *p, uint32_t node,
		     const struct syms *s)
{
	unsigned all = 0;

	for (; node; node = p->nodes[node].parent) {
		const struct sym *y = p->nodes[node].kind == PROF_CALL
					      ? syms_find(s, p->nodes[node].addr - 1)
					      : NULL;

		all |= y ? c->places[y - s->list] : 0;
	}
	return all;
}

enum cause_place cause_place(unsigned stack)
{
	for (unsigned p = 0; p < CAUSE_PLACES; p++)
		if (stack >> p & 1)
			return (enum cause_place)p;
	return CAUSE_ENTRY;
}

bool cause_own(enum cause_place place)
{
	return place != CAUSE_ENTRY;
}

/* ---- the table ---- */

struct sums {
	double v[CAUSE_PLACES][sizeof(kinds) / sizeof(kinds[0])];
};

static void sum_up(struct sums *t, const struct prof *p, const struct prof_op *op,
		   const struct syms *s, const struct func_opts *o)
{
	double scale = prof_scale(op, o);
	struct causes c;

	*t = (struct sums){ 0 };
	causes_map(&c, s);
	for (size_t i = 0; i < p->ncounts; i++) {
		const struct prof_count *n = &p->counts[i];
		uint64_t v = n->op == op->id ? prof_value(n, p, o) : 0;
		const struct prof_block *b = &p->blocks[n->block];
		unsigned stack = v ? cause_stack(&c, p, n->node, s) : 0;
		uint64_t pc = b->pc;

		for (unsigned k = 0; v && k < n->done; pc += b->len[k++]) {
			const struct sym *y = syms_find(s, pc);
			enum cause_place place =
				cause_place(stack | (y ? c.places[y - s->list] : 0));
			unsigned kind = y ? c.kinds[y - s->list] : KINDS - 1;

			/* Some of the queue's functions are others' too. */
			if (kind == KIND_QUEUE && place != CAUSE_IOMMU)
				kind = KINDS - 1;
			t->v[place][kind] += (double)v * scale;
		}
	}
	causes_free(&c);
}

static bool once(unsigned place, unsigned kind)
{
	return ONCE_PLACES >> place & 1 || kinds[kind].once >> place & 1;
}

static void print_row(const char *name, const double v[2], double saved)
{
	printf("%10.2f %10.2f %+10.2f ", v[0], v[1], v[1] - v[0]);
	if (saved > 0)
		printf("%10.2f  %s\n", saved, name);
	else
		printf("%10s  %s\n", "", name);
}

static struct json_object *row_json(const char *place, const char *kind, const double v[2],
				    double saved)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "place", json_object_new_string(place));
	json_object_object_add(o, "kind", kind ? json_object_new_string(kind) : NULL);
	json_object_object_add(o, "a", json_object_new_double(v[0]));
	json_object_object_add(o, "b", json_object_new_double(v[1]));
	json_object_object_add(o, "once_saves", json_object_new_double(saved));
	return o;
}

static void print_csv(const char *place, const char *kind, const double v[2], double saved)
{
	printf("\"%s\",%s,%.6g,%.6g,%.6g\n", place, kind ? kind : "all", v[0], v[1], saved);
}

/* One place: its sum, and what is in it. */
static void print_place(struct json_object *list, const struct sums t[2], unsigned place,
			double part, enum prof_format format, double all[3])
{
	double sum[2] = { 0 }, saved = 0;

	for (unsigned k = 0; k < KINDS; k++) {
		sum[0] += t[0].v[place][k];
		sum[1] += t[1].v[place][k];
		saved += once(place, k) ? t[1].v[place][k] * part : 0;
	}
	if (sum[0] + sum[1] <= 0)
		return;
	all[0] += sum[0];
	all[1] += sum[1];
	all[2] += saved;
	for (int k = -1; k < (int)KINDS; k++) {
		const double v[2] = { k < 0 ? sum[0] : t[0].v[place][k],
				      k < 0 ? sum[1] : t[1].v[place][k] };
		double s = k < 0 ? saved : once(place, (unsigned)k) ? v[1] * part : 0;
		char name[100];

		if (k >= 0 && v[0] + v[1] <= 0)
			continue;
		snprintf(name, sizeof(name), "%s%s", k < 0 ? "" : "  ",
			 k < 0 ? places[place].name : kinds[k].name);
		if (format == FORMAT_TEXT)
			print_row(name, v, s);
		else if (format == FORMAT_CSV)
			print_csv(places[place].name, k < 0 ? NULL : kinds[k].name, v, s);
		else
			json_object_array_add(list, row_json(places[place].name,
							     k < 0 ? NULL : kinds[k].name, v, s));
	}
}

void causes_print(const struct prof *a, const struct prof_op *x, const struct syms *sa,
		  const struct prof *b, const struct prof_op *y, const struct syms *sb,
		  const struct func_opts *o, enum prof_format format)
{
	const struct prof_op *op[2] = { x, y };
	const char *ids[2] = { a->build_id, b->build_id };
	double part = y->count ? 1 - 1.0 / y->count : 0, all[3] = { 0 };
	struct json_object *list = json_object_new_array();
	struct sums t[2];

	for (unsigned i = 0; i < 2; i++)
		if (strcmp(ids[i], build))
			fprintf(stderr,
				"grantbench-profile: causes are listed for build %s, this is %s: "
				"what is not listed counts as 'itself'\n",
				build, ids[i]);
	sum_up(&t[0], a, x, sa, o);
	sum_up(&t[1], b, y, sb, o);
	for (unsigned i = 0; format == FORMAT_TEXT && i < 2; i++)
		printf("%c %s: %s, %" PRIu32 " in a hypercall\n", "ab"[i], op[i] -> cell,
		       prof_cmd_name(op[i]->cmd) ? prof_cmd_name(op[i]->cmd) : "?", op[i]->count);
	if (format == FORMAT_TEXT)
		printf("\n%10s %10s %10s %10s  %s\n", "a", "b", "b - a", "once saves",
		       "instructions per operation");
	else if (format == FORMAT_CSV)
		puts("place,kind,a,b,once_saves");
	for (unsigned p = 0; p < CAUSE_PLACES; p++)
		print_place(list, t, p, part, format, all);
	if (format == FORMAT_TEXT)
		print_row("all", all, all[2]);
	if (format == FORMAT_JSON)
		puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY));
	json_object_put(list);
}
