/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mapper's side: operations that map, unmap and copy granted pages. Prepared before a span, called in it, checked
 * and undone after it. The granter's side is gnb/grant.h.
 *
 * What a benchmark measures is one of two things:
 *
 *   hypercalls      gnb_map_timed(), gnb_unmap_timed() and gnb_copy_timed() open the span around the calls and
 *                   close it before they look at anything
 *   a guest's work  with the hypercalls that it makes: between gnb_start() and gnb_stop() of a metric that says
 *                   .guest; or of any, in a source that has GNB_WHOLE_SPANS defined where it includes this
 *
 * In any other span what prepares and checks operations would be measured by accident: the counting round, which
 * is in every cell, finds it and fails the cell. A span that holds hypercalls only pays nothing for that.
 *
 * Locking: different objects by different threads; of gnb_map_one(), gnb_unmap_one() and gnb_copy_one() see there.
 */
#ifndef GNB_MAPPER_H
#define GNB_MAPPER_H

#include <gnb/bench.h>
#include <gnb/grant.h>

/* Note that harness work is done while a span is open that is not to hold any: gnb_lane_run() fails then. */
void gnb_leaks_into_span(struct gnb_side *s);

static inline void gnb_outside_span(struct gnb_side *s)
{
#ifdef GNB_WHOLE_SPANS
	(void)s;
#else
	if (__builtin_expect(s->open != 0, 0))
		gnb_leaks_into_span(s);
#endif
}

/* n operations of size bytes each, batch of them a hypercall; batch divides n. 0, or -errno with s->why. */
static inline __attribute__((always_inline)) int gnb_calls(struct gnb_side *s, struct gnb_vcpu *v,
							   unsigned cmd, void *args, size_t size,
							   unsigned n, unsigned batch)
{
	long rc = 0;

	for (unsigned i = 0; i < n && !rc; i += batch)
		rc = s->t->hypercall(v, cmd, (char *)args + i * size, batch);
	return rc ? gnb_fail(s, rc < 0 ? (int)rc : -EIO, "grant operation %u returned %ld", cmd, rc)
		  : 0;
}

/* The same as a span of metric (an index) that holds nothing else: n of its operations. */
static inline __attribute__((always_inline)) int
gnb_timed_calls(struct gnb_side *s, unsigned metric, struct gnb_vcpu *v, unsigned cmd, void *args,
		size_t size, unsigned n, unsigned batch)
{
	int rc;

	gnb_start(s, metric);
	rc = gnb_calls(s, v, cmd, args, size, n, batch);
	gnb_stop(s, metric, n);
	return rc;
}

/* ---- mappings ---- */

/* n mappings: the operations that make them, and those that undo them. */
struct gnb_maps {
	struct gnb_side *s;
	struct gnttab_map_grant_ref *map;
	struct gnttab_unmap_grant_ref *unmap;
	unsigned n;
	uint16_t granter;
};

/* Room for n of them in the mapper's memory, for the life of the machine. 0, or -ENOMEM with s->why. */
static inline int gnb_maps_init(struct gnb_maps *m, struct gnb_side *s, unsigned n)
{
	m->s = s;
	m->n = n;
	m->granter = s->t->domid(s->m, GNB_GRANTER);
	m->map = s->t->args_alloc(s->m, GNB_MAPPER, n * sizeof(*m->map));
	m->unmap = s->t->args_alloc(s->m, GNB_MAPPER, n * sizeof(*m->unmap));
	return m->map && m->unmap
		       ? 0
		       : gnb_fail(s, -ENOMEM, "no memory for the arguments of %u mappings", n);
}

/* Mapping i is to be of reference ref at address addr (target->map_addr() of a slot), read-only or not. */
static inline void gnb_map_set(struct gnb_maps *m, unsigned i, uint64_t addr, uint32_t ref, bool ro)
{
	gnb_outside_span(m->s);
	m->map[i] = (struct gnttab_map_grant_ref){
		.host_addr = addr,
		.flags = GNTMAP_host_map | (ro ? GNTMAP_readonly : 0),
		.ref = ref,
		.dom = m->granter,
	};
}

/* What was set, and what the hypervisor answered. */
static inline uint64_t gnb_map_addr(const struct gnb_maps *m, unsigned i)
{
	return m->map[i].host_addr;
}

static inline uint32_t gnb_map_ref(const struct gnb_maps *m, unsigned i)
{
	return m->map[i].ref;
}

static inline grant_handle_t gnb_map_handle(const struct gnb_maps *m, unsigned i)
{
	return m->map[i].handle;
}

static inline int gnb_map_status(const struct gnb_maps *m, unsigned i)
{
	return m->map[i].status;
}

/* One hypercall for n mappings from the first-th, without a look at their statuses. 0, or -errno with s->why. */
static inline int gnb_map_call(struct gnb_maps *m, struct gnb_vcpu *v, unsigned first, unsigned n)
{
	return gnb_calls(m->s, v, GNTTABOP_map_grant_ref, m->map + first, sizeof(*m->map), n, n);
}

/* Was mapping i made? 0, or -EIO with s->why. */
static inline int gnb_map_check(struct gnb_maps *m, unsigned i)
{
	gnb_outside_span(m->s);
	if (__builtin_expect(m->map[i].status == GNTST_okay, 1))
		return 0;
	return gnb_fail(m->s, -EIO, "mapping reference %u: status %d", m->map[i].ref,
			m->map[i].status);
}

/* Make n mappings from the first-th with one hypercall, and check them. 0, or -errno with s->why. */
static inline int gnb_map(struct gnb_maps *m, struct gnb_vcpu *v, unsigned first, unsigned n)
{
	int rc = gnb_map_call(m, v, first, n);

	for (unsigned i = first; i < first + n && !rc; i++)
		rc = gnb_map_check(m, i);
	return rc;
}

/* Make all of them, batch a hypercall, the calls as one span of metric; then check them. */
static inline int gnb_map_timed(struct gnb_maps *m, struct gnb_vcpu *v, unsigned metric,
				unsigned batch)
{
	int rc = gnb_timed_calls(m->s, metric, v, GNTTABOP_map_grant_ref, m->map, sizeof(*m->map),
				 m->n, batch);

	for (unsigned i = 0; i < m->n && !rc; i++)
		rc = gnb_map_check(m, i);
	return rc;
}

/* Unmapping i is to be of that address and handle. */
static inline void gnb_unmap_set(struct gnb_maps *m, unsigned i, uint64_t addr,
				 grant_handle_t handle)
{
	gnb_outside_span(m->s);
	m->unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = addr, .handle = handle };
}

/* n unmappings from the first-th are to undo the mappings of the same place. */
static inline void gnb_unmap_set_all(struct gnb_maps *m, unsigned first, unsigned n)
{
	gnb_outside_span(m->s);
	for (unsigned i = first; i < first + n; i++)
		m->unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = m->map[i].host_addr,
							       .handle = m->map[i].handle };
}

/* As gnb_map_call() and gnb_map_check(). */
static inline int gnb_unmap_call(struct gnb_maps *m, struct gnb_vcpu *v, unsigned first, unsigned n)
{
	return gnb_calls(m->s, v, GNTTABOP_unmap_grant_ref, m->unmap + first, sizeof(*m->unmap), n,
			 n);
}

static inline int gnb_unmap_check(struct gnb_maps *m, unsigned i)
{
	gnb_outside_span(m->s);
	if (__builtin_expect(m->unmap[i].status == GNTST_okay, 1))
		return 0;
	return gnb_fail(m->s, -EIO, "unmapping page %u: status %d", i, m->unmap[i].status);
}

/* Undo n mappings from the first-th with one hypercall, and check that. 0, or -errno with s->why. */
static inline int gnb_unmap(struct gnb_maps *m, struct gnb_vcpu *v, unsigned first, unsigned n)
{
	int rc;

	gnb_unmap_set_all(m, first, n);
	rc = gnb_unmap_call(m, v, first, n);
	for (unsigned i = first; i < first + n && !rc; i++)
		rc = gnb_unmap_check(m, i);
	return rc;
}

/* Undo all of them, batch a hypercall, the calls as one span of metric; then check that. */
static inline int gnb_unmap_timed(struct gnb_maps *m, struct gnb_vcpu *v, unsigned metric,
				  unsigned batch)
{
	int rc;

	gnb_unmap_set_all(m, 0, m->n);
	rc = gnb_timed_calls(m->s, metric, v, GNTTABOP_unmap_grant_ref, m->unmap, sizeof(*m->unmap),
			     m->n, batch);
	for (unsigned i = 0; i < m->n && !rc; i++)
		rc = gnb_unmap_check(m, i);
	return rc;
}

/*
 * Make mapping i, or undo it (by the first unmapping's arguments). 0 or -EIO, and nothing is said of why: for threads
 * that do this at once, each with its own mappings.
 */
static inline int gnb_map_one(struct gnb_maps *m, struct gnb_vcpu *v, unsigned i)
{
	long rc = m->s->t->hypercall(v, GNTTABOP_map_grant_ref, &m->map[i], 1);

	gnb_outside_span(m->s);
	return rc || m->map[i].status ? -EIO : 0;
}

static inline int gnb_unmap_one(struct gnb_maps *m, struct gnb_vcpu *v, unsigned i)
{
	long rc;

	gnb_unmap_set(m, 0, m->map[i].host_addr, m->map[i].handle);
	rc = m->s->t->hypercall(v, GNTTABOP_unmap_grant_ref, m->unmap, 1);
	return rc || m->unmap->status ? -EIO : 0;
}

/* ---- copies ---- */

struct gnb_copies {
	struct gnb_side *s;
	struct gnttab_copy *op;
	unsigned n;
};

/* As gnb_maps_init(). */
static inline int gnb_copies_init(struct gnb_copies *c, struct gnb_side *s, unsigned n)
{
	c->s = s;
	c->n = n;
	c->op = s->t->args_alloc(s->m, GNB_MAPPER, n * sizeof(*c->op));
	return c->op ? 0 : gnb_fail(s, -ENOMEM, "no memory for the arguments of %u copies", n);
}

/* Copy i is to take len bytes of the page granted by ref into the mapper's own page. */
static inline void gnb_copy_set(struct gnb_copies *c, unsigned i, uint32_t ref, unsigned page,
				uint16_t len)
{
	struct gnb_side *s = c->s;

	gnb_outside_span(s);
	c->op[i] = (struct gnttab_copy){
		.source = { .u.ref = ref, .domid = s->t->domid(s->m, GNB_GRANTER) },
		.dest = { .u.gmfn = s->t->own_frame(s->m, page), .domid = DOMID_SELF },
		.len = len,
		.flags = GNTCOPY_source_gref,
	};
}

/* Copy i is to take len bytes of one of the mapper's own pages into another, by frame numbers. */
static inline void gnb_copy_set_own(struct gnb_copies *c, unsigned i, unsigned from, unsigned to,
				    uint16_t len)
{
	struct gnb_side *s = c->s;

	gnb_outside_span(s);
	c->op[i] = (struct gnttab_copy){
		.source = { .u.gmfn = s->t->own_frame(s->m, from), .domid = DOMID_SELF },
		.dest = { .u.gmfn = s->t->own_frame(s->m, to), .domid = DOMID_SELF },
		.len = len,
	};
}

/* Were all of them done? 0, or -EIO with s->why. */
static inline int gnb_copy_check(struct gnb_copies *c)
{
	gnb_outside_span(c->s);
	for (unsigned i = 0; i < c->n; i++)
		if (c->op[i].status != GNTST_okay)
			return gnb_fail(c->s, -EIO, "copying page %u: status %d", i,
					c->op[i].status);
	return 0;
}

/* Do all of them, batch a hypercall, and check them; or the calls as one span of metric. 0, or -errno with s->why. */
static inline int gnb_copy(struct gnb_copies *c, struct gnb_vcpu *v, unsigned batch)
{
	int rc = gnb_calls(c->s, v, GNTTABOP_copy, c->op, sizeof(*c->op), c->n, batch);

	return rc ? rc : gnb_copy_check(c);
}

static inline int gnb_copy_timed(struct gnb_copies *c, struct gnb_vcpu *v, unsigned metric,
				 unsigned batch)
{
	int rc =
		gnb_timed_calls(c->s, metric, v, GNTTABOP_copy, c->op, sizeof(*c->op), c->n, batch);

	return rc ? rc : gnb_copy_check(c);
}

/* As gnb_map_one(). */
static inline int gnb_copy_one(struct gnb_copies *c, struct gnb_vcpu *v, unsigned i)
{
	long rc = c->s->t->hypercall(v, GNTTABOP_copy, &c->op[i], 1);

	gnb_outside_span(c->s);
	return rc || c->op[i].status ? -EIO : 0;
}

#endif
