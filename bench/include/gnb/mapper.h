/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mapper's side: operations that map and unmap granted pages; gnb/copies.h has those that copy. Prepared before a
 * span, called in it, checked and undone after it. The granter's side is gnb/grant.h.
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
#include <gnb/requests.h>
#include <grant_v1_revoke.h>

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

/* The same as a span of metric (an index) that holds nothing else: each per of them are an operation of it. */
static inline __attribute__((always_inline)) int
gnb_timed_calls(struct gnb_side *s, unsigned metric, struct gnb_vcpu *v, unsigned cmd, void *args,
		size_t size, unsigned n, unsigned batch, unsigned per)
{
	unsigned ops = n / per;
	int rc;

	gnb_start(s, metric);
	rc = gnb_calls(s, v, cmd, args, size, n, batch);
	gnb_stop(s, metric, ops);
	return rc;
}

/* ---- mappings ---- */

/*
 * n mappings: the operations that make them, and those that undo them. A version that has ranges maps neighbours of one
 * hypercall as one; what was mapped so is also unmapped by one hypercall.
 */
struct gnb_maps {
	struct gnb_side *s;
	struct gnb_requests
		*r; /* of a version that has ranges; NULL: an operation a page, as below */
	struct gnttab_map_grant_ref *map;
	struct gnttab_unmap_grant_ref *unmap;
	unsigned n;
	unsigned
		per; /* pages that count as one operation of a span: 1, unless gnb_maps_count() says more */
	uint16_t granter;
	uint32_t flags; /* of each operation for a page */
};

/*
 * What the mapper accepts (enum gnb_accept), of versions that ask for it: for mappings that are set from now on. Until
 * it is called they can be taken back, and are never larger than 4K.
 */
static inline void gnb_maps_accept(struct gnb_maps *m, unsigned accept)
{
	if (m->r)
		m->r->accept = accept;
	else if (m->s->version->revoking == GNB_REVOKE_V1)
		m->flags = (accept & GNB_ACCEPT_HOLE ? GNTMAP_accept_hole : 0) |
			   (accept & GNB_ACCEPT_SINK ? GNTMAP_accept_sink : 0);
}

/* Room for n of them in the mapper's memory, for the life of the machine. 0, or -ENOMEM with s->why. */
static inline int gnb_maps_init(struct gnb_maps *m, struct gnb_side *s, unsigned n)
{
	*m = (struct gnb_maps){
		.s = s, .n = n, .per = 1, .granter = s->t->domid(s->m, GNB_GRANTER)
	};
	if (s->version->mapping != GNB_MAP_PAGES) {
		m->r = gnb_requests_init(s, n, m->granter);
		return m->r ? 0 : gnb_fail(s, -ENOMEM, "no memory for %u mappings", n);
	}
	gnb_maps_accept(m, GNB_ACCEPT_HOLE);
	m->map = s->t->args_alloc(s->m, GNB_MAPPER, n * sizeof(*m->map));
	m->unmap = s->t->args_alloc(s->m, GNB_MAPPER, n * sizeof(*m->unmap));
	return m->map && m->unmap
		       ? 0
		       : gnb_fail(s, -ENOMEM, "no memory for the arguments of %u mappings", n);
}

/* The mappings are of what is granted by entries of that order (gnb/large.h), n / (1 << order) of them. */
static inline void gnb_maps_order(struct gnb_maps *m, unsigned order)
{
	if (m->r)
		m->r->order = order;
}

/* So many pages are one operation of the spans that map and unmap all of them. */
static inline void gnb_maps_count(struct gnb_maps *m, unsigned pages)
{
	m->per = pages;
	if (m->r)
		m->r->per = pages;
}

/* The entries above 4K that n mappings from the first-th on have come to. */
static inline unsigned gnb_maps_large(const struct gnb_maps *m, unsigned first, unsigned n)
{
	return m->r ? gnb_requests_large(m->r, first, n) : 0;
}

/* Let the machine have room for the arguments of n mappings, and for what keeps track of so many entries at once. */
static inline void gnb_maps_room(struct gnb_machine_config *cfg, unsigned n, unsigned entries)
{
	unsigned vcpus = cfg->vcpus[GNB_MAPPER] ? cfg->vcpus[GNB_MAPPER] : 1;
	/* Of each operation that maps, and the one that unmaps, at most 64 bytes; half of what there is always is left. */
	unsigned args = n / (GNB_PAGE_SIZE / 64);
	/* A handle of each vCPU's list is never taken. */
	unsigned handles = entries / 256 + vcpus + 1;
	/* Of a region a shadow, lists of frames, and what is kept to split it: a table and one of the IOMMU's. */
	unsigned v3 = 6 * (entries / 512) + 16;

	cfg->args_pages = args > 48 ? args : 0;
	cfg->max_maptrack_frames = handles > 1024 ? handles : 0;
	cfg->max_v3_pages = v3 > 1024 ? v3 : 0;
}

/* Mapping i is to be of reference ref at address addr (target->map_addr() of a slot), read-only or not. */
static inline void gnb_map_set(struct gnb_maps *m, unsigned i, uint64_t addr, uint32_t ref, bool ro)
{
	gnb_outside_span(m->s);
	if (m->r) {
		m->r->page[i] = (struct gnb_page){ .addr = addr, .ref = ref, .ro = ro };
		return;
	}
	m->map[i] = (struct gnttab_map_grant_ref){
		.host_addr = addr,
		.flags = GNTMAP_host_map | (ro ? GNTMAP_readonly : 0) | m->flags,
		.ref = ref,
		.dom = m->granter,
	};
}

/* What was set, and what the hypervisor answered. */
static inline uint64_t gnb_map_addr(const struct gnb_maps *m, unsigned i)
{
	return m->r ? m->r->page[i].addr : m->map[i].host_addr;
}

static inline uint32_t gnb_map_ref(const struct gnb_maps *m, unsigned i)
{
	return m->r ? m->r->page[i].ref : m->map[i].ref;
}

static inline grant_handle_t gnb_map_handle(const struct gnb_maps *m, unsigned i)
{
	return m->r ? gnb_requests_handle(m->r, i) : m->map[i].handle;
}

static inline int gnb_map_status(const struct gnb_maps *m, unsigned i)
{
	return m->r ? gnb_requests_map_status(m->r, i) : m->map[i].status;
}

/* A hypercall for ranges came back with rc. 0, or -errno with s->why. */
static inline int gnb_requests_came(struct gnb_maps *m, long rc)
{
	return rc ? gnb_fail(m->s, rc < 0 ? (int)rc : -EIO, "an operation on ranges returned %ld",
			     rc)
		  : 0;
}

/* One hypercall for n mappings from the first-th, without a look at their statuses. 0, or -errno with s->why. */
static inline int gnb_map_call(struct gnb_maps *m, struct gnb_vcpu *v, unsigned first, unsigned n)
{
	if (m->r) {
		/* The requests are written here, as their state is in them. */
		gnb_outside_span(m->s);
		return gnb_requests_came(m, gnb_requests_map_call(m->r, v, first, n));
	}
	return gnb_calls(m->s, v, GNTTABOP_map_grant_ref, m->map + first, sizeof(*m->map), n, n);
}

/* Was mapping i made? 0, or -EIO with s->why. */
static inline int gnb_map_check(struct gnb_maps *m, unsigned i)
{
	int status;

	gnb_outside_span(m->s);
	status = gnb_map_status(m, i);
	if (__builtin_expect(status == GNTST_okay, 1))
		return 0;
	return gnb_fail(m->s, -EIO, "mapping reference %u: status %d", gnb_map_ref(m, i), status);
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
	int rc;

	if (m->r)
		rc = gnb_requests_came(m, gnb_requests_map_timed(m->r, v, metric, batch));
	else
		rc = gnb_timed_calls(m->s, metric, v, GNTTABOP_map_grant_ref, m->map,
				     sizeof(*m->map), m->n, batch, m->per);

	for (unsigned i = 0; i < m->n && !rc; i++)
		rc = gnb_map_check(m, i);
	return rc;
}

/* Unmapping i is to be of that address and handle. */
static inline void gnb_unmap_set(struct gnb_maps *m, unsigned i, uint64_t addr,
				 grant_handle_t handle)
{
	gnb_outside_span(m->s);
	if (m->r)
		m->r->page[i].undone = handle;
	else
		m->unmap[i] =
			(struct gnttab_unmap_grant_ref){ .host_addr = addr, .handle = handle };
}

/* n unmappings from the first-th are to undo the mappings of the same place. */
static inline void gnb_unmap_set_all(struct gnb_maps *m, unsigned first, unsigned n)
{
	gnb_outside_span(m->s);
	if (m->r)
		gnb_requests_undo(m->r, first, n);
	for (unsigned i = first; i < first + n && !m->r; i++)
		m->unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = m->map[i].host_addr,
							       .handle = m->map[i].handle };
}

/* As gnb_map_call() and gnb_map_check(). */
static inline int gnb_unmap_call(struct gnb_maps *m, struct gnb_vcpu *v, unsigned first, unsigned n)
{
	if (m->r) {
		/* The requests are written here, as their state is in them. */
		gnb_outside_span(m->s);
		return gnb_requests_came(m, gnb_requests_unmap_call(m->r, v, first, n));
	}
	return gnb_calls(m->s, v, GNTTABOP_unmap_grant_ref, m->unmap + first, sizeof(*m->unmap), n,
			 n);
}

static inline int gnb_unmap_check(struct gnb_maps *m, unsigned i)
{
	int status;

	gnb_outside_span(m->s);
	status = m->r ? gnb_requests_unmap_status(m->r, i) : m->unmap[i].status;
	if (__builtin_expect(status == GNTST_okay, 1))
		return 0;
	return gnb_fail(m->s, -EIO, "unmapping page %u: status %d", i, status);
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
	if (m->r)
		rc = gnb_requests_came(m, gnb_requests_unmap_timed(m->r, v, metric, batch));
	else
		rc = gnb_timed_calls(m->s, metric, v, GNTTABOP_unmap_grant_ref, m->unmap,
				     sizeof(*m->unmap), m->n, batch, m->per);
	for (unsigned i = 0; i < m->n && !rc; i++)
		rc = gnb_unmap_check(m, i);
	return rc;
}

/*
 * For a span of a metric that says .guest: the hypercalls that map, batch pages each, are prepared before it; in it call c
 * is made, and what that has mapped unmapped by another, with what a guest has to write down between the two. Both are
 * checked after it. 0, or -errno with s->why.
 */
static inline void gnb_map_prepare(struct gnb_maps *m, unsigned batch)
{
	gnb_outside_span(m->s);
	if (m->r)
		gnb_requests_prepare(m->r, batch);
}

static inline int gnb_map_prepared(struct gnb_maps *m, struct gnb_vcpu *v, unsigned c,
				   unsigned batch)
{
	if (m->r)
		return gnb_requests_came(m, gnb_requests_map_prepared(m->r, v, c));
	return gnb_map_call(m, v, c * batch, batch);
}

static inline int gnb_unmap_prepared(struct gnb_maps *m, struct gnb_vcpu *v, unsigned c,
				     unsigned batch)
{
	if (m->r)
		return gnb_requests_came(m, gnb_requests_unmap_prepared(m->r, v, c));
	gnb_unmap_set_all(m, c * batch, batch);
	return gnb_unmap_call(m, v, c * batch, batch);
}

/*
 * Make mapping i, or undo it (by the first unmapping's arguments). 0 or -EIO, and nothing is said of why: for threads
 * that do this at once, each with its own mappings.
 */
static inline int gnb_map_one(struct gnb_maps *m, struct gnb_vcpu *v, unsigned i)
{
	long rc = m->r ? gnb_requests_map_call(m->r, v, i, 1)
		       : m->s->t->hypercall(v, GNTTABOP_map_grant_ref, &m->map[i], 1);

	gnb_outside_span(m->s);
	return rc || gnb_map_status(m, i) ? -EIO : 0;
}

static inline int gnb_unmap_one(struct gnb_maps *m, struct gnb_vcpu *v, unsigned i)
{
	long rc;

	if (m->r) {
		gnb_requests_undo(m->r, i, 1);
		return gnb_requests_unmap_call(m->r, v, i, 1) || gnb_requests_unmap_status(m->r, i)
			       ? -EIO
			       : 0;
	}
	gnb_unmap_set(m, 0, m->map[i].host_addr, m->map[i].handle);
	rc = m->s->t->hypercall(v, GNTTABOP_unmap_grant_ref, m->unmap, 1);
	return rc || m->unmap->status ? -EIO : 0;
}

#endif
