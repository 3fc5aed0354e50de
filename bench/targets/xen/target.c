// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen itself as a target, from a Linux domain. See docs/xen.md.
 *
 * A machine has one side or two (side.h): this domain, through /dev/gnb_guest, and domains of
 * our own, through their channel. Which is what is the target's options' affair (choice.h).
 * What a machine has ends with it.
 *
 * The clock is what passes on the time-stamp counter between two readings right around each
 * hypercall: nanoseconds, or instructions where GNB_TICKS_PER_INSTRUCTION says how many ticks
 * one takes (an emulator with an instruction clock). Then there are counts too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/grant.h>
#include <gnb/target.h>

#include "here.h"
#include "operations.h"
#include "side_guest.h"
#include "side_here.h"

struct gnb_machine {
	struct gnb_xen_side *side[GNB_ROLES]; /* the same one twice for a grant to itself */
	struct gnb_xen_tools *tools;	      /* the mapper as the granter's toolstack, or NULL */
	unsigned nodes;
	bool tree; /* what is granted is in one */
};

/* Set where the clock is one of instructions; else there are no counts. */
static const char *count_names[3];

static int t_supported(const struct gnb_machine_config *c, const char **why)
{
	const char *no;
	int rc = gnb_xen_look(why);

	if (rc)
		return rc;
	count_names[0] = gnb_xen_ticks_per_instruction() ? "instructions" : NULL;
	count_names[1] = count_names[0] ? "translated_hypercalls" : NULL;
	no = gnb_xen_config_refused(c, gnb_xen_info(), gnb_xen_means());
	if (no)
		*why = no;
	return no ? -EOPNOTSUPP : 0;
}

/* The mapper first: what it has mapped keeps the granter from going. */
static int end(struct gnb_machine *m, char *why, size_t len)
{
	struct gnb_xen_side *g = m->side[GNB_GRANTER], *o = m->side[GNB_MAPPER];
	int rc = o && o != g ? o->ops->close(o, why, len) : 0, rc2;
	char second[200] = "";

	if (m->tools)
		gnb_xen_tools_close(m->tools);
	rc2 = g ? g->ops->close(g, rc ? second : why, rc ? sizeof(second) : len) : 0;
	free(m);
	return rc ? rc : rc2;
}

static int become_toolstack(struct gnb_machine *m, const struct gnb_machine_config *cfg,
			    const char **why)
{
	struct gnb_xen_side *g = m->side[GNB_GRANTER];
	int rc = gnb_xen_tools_open(g->domid, &m->tools, why);

	if (rc)
		return rc;
	g->tools = m->tools;
	gnb_xen_tools_device(m->tools, gnb_xen_means()->device_first, cfg->device_pages);
	if (cfg->ram == GNB_RAM_WHOLE)
		return 0;
	*why = "its memory cannot be had anew by pages of 4 KiB";
	return gnb_xen_tools_break_up(m->tools, m->side[GNB_MAPPER]->vcpu,
				      g->ops->frame(g, GNB_XEN_RAM, 0), cfg->granter_pages);
}

static int make(struct gnb_machine *m, const struct gnb_machine_config *cfg, const char **why)
{
	const struct gnb_xen_choice c = gnb_xen_choice(gnb_xen_info(), gnb_xen_means());
	struct gnb_xen_want maps = {
		.version = cfg->version,
		.type = cfg->mapper == GNB_MAPPER_PV ? GNB_DOMAIN_PV : GNB_DOMAIN_PVH,
		.pages[GNB_XEN_OWN] = GNB_OWN_PAGES,
		.slots = cfg->map_slots ? cfg->map_slots : 1024,
		.max_maptrack = cfg->max_maptrack_frames,
	};
	struct gnb_xen_want grants = {
		.version = cfg->version,
		.type = c.granter_type,
		.pages[GNB_XEN_RAM] = cfg->granter_pages ? cfg->granter_pages : 1024,
		.pages[GNB_XEN_NODES] = cfg->nodes,
		.frames = cfg->grant_frames ? cfg->grant_frames : 1,
		.cold = cfg->cold,
		.max_frames = cfg->max_grant_frames,
		.unseen = cfg->logged,
	};
	int rc;

	if (!c.granter_guest) {
		grants.pages[GNB_XEN_OWN] = maps.pages[GNB_XEN_OWN];
		grants.slots = maps.slots;
		rc = gnb_xen_side_here(&grants, &m->side[GNB_GRANTER], why);
		m->side[GNB_MAPPER] = m->side[GNB_GRANTER];
		return rc;
	}
	rc = gnb_xen_side_guest(&grants, &m->side[GNB_GRANTER], why);
	if (rc)
		return rc;
	rc = c.mapper_guest ? gnb_xen_side_guest(&maps, &m->side[GNB_MAPPER], why)
			    : gnb_xen_side_here(&maps, &m->side[GNB_MAPPER], why);
	return rc || !cfg->logged ? rc : become_toolstack(m, cfg, why);
}

static int t_open(const struct gnb_machine_config *cfg, struct gnb_machine **out, const char **why)
{
	char ignored[200];
	struct gnb_machine *m;
	int rc = t_supported(cfg, why);

	if (rc)
		return rc;
	m = calloc(1, sizeof(*m));
	*why = "not enough memory for a machine";
	if (!m)
		return -ENOMEM;
	m->nodes = cfg->nodes;
	m->tree = gnb_is_tree(cfg->version->entries);
	rc = make(m, cfg, why);
	if (rc)
		end(m, ignored, sizeof(ignored));
	else
		*out = m;
	return rc;
}

static int t_close(struct gnb_machine *m, char *why, size_t len)
{
	struct gnb_xen_side *g = m->side[GNB_GRANTER], *o = m->side[GNB_MAPPER];
	int rc = o->ops->check(o, why, len), rc2;
	char second[200] = "";

	if (!rc && o != g)
		rc = g->ops->check(g, why, len);
	rc2 = end(m, rc ? second : why, rc ? sizeof(second) : len);
	return rc ? rc : rc2;
}

static struct gnb_vcpu *t_vcpu(struct gnb_machine *m, enum gnb_role role, unsigned i)
{
	struct gnb_xen_side *s = m->side[role];

	return i < s->vcpus ? &s->vcpu[i] : NULL;
}

static uint16_t t_domid(struct gnb_machine *m, enum gnb_role role)
{
	return m->side[role]->domid;
}

static long t_hypercall(struct gnb_vcpu *v, unsigned cmd, void *args, unsigned count)
{
	return v->side->ops->hypercall(v, cmd, args, count);
}

static void *t_args_alloc(struct gnb_machine *m, enum gnb_role role, size_t bytes)
{
	if (m->tools && role == GNB_MAPPER)
		return gnb_xen_tools_alloc(m->tools, bytes);
	return m->side[role]->ops->args_alloc(m->side[role], bytes);
}

static uint64_t t_args_address(struct gnb_machine *m, enum gnb_role role, const void *p)
{
	return m->side[role]->ops->args_address(m->side[role], p);
}

static uint64_t t_frame(struct gnb_machine *m, unsigned i)
{
	return m->side[GNB_GRANTER]->ops->frame(m->side[GNB_GRANTER], GNB_XEN_RAM, i);
}

static void *t_ram(struct gnb_machine *m, unsigned i)
{
	return m->side[GNB_GRANTER]->ops->ram(m->side[GNB_GRANTER], GNB_XEN_RAM, i);
}

static void *t_node(struct gnb_machine *m, unsigned i, uint64_t *frame)
{
	struct gnb_xen_side *g = m->side[GNB_GRANTER];

	if (i >= m->nodes)
		return NULL;
	*frame = g->ops->frame(g, GNB_XEN_NODES, i);
	return g->ops->ram(g, GNB_XEN_NODES, i);
}

static uint64_t t_own_frame(struct gnb_machine *m, unsigned i)
{
	return m->side[GNB_MAPPER]->ops->frame(m->side[GNB_MAPPER], GNB_XEN_OWN, i);
}

static void *t_own_ram(struct gnb_machine *m, unsigned i)
{
	return m->side[GNB_MAPPER]->ops->ram(m->side[GNB_MAPPER], GNB_XEN_OWN, i);
}

static void *t_grant_frame(struct gnb_machine *m, unsigned i, bool status)
{
	return m->side[GNB_GRANTER]->ops->grant_frame(m->side[GNB_GRANTER], i, status);
}

static int t_grow(struct gnb_machine *m, unsigned nr)
{
	return m->side[GNB_GRANTER]->ops->grow(m->side[GNB_GRANTER], nr);
}

static uint64_t t_map_addr(struct gnb_machine *m, unsigned i)
{
	return m->side[GNB_MAPPER]->ops->map_addr(m->side[GNB_MAPPER], i);
}

static int t_touch(struct gnb_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		   bool write)
{
	return v->side->ops->touch(v, addr, off, buf, len, write);
}

static int t_dma(struct gnb_machine *m, uint64_t dfn, unsigned off, void *buf, unsigned len,
		 bool write)
{
	(void)m, (void)dfn, (void)off, (void)buf, (void)len, (void)write;
	return -EOPNOTSUPP;
}

static uint64_t t_map_dfn(struct gnb_machine *m, unsigned i, uint64_t dev_bus_addr)
{
	(void)m;
	(void)i;
	return dev_bus_addr >> GNB_PAGE_SHIFT;
}

static uint64_t ticks_of(const struct gnb_xen_side *s)
{
	uint64_t ticks = 0;

	for (unsigned i = 0; i < s->vcpus; i++)
		ticks += s->vcpu[i].ticks;
	return ticks;
}

/* What all hypercalls of the machine took, in the clock's unit. */
static uint64_t t_now(struct gnb_machine *m)
{
	uint64_t ticks = ticks_of(m->side[GNB_GRANTER]);

	if (m->side[GNB_MAPPER] != m->side[GNB_GRANTER])
		ticks += ticks_of(m->side[GNB_MAPPER]);
	return gnb_xen_spent(ticks);
}

/* Those of translated domains, which cost an emulated processor's hypervisor more than that of a real one. */
static uint64_t translated_calls(const struct gnb_machine *m)
{
	uint64_t calls = 0;

	for (unsigned r = GNB_GRANTER; r <= GNB_MAPPER; r++) {
		const struct gnb_xen_side *s = m->side[r];

		if (!s->translated || (r == GNB_MAPPER && s == m->side[GNB_GRANTER]))
			continue;
		for (unsigned i = 0; i < s->vcpus; i++)
			calls += s->vcpu[i].calls;
	}
	return calls;
}

static const struct gnb_clock *t_clock(void)
{
	static const struct gnb_clock time = { "hypercalls", "ns", t_now, false },
				      exact = { "instructions", "instructions", t_now, true };

	return gnb_xen_ticks_per_instruction() ? &exact : &time;
}

static void t_counts(struct gnb_machine *m, struct gnb_counts *out)
{
	memset(out, 0, sizeof(*out));
	if (!gnb_xen_ticks_per_instruction())
		return;
	out->v[0] = t_now(m);
	out->v[1] = translated_calls(m);
}

static uint64_t t_take_events(struct gnb_machine *m, enum gnb_role role)
{
	const struct gnb_xen_side_ops *ops = m->side[role]->ops;

	return ops->take_events ? ops->take_events(m->side[role]) : 0;
}

static long t_operation(struct gnb_machine *m, struct gnb_vcpu *v, enum gnb_op_kind kind,
			unsigned nr, void *args)
{
	return gnb_xen_operation(m->tools, v, kind, nr, args);
}

static const char *t_lacks(enum gnb_op_kind kind, unsigned nr)
{
	const char *why;

	return gnb_xen_look(&why)
		       ? why
		       : gnb_xen_operation_refused(kind, nr, gnb_xen_info(), gnb_xen_means());
}

/* What Xen's own part costs, it does not tell. */
static void t_footprint(struct gnb_machine *m, uint64_t *guest, uint64_t *hv, uint64_t *mapper)
{
	struct gnb_xen_side *g = m->side[GNB_GRANTER];

	/* Nodes are the granter's affair. */
	*guest = m->tree ? 0 : (uint64_t)g->ops->frames(g) * GNB_PAGE_SIZE;
	*hv = *mapper = UINT64_MAX;
}

static const struct gnb_target target_xen = {
	.name = "xen",
	.summary = "Xen itself, from a Linux domain, with domains of our own if wanted",
	.count_names = count_names,
	.counting_runs = 8, /* a timer interrupt of Xen's adds a thousand instructions and more */
	.options = gnb_xen_options,
	.option = gnb_xen_option,
	.clock = t_clock,
	.fixed = gnb_xen_fixed,
	.facts = gnb_xen_facts,
	.supported = t_supported,
	.cell = gnb_xen_cell,
	.open = t_open,
	.close = t_close,
	.vcpu = t_vcpu,
	.domid = t_domid,
	.hypercall = t_hypercall,
	.args_alloc = t_args_alloc,
	.args_address = t_args_address,
	.frame = t_frame,
	.ram = t_ram,
	.own_frame = t_own_frame,
	.own_ram = t_own_ram,
	.grant_frame = t_grant_frame,
	.node = t_node,
	.grow = t_grow,
	.map_addr = t_map_addr,
	.touch = t_touch,
	.dma = t_dma,
	.map_dfn = t_map_dfn,
	.take_events = t_take_events,
	.operation = t_operation,
	.lacks = t_lacks,
	.counts = t_counts,
	.footprint = t_footprint,
};
GNB_TARGET(target_xen);
