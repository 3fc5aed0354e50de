// SPDX-License-Identifier: GPL-2.0-only
/* Mappings by operations that take a range: the requests for neighbouring pages, and what became of them. */
#include <grant_rivals.h>

#include <gnb/mapper.h>

/* Operations that take a range. Requests are in guest memory, and every field is written before each call. */
struct gnb_way {
	enum gnb_mapping mapping;
	unsigned cmd_map, cmd_unmap;
	size_t map_size, unmap_size;
	unsigned most; /* pages of a request */
	bool lists;    /* its references can be any, listed one by one */
	bool by_order; /* a request is for one entry of the granter's, however large */
	void (*map)(const struct gnb_requests *r, void *req, const struct gnb_page *first,
		    unsigned n);
	void (*unmap)(const struct gnb_requests *r, void *req, const struct gnb_page *first);
	int (*map_status)(const void *req);
	uint32_t (*handle)(const void *req);
	unsigned (*large)(const void *req);
	int (*unmap_status)(const void *req);
};

/* ---- version 3 ---- */

static uint16_t v3_flags(unsigned accept)
{
	return (uint16_t)((accept & GNB_ACCEPT_HOLE ? GNTV3_ACCEPT_HOLE : 0) |
			  (accept & GNB_ACCEPT_SINK ? GNTV3_ACCEPT_SINK : 0) |
			  (accept & GNB_ACCEPT_2M ? GNTV3_ACCEPT_2M : 0) |
			  (accept & GNB_ACCEPT_1G ? GNTV3_ACCEPT_1G : 0) |
			  (accept & GNB_ACCEPT_RESERVE ? GNTV3_RESERVE : 0) |
			  (accept & GNB_ACCEPT_READONLY ? GNTV3_ACCEPT_READONLY : 0));
}

static uint32_t tree_of(const struct gnb_requests *r)
{
	return r->tree ? r->tree : r->s->tree;
}

static void v3_map(const struct gnb_requests *r, void *req, const struct gnb_page *first,
		   unsigned n)
{
	*(struct gnttab_v3_map *)req = (struct gnttab_v3_map){
		.ref = gnb_tree_ref(first->ref),
		.addr = first->addr,
		.tree = tree_of(r),
		.count = n,
		.dom = r->granter,
		.flags = (uint16_t)(GNTV3_MAP_HOST | (first->ro ? GNTV3_MAP_READONLY : 0) |
				    v3_flags(r->accept)),
	};
}

static void v3_unmap(const struct gnb_requests *r, void *req, const struct gnb_page *first)
{
	*(struct gnttab_v3_unmap *)req = (struct gnttab_v3_unmap){
		.tree = tree_of(r),
		.handle = first->undone,
		.dom = r->granter,
	};
}

static int v3_map_status(const void *req)
{
	return ((const struct gnttab_v3_map *)req)->status;
}

static uint32_t v3_handle(const void *req)
{
	return ((const struct gnttab_v3_map *)req)->handle;
}

static unsigned v3_large(const void *req)
{
	return ((const struct gnttab_v3_map *)req)->large;
}

static int v3_unmap_status(const void *req)
{
	return ((const struct gnttab_v3_unmap *)req)->status;
}

/* ---- v1-range ---- */

/* References that are no run are listed, at the place of their request's pages. */
static void range_map(const struct gnb_requests *r, void *req, const struct gnb_page *first,
		      unsigned n)
{
	uint32_t *list = r->list + (first - r->page);
	bool run = true;

	for (unsigned i = 0; i < n; i++) {
		list[i] = first[i].ref;
		run = run && first[i].ref == first->ref + i;
	}
	*(struct gnttab_range_map *)req = (struct gnttab_range_map){
		.addr = first->addr,
		.ref = run ? first->ref
			   : r->list_address + (size_t)(list - r->list) * sizeof(*list),
		.count = n,
		.dom = r->granter,
		.flags =
			(uint16_t)((first->ro ? GNTRANGE_READONLY : 0) | (run ? 0 : GNTRANGE_LIST) |
				   (r->accept & GNB_ACCEPT_2M ? GNTRANGE_ACCEPT_2M : 0)),
	};
}

static void range_unmap(const struct gnb_requests *r, void *req, const struct gnb_page *first)
{
	(void)r;
	*(struct gnttab_range_unmap *)req = (struct gnttab_range_unmap){ .handle = first->undone };
}

static int range_map_status(const void *req)
{
	return ((const struct gnttab_range_map *)req)->status;
}

static uint32_t range_handle(const void *req)
{
	return ((const struct gnttab_range_map *)req)->handle;
}

static unsigned range_large(const void *req)
{
	return ((const struct gnttab_range_map *)req)->large;
}

static int range_unmap_status(const void *req)
{
	return ((const struct gnttab_range_unmap *)req)->status;
}

/* ---- v1-super ---- */

static void super_map(const struct gnb_requests *r, void *req, const struct gnb_page *first,
		      unsigned n)
{
	*(struct gnttab_map_grant_ref *)req = (struct gnttab_map_grant_ref){
		.host_addr = first->addr,
		.flags = GNTMAP_host_map | (first->ro ? GNTMAP_readonly : 0) |
			 (n == 1			  ? 0
			  : r->order == GNTSUPER_2M_ORDER ? GNTMAP_super_2m
							  : GNTMAP_super_1g),
		.ref = first->ref,
		.dom = r->granter,
	};
}

static void super_unmap(const struct gnb_requests *r, void *req, const struct gnb_page *first)
{
	(void)r;
	*(struct gnttab_unmap_grant_ref *)req =
		(struct gnttab_unmap_grant_ref){ .host_addr = first->addr,
						 .handle = first->undone };
}

static int super_map_status(const void *req)
{
	return ((const struct gnttab_map_grant_ref *)req)->status;
}

static uint32_t super_handle(const void *req)
{
	return ((const struct gnttab_map_grant_ref *)req)->handle;
}

static unsigned super_large(const void *req)
{
	return (((const struct gnttab_map_grant_ref *)req)->flags & GNTMAP_super) != 0;
}

static int super_unmap_status(const void *req)
{
	return ((const struct gnttab_unmap_grant_ref *)req)->status;
}

static const struct gnb_way ways[] = {
	{ .mapping = GNB_MAP_SUPER,
	  .cmd_map = GNTTABOP_map_grant_ref,
	  .cmd_unmap = GNTTABOP_unmap_grant_ref,
	  .map_size = sizeof(struct gnttab_map_grant_ref),
	  .unmap_size = sizeof(struct gnttab_unmap_grant_ref),
	  .by_order = true,
	  .map = super_map,
	  .unmap = super_unmap,
	  .map_status = super_map_status,
	  .handle = super_handle,
	  .large = super_large,
	  .unmap_status = super_unmap_status },
	{ .mapping = GNB_MAP_RANGE,
	  .cmd_map = GNTTABOP_range_map,
	  .cmd_unmap = GNTTABOP_range_unmap,
	  .map_size = sizeof(struct gnttab_range_map),
	  .unmap_size = sizeof(struct gnttab_range_unmap),
	  .most = GNTRANGE_MAX_COUNT,
	  .lists = true,
	  .map = range_map,
	  .unmap = range_unmap,
	  .map_status = range_map_status,
	  .handle = range_handle,
	  .large = range_large,
	  .unmap_status = range_unmap_status },
	{ .mapping = GNB_MAP_TREE,
	  .cmd_map = GNTTABOP_v3_map,
	  .cmd_unmap = GNTTABOP_v3_unmap,
	  .map_size = sizeof(struct gnttab_v3_map),
	  .unmap_size = sizeof(struct gnttab_v3_unmap),
	  .most = GNTV3_MAX_COUNT,
	  .map = v3_map,
	  .unmap = v3_unmap,
	  .map_status = v3_map_status,
	  .handle = v3_handle,
	  .large = v3_large,
	  .unmap_status = v3_unmap_status },
};

/* ---- any ---- */

struct gnb_requests *gnb_requests_init(struct gnb_side *s, unsigned n, uint16_t granter)
{
	struct gnb_requests *r = gnb_keep(s, sizeof(*r));

	if (!r)
		return NULL;
	r->s = s;
	r->n = n;
	r->granter = granter;
	/* A PV mapper with a device has to accept both. */
	r->accept = GNB_ACCEPT_HOLE | GNB_ACCEPT_SINK;
	r->per = 1;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (ways[i].mapping == s->version->mapping)
			r->way = &ways[i];
	r->page = gnb_keep(s, n * sizeof(*r->page));
	r->calls = gnb_keep(s, n * sizeof(*r->calls));
	r->map = s->t->args_alloc(s->m, GNB_MAPPER, n * r->way->map_size);
	r->unmap = s->t->args_alloc(s->m, GNB_MAPPER, n * r->way->unmap_size);
	if (r->way->lists) {
		r->list = s->t->args_alloc(s->m, GNB_MAPPER, n * sizeof(*r->list));
		if (!r->list)
			return NULL;
		r->list_address = s->t->args_address(s->m, GNB_MAPPER, r->list);
	}
	return r->page && r->calls && r->map && r->unmap ? r : NULL;
}

static void *map_req(const struct gnb_requests *r, unsigned i)
{
	return (char *)r->map + i * r->way->map_size;
}

static void *unmap_req(const struct gnb_requests *r, unsigned i)
{
	return (char *)r->unmap + i * r->way->unmap_size;
}

static bool follows(const struct gnb_requests *r, const struct gnb_page *p)
{
	return !r->apart && (r->way->lists || p[1].ref == p[0].ref + 1) &&
	       p[1].addr == p[0].addr + GNB_PAGE_SIZE && p[1].ro == p[0].ro;
}

unsigned gnb_requests_map(struct gnb_requests *r, unsigned first, unsigned n)
{
	unsigned reqs = 0, most = r->way->by_order ? 1u << r->order : r->way->most;

	for (unsigned i = first; i < first + n; reqs++) {
		unsigned k = 1;

		while (i + k < first + n && k < most && follows(r, &r->page[i + k - 1]))
			k++;
		r->way->map(r, map_req(r, first + reqs), &r->page[i], k);
		while (k--)
			r->page[i++].by = first + reqs;
	}
	return reqs;
}

unsigned gnb_requests_unmap(struct gnb_requests *r, unsigned first, unsigned n)
{
	unsigned reqs = 0;

	for (unsigned i = first; i < first + n; i++) {
		if (i == first || r->page[i].undone != r->page[i - 1].undone)
			r->way->unmap(r, unmap_req(r, first + reqs++), &r->page[i]);
		r->page[i].undo = first + reqs - 1;
	}
	return reqs;
}

long gnb_requests_map_call(struct gnb_requests *r, struct gnb_vcpu *v, unsigned first, unsigned n)
{
	unsigned reqs = gnb_requests_map(r, first, n);

	return r->s->t->hypercall(v, r->way->cmd_map, map_req(r, first), reqs);
}

long gnb_requests_unmap_call(struct gnb_requests *r, struct gnb_vcpu *v, unsigned first, unsigned n)
{
	unsigned reqs = gnb_requests_unmap(r, first, n);

	return r->s->t->hypercall(v, r->way->cmd_unmap, unmap_req(r, first), reqs);
}

/* Hypercalls whose requests are prepared: call c has those from place c * batch on. */
static long timed(struct gnb_requests *r, struct gnb_vcpu *v, unsigned metric, unsigned cmd,
		  void *args, size_t step, unsigned calls)
{
	struct gnb_side *s = r->s;
	unsigned ops = r->n / r->per;
	long rc = 0;

	gnb_start(s, metric);
	for (unsigned c = 0; c < calls && !rc; c++)
		rc = s->t->hypercall(v, cmd, (char *)args + c * step, r->calls[c]);
	gnb_stop(s, metric, ops);
	return rc;
}

/* The requests of every call, each of `batch` pages. */
static void map_calls(struct gnb_requests *r, unsigned batch)
{
	for (unsigned c = 0; c < r->n / batch; c++)
		r->calls[c] = gnb_requests_map(r, c * batch, batch);
}

long gnb_requests_map_timed(struct gnb_requests *r, struct gnb_vcpu *v, unsigned metric,
			    unsigned batch)
{
	map_calls(r, batch);
	return timed(r, v, metric, r->way->cmd_map, r->map, batch * r->way->map_size, r->n / batch);
}

long gnb_requests_unmap_timed(struct gnb_requests *r, struct gnb_vcpu *v, unsigned metric,
			      unsigned batch)
{
	for (unsigned c = 0; c < r->n / batch; c++)
		r->calls[c] = gnb_requests_unmap(r, c * batch, batch);
	return timed(r, v, metric, r->way->cmd_unmap, r->unmap, batch * r->way->unmap_size,
		     r->n / batch);
}

void gnb_requests_prepare(struct gnb_requests *r, unsigned batch)
{
	r->batch = batch;
	map_calls(r, batch);
	for (unsigned i = 0; i < r->n; i++)
		r->page[i].undo = r->page[i].by;
}

long gnb_requests_map_prepared(struct gnb_requests *r, struct gnb_vcpu *v, unsigned c)
{
	return r->s->t->hypercall(v, r->way->cmd_map, map_req(r, c * r->batch), r->calls[c]);
}

long gnb_requests_unmap_prepared(struct gnb_requests *r, struct gnb_vcpu *v, unsigned c)
{
	unsigned first = c * r->batch, page = first;

	for (unsigned i = first; i < first + r->calls[c]; i++) {
		/* The first page of the request has the handle. */
		while (r->page[page].by != i)
			page++;
		r->page[page].undone = r->way->handle(map_req(r, i));
		r->way->unmap(r, unmap_req(r, i), &r->page[page]);
	}
	return r->s->t->hypercall(v, r->way->cmd_unmap, unmap_req(r, first), r->calls[c]);
}

void gnb_requests_undo(struct gnb_requests *r, unsigned first, unsigned n)
{
	for (unsigned i = first; i < first + n; i++)
		r->page[i].undone = gnb_requests_handle(r, i);
}

uint32_t gnb_requests_handle(const struct gnb_requests *r, unsigned i)
{
	return r->way->handle(map_req(r, r->page[i].by));
}

int gnb_requests_map_status(const struct gnb_requests *r, unsigned i)
{
	return r->way->map_status(map_req(r, r->page[i].by));
}

int gnb_requests_unmap_status(const struct gnb_requests *r, unsigned i)
{
	return r->way->unmap_status(unmap_req(r, r->page[i].undo));
}

unsigned gnb_requests_large(const struct gnb_requests *r, unsigned first, unsigned n)
{
	unsigned large = 0;

	for (unsigned i = first; i < first + n; i++)
		if (i == first || r->page[i].by != r->page[i - 1].by)
			large += r->way->large(map_req(r, r->page[i].by));
	return large;
}
