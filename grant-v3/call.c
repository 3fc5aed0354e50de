/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall: a list of requests, copied in and out by blocks. No lock is held where a guest's memory
 * is touched.
 */

union gv3_req {
	struct gnttab_v3_register reg;
	struct gnttab_v3_unregister unreg;
	struct gnttab_v3_set_root root;
	struct gnttab_v3_map map;
	struct gnttab_v3_unmap unmap;
	struct gnttab_v3_revoke revoke;
	struct gnttab_v3_protect protect;
	struct gnttab_v3_query query;
	struct gnttab_v3_copy copy;
	struct gnttab_v3_notify_setup notify;
	struct gnttab_v3_invalidate inval;
	struct gnttab_v3_bind bind;
	struct gnttab_v3_ack ack;
};

/* What lies in gv3_buffer(). */
struct gv3_work {
	struct gv3_slice slice; /* first: death uses it alone */
	union {
		uint8_t bytes[GV3_BLOCK * sizeof(union gv3_req)];
		uint64_t align;
	} block;
	struct gv3_ends ends;
};
_Static_assert(sizeof(struct gv3_work) <= GV3_BUFFER, "the buffer holds a block and a slice");

/* An operation's structure: its bytes, and the word of it from which on something may come back. */
struct gv3_shape {
	uint8_t size, out;
};

/* NULL: there is no such operation. */
static const struct gv3_shape *shape_of(unsigned op)
{
#define SHAPE(name, first)                                                                         \
	[GNTTABOP_v3_##name - GNTTABOP_v3_register] = {                                            \
		sizeof(struct gnttab_v3_##name),                                                   \
		offsetof(struct gnttab_v3_##name, first) & ~7u                                     \
	}
	static const struct gv3_shape shape[] = {
		SHAPE(register, tree),	   SHAPE(unregister, status),	SHAPE(set_root, status),
		SHAPE(map, done),	   SHAPE(unmap, revoked),	SHAPE(revoke, done),
		SHAPE(protect, done),	   SHAPE(copy, status),		SHAPE(query, maps),
		SHAPE(invalidate, status), SHAPE(notify_setup, status), SHAPE(bind, status),
		SHAPE(ack, status),
	};
#undef SHAPE
	const unsigned n = sizeof(shape) / sizeof(shape[0]);

	op -= GNTTABOP_v3_register;
	return op < n ? &shape[gv3_nospec(op, n)] : NULL;
}

/* A request, in place. GV3_AGAIN: leave it there as it is, to be gone on with; GV3_FULL: end the slice, and again. */
static gv3_always_inline int do_req(struct gv3_ctx *c, unsigned op, union gv3_req *r)
{
	int rc;

#define STATUS(field, call)                                                                        \
	(rc = (call), rc <= 0 ? (void)(r->field.status = (int16_t)rc) : (void)0, rc)
	switch (op) {
	case GNTTABOP_v3_register:
		return STATUS(reg, register_tree(c->cur, c->self, &r->reg));
	case GNTTABOP_v3_unregister:
		return STATUS(unreg, unregister_tree(c->cur, c->self, &r->unreg));
	case GNTTABOP_v3_set_root:
		return STATUS(root, set_root(c->cur, c->self, &r->root));
	case GNTTABOP_v3_map:
		return STATUS(map, map_one(c, &r->map));
	case GNTTABOP_v3_unmap:
		return STATUS(unmap, unmap_one(c, &r->unmap));
	case GNTTABOP_v3_revoke:
		return STATUS(revoke, revoke_one(c->cur, c->self, &r->revoke));
	case GNTTABOP_v3_copy:
		return STATUS(copy, copy_one(c, &r->copy));
	case GNTTABOP_v3_notify_setup:
		return STATUS(notify, notify_setup(c->cur, c->self, &r->notify));
	case GNTTABOP_v3_protect:
		return STATUS(protect, protect_one(c->cur, c->self, &r->protect));
	case GNTTABOP_v3_invalidate:
		return STATUS(inval, invalidate(c->cur, c->self, &r->inval));
	case GNTTABOP_v3_bind:
		return STATUS(bind, bind_one(c->cur, c->self, &r->bind));
	case GNTTABOP_v3_ack:
		return STATUS(ack, ack_one(c->cur, c->self, &r->ack));
	default:
		return STATUS(query, query_one(c, &r->query));
	}
#undef STATUS
}

/* A block: how many of its n requests are done. What is not was left in a state to go on from. */
static gv3_always_inline unsigned do_block(struct gv3_ctx *c, unsigned op, uint8_t *block,
					   unsigned size, unsigned n)
{
	unsigned i = 0;
	int rc;

	while (i < n) {
		rc = do_req(c, op, (union gv3_req *)(void *)(block + (size_t)i * size));
		if (rc == GV3_AGAIN)
			break;
		if (rc != GV3_FULL) {
			i++;
			continue;
		}
		slice_end(c);
		if (gv3_preempt(c->cur))
			break;
	}
	if (c->ends)
		ends_leave(c->cur, c->ends);
	slice_end(c);
	return i;
}

/*
 * HYPERVISOR_grant_table_op(op, args, count), for the numbers of version 3: 0; how many are left, for
 * the caller to come back with; -EFAULT; -ENOSYS.
 */
static gv3_always_inline long gv3_call(gv3_cpu *cur, unsigned op, gv3_guest args, unsigned count)
{
	const struct gv3_shape *shape = shape_of(op);
	unsigned size, done = 0, n, i;
	struct gv3_work *w = gv3_buffer(cur);
	struct gv3_ctx c = { .cur = cur, .self = gv3_dom_self(cur), .slice = &w->slice };

	if (!shape || !gv3_dom_state(c.self))
		return -ENOSYS;
	size = shape->size;
	if (op == GNTTABOP_v3_map)
		c.kind = gv3_dom_flags(c.self);
	w->slice.n = w->slice.pages = 0;
	if (op == GNTTABOP_v3_copy) {
		memset(&w->ends, 0, sizeof(w->ends));
		c.ends = &w->ends;
	}
	while (done < count) {
		unsigned long at = (unsigned long)done * size;
		unsigned back, from;

		n = count - done < GV3_BLOCK ? count - done : GV3_BLOCK;
		if (gv3_args_read(cur, w->block.bytes, args, at, n * size))
			return -EFAULT;
		i = do_block(&c, op, w->block.bytes, size, n);
		/* Of one that is left in the middle the guest keeps how far it came. */
		back = i < n ? i + 1 : i;
		/* Of a request by itself no more is written than may have changed. */
		from = back == 1 ? shape->out : 0;
		if (gv3_args_write(cur, args, at + from, w->block.bytes + from, back * size - from))
			return -EFAULT;
		done += i;
		if (i < n || (done < count && gv3_preempt(cur)))
			return (long)(count - done);
	}
	return 0;
}

/* ---- a domain's life ---- */

/* What a new domain has of version 3, for gv3_dom_state(); NULL: memory. At most max_trees of its own. */
static struct gv3_state *gv3_init(gv3_cpu *cur, gv3_dom *d, unsigned max_trees)
{
	struct gv3_state *st = gv3_mem_alloc(cur, d, sizeof(*st));

	if (!st)
		return NULL;
	gv3_lock_init(&st->lock);
	st->d = d;
	st->max_trees = max_trees < GV3_MAX_TREES ? max_trees : GV3_MAX_TREES;
	return st;
}

/*
 * It dies, and none of its vCPUs runs: what it has mapped, and what others have of its trees. 0, or GV3_AGAIN when it
 * wants to be called again. Its p2m and IOMMU tables must still be there.
 */
static int gv3_dies(gv3_cpu *cur, gv3_dom *d)
{
	struct gv3_state *st = gv3_dom_state(d);
	int rc = st ? mapper_dies(cur, d, st) : 0;

	return st && !rc ? granter_dies(cur, st) : rc;
}

/* Nobody can find it any more. */
static void gv3_free(gv3_cpu *cur, gv3_dom *d, struct gv3_state *st)
{
	if (st->slot)
		gv3_page_free(cur, d, st->slot);
	gv3_mem_free(cur, d, st, sizeof(*st));
}
