// SPDX-License-Identifier: GPL-2.0-only
/* Taking back what is mapped, by the operation that a version has for it. */
#include <gnb/revoke.h>
#include <grant_v1_revoke.h>

/* One that takes a range of references. Requests are in guest memory, and every field is written before each call. */
struct gnb_taking {
	enum gnb_revoking revoking;
	unsigned cmd;
	size_t size;
	unsigned maps_max;
	bool pv_sink;
	void (*set)(const struct gnb_revoke *k, void *op, uint32_t ref, uint32_t count);
	int (*status)(const void *op);
	unsigned (*got)(const void *op);
	uint32_t (*pages)(const void *op);
	uint32_t (*count)(const void *op);
};

static void v3_set(const struct gnb_revoke *k, void *op, uint32_t ref, uint32_t count)
{
	*(struct gnttab_v3_revoke *)op = (struct gnttab_v3_revoke){
		.ref = gnb_tree_ref(ref),
		.count = count,
		.tree = k->g->tree.id,
	};
}

static int v3_status(const void *op)
{
	return ((const struct gnttab_v3_revoke *)op)->status;
}

static unsigned v3_got(const void *op)
{
	unsigned o = ((const struct gnttab_v3_revoke *)op)->outcomes;

	return (o & GNTV3_GOT_HOLE ? GNB_GOT_HOLE : 0) | (o & GNTV3_GOT_SINK ? GNB_GOT_SINK : 0) |
	       (o & GNTV3_GOT_MORE ? GNB_GOT_MORE : 0) | (o & GNTV3_GOT_KEPT ? GNB_GOT_KEPT : 0);
}

static uint32_t v3_pages(const void *op)
{
	return ((const struct gnttab_v3_revoke *)op)->pages;
}

static uint32_t v3_count(const void *op)
{
	return (uint32_t)((const struct gnttab_v3_revoke *)op)->count;
}

static void v1_set(const struct gnb_revoke *k, void *op, uint32_t ref, uint32_t count)
{
	(void)k;
	*(struct gnttab_v1_revoke *)op = (struct gnttab_v1_revoke){ .ref = ref, .count = count };
}

static int v1_status(const void *op)
{
	return ((const struct gnttab_v1_revoke *)op)->status;
}

static unsigned v1_got(const void *op)
{
	unsigned o = ((const struct gnttab_v1_revoke *)op)->outcomes;

	return (o & GNTV1_GOT_HOLE ? GNB_GOT_HOLE : 0) | (o & GNTV1_GOT_SINK ? GNB_GOT_SINK : 0) |
	       (o & GNTV1_GOT_KEPT ? GNB_GOT_KEPT : 0);
}

static uint32_t v1_pages(const void *op)
{
	return ((const struct gnttab_v1_revoke *)op)->pages;
}

static uint32_t v1_count(const void *op)
{
	return ((const struct gnttab_v1_revoke *)op)->count;
}

static const struct gnb_taking takings[] = {
	{ .revoking = GNB_REVOKE_V1,
	  .cmd = GNTTABOP_v1_revoke,
	  .size = sizeof(struct gnttab_v1_revoke),
	  .maps_max = 128,
	  .set = v1_set,
	  .status = v1_status,
	  .got = v1_got,
	  .pages = v1_pages,
	  .count = v1_count },
	{ .revoking = GNB_REVOKE_TREE,
	  .cmd = GNTTABOP_v3_revoke,
	  .size = sizeof(struct gnttab_v3_revoke),
	  .maps_max = 127,
	  .pv_sink = true,
	  .set = v3_set,
	  .status = v3_status,
	  .got = v3_got,
	  .pages = v3_pages,
	  .count = v3_count },
};

static const struct gnb_taking *find(const struct gnb_version *v)
{
	for (size_t i = 0; i < sizeof(takings) / sizeof(takings[0]); i++)
		if (takings[i].revoking == v->revoking)
			return &takings[i];
	return NULL;
}

unsigned gnb_revoke_maps_max(const struct gnb_version *v)
{
	const struct gnb_taking *by = find(v);

	return by ? by->maps_max : 0;
}

bool gnb_revoke_pv_sink(const struct gnb_version *v)
{
	const struct gnb_taking *by = find(v);

	return by && by->pv_sink;
}

static void *op_of(const struct gnb_revoke *k, unsigned i)
{
	return (char *)k->op + i * k->by->size;
}

int gnb_revoke_init(struct gnb_revoke *k, struct gnb_side *s, const struct gnb_gtab *g, unsigned n)
{
	*k = (struct gnb_revoke){ .s = s,
				  .g = g,
				  .by = find(s->version),
				  .v = s->t->vcpu(s->m, GNB_GRANTER, 0),
				  .n = n };
	if (!k->by)
		return gnb_fail(s, -EOPNOTSUPP, "%s takes nothing back", s->version->name);
	k->op = s->t->args_alloc(s->m, GNB_GRANTER, n * k->by->size);
	return k->op ? 0 : gnb_fail(s, -ENOMEM, "no memory for the arguments of %u calls", n);
}

void gnb_revoke_set(struct gnb_revoke *k, unsigned i, uint32_t ref, uint32_t count)
{
	k->by->set(k, op_of(k, i), ref, count);
}

static long calls(struct gnb_revoke *k, unsigned first, unsigned n)
{
	long rc = 0;

	for (unsigned i = first; i < first + n && !rc; i++)
		rc = k->s->t->hypercall(k->v, k->by->cmd, op_of(k, i), 1);
	return rc;
}

static int came(struct gnb_revoke *k, long rc)
{
	return rc ? gnb_fail(k->s, rc < 0 ? (int)rc : -EIO, "taking back returned %ld", rc) : 0;
}

int gnb_revoke_timed(struct gnb_revoke *k, unsigned metric, unsigned first, unsigned n)
{
	uint64_t refs = 0;
	long rc;

	for (unsigned i = first; i < first + n; i++)
		refs += k->by->count(op_of(k, i));
	gnb_start(k->s, metric);
	rc = calls(k, first, n);
	gnb_stop(k->s, metric, refs);
	return came(k, rc);
}

int gnb_revoke_call(struct gnb_revoke *k, unsigned first, unsigned n)
{
	return came(k, calls(k, first, n));
}

int gnb_revoke_check(struct gnb_revoke *k, unsigned i)
{
	int status = k->by->status(op_of(k, i));

	return status == GNTST_okay
		       ? 0
		       : gnb_fail(k->s, -EIO, "taking back, call %u: status %d", i, status);
}

unsigned gnb_revoke_got(const struct gnb_revoke *k, unsigned i)
{
	return k->by->got(op_of(k, i));
}

uint32_t gnb_revoke_pages(const struct gnb_revoke *k, unsigned i)
{
	return k->by->pages(op_of(k, i));
}
