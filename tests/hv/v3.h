/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables version 3 for tests: a granter with a tree in its RAM, a mapper, and the operations. */
#ifndef HV_TEST_V3_H
#define HV_TEST_V3_H

#include "fixture.h"
#include "grant_v3.h"

#define V3_PAGES 1400 /* of each of the two */
#define V3_NODES 1024 /* first page that becomes a node; below are data */

#define V3_RW	(GNTV3_MAP_HOST)
#define V3_RO	(GNTV3_MAP_HOST | GNTV3_MAP_READONLY)
#define V3_HOLE (GNTV3_MAP_HOST | GNTV3_ACCEPT_HOLE)
#define V3_SINK (GNTV3_MAP_HOST | GNTV3_ACCEPT_SINK)

struct v3 {
	struct fx f;
	unsigned levels, nodes; /* nodes made so far */
	uint64_t root;
	grant_v3_tree_t tree;
	/* The last of its kind, as it came back. */
	struct gnttab_v3_map map;
	struct gnttab_v3_unmap unmap;
	struct gnttab_v3_revoke rev;
	struct gnttab_v3_protect prot;
	struct gnttab_v3_query query;
};

#define V3_UNUSED __attribute__((unused)) static

/* One structure; -1000 and below: what the hypercall itself gave. */
V3_UNUSED int v3_op(struct hv_vcpu *v, uint8_t *args, unsigned cmd, void *op, size_t size,
		    int16_t *status)
{
	long rc;

	memcpy(args, op, size);
	rc = hv_grant_table_op(v, cmd, args, 1);
	memcpy(op, args, size);
	return rc ? (int)rc * 1000 : *status;
}

/* ---- the granter's memory ---- */

V3_UNUSED uint64_t *v3_page(struct v3 *t, uint64_t frame)
{
	return hv_guest_frame_ptr(t->f.g, frame);
}

/* An empty node. */
V3_UNUSED uint64_t v3_node(struct v3 *t)
{
	uint64_t frame = hv_guest_frame(t->f.g, V3_NODES + t->nodes++);

	memset(v3_page(t, frame), 0, HV_PAGE_SIZE);
	return frame;
}

V3_UNUSED void v3_store(uint64_t *entry, uint64_t e)
{
	__atomic_store_n(entry, e, __ATOMIC_RELEASE);
}

/* The entry of level 0 for ref, with the nodes that lead to it. */
V3_UNUSED uint64_t *v3_entry(struct v3 *t, uint64_t ref)
{
	uint64_t frame = t->root;

	for (unsigned level = t->levels - 1; level; level--) {
		uint64_t *e = v3_page(t, frame) + (ref >> GNTV3_LEVEL_BITS * level) % GNTV3_ENTRIES;

		if (!*e)
			v3_store(e, v3_node(t) << GNTV3_PAGE_SHIFT | GNTV3_TABLE);
		frame = (*e & GNTV3_FRAME) >> GNTV3_PAGE_SHIFT;
	}
	return v3_page(t, frame) + ref % GNTV3_ENTRIES;
}

/* Page number `page` of the granter's RAM by reference ref. */
V3_UNUSED void v3_grant(struct v3 *t, uint64_t ref, unsigned page, uint64_t flags)
{
	v3_store(v3_entry(t, ref),
		 hv_guest_frame(t->f.g, page) << GNTV3_PAGE_SHIFT | GNTV3_LEAF | flags);
}

V3_UNUSED void v3_end(struct v3 *t, uint64_t ref)
{
	v3_store(v3_entry(t, ref), GNTV3_NOTHING);
}

/* ---- operations ---- */

V3_UNUSED int v3_register(struct v3 *t, unsigned dom, unsigned levels, unsigned max_maps,
			  unsigned flags)
{
	struct gnttab_v3_register r = { .dom = (uint16_t)dom,
					.flags = (uint16_t)flags,
					.levels = (uint8_t)levels,
					.max_maps = (uint8_t)max_maps,
					.root = t->root };
	int rc = v3_op(t->f.gv, t->f.gargs, GNTTABOP_v3_register, &r, sizeof(r), &r.status);

	t->tree = rc ? t->tree : r.tree;
	return rc;
}

V3_UNUSED int v3_unregister(struct v3 *t)
{
	struct gnttab_v3_unregister u = { .tree = t->tree };

	return v3_op(t->f.gv, t->f.gargs, GNTTABOP_v3_unregister, &u, sizeof(u), &u.status);
}

V3_UNUSED int v3_set_root(struct v3 *t, uint64_t root, unsigned levels)
{
	struct gnttab_v3_set_root s = { .root = root, .tree = t->tree, .levels = (uint8_t)levels };

	return v3_op(t->f.gv, t->f.gargs, GNTTABOP_v3_set_root, &s, sizeof(s), &s.status);
}

/* Another level on top; the old root is entry 0 of the new one. */
V3_UNUSED int v3_grow(struct v3 *t)
{
	uint64_t root = v3_node(t);
	int rc;

	v3_store(v3_page(t, root), t->root << GNTV3_PAGE_SHIFT | GNTV3_TABLE);
	rc = v3_set_root(t, root, t->levels + 1);
	if (!rc) {
		t->root = root;
		t->levels++;
	}
	return rc;
}

V3_UNUSED struct gnttab_v3_map v3_map_args(struct v3 *t, uint64_t ref, unsigned slot,
					   unsigned count, unsigned flags)
{
	return (struct gnttab_v3_map){ .ref = ref,
				       .addr = hv_guest_map_addr(t->f.m, slot),
				       .tree = t->tree,
				       .count = count,
				       .dom = hv_domain_id(t->f.g),
				       .flags = (uint16_t)flags };
}

V3_UNUSED int v3_map(struct v3 *t, uint64_t ref, unsigned slot, unsigned count, unsigned flags,
		     grant_v3_handle_t *handle)
{
	int rc;

	t->map = v3_map_args(t, ref, slot, count, flags);
	rc = v3_op(t->f.mv, t->f.margs, GNTTABOP_v3_map, &t->map, sizeof(t->map), &t->map.status);
	if (handle)
		*handle = t->map.handle;
	return rc;
}

V3_UNUSED int v3_unmap(struct v3 *t, grant_v3_handle_t handle)
{
	t->unmap = (struct gnttab_v3_unmap){ .tree = t->tree,
					     .handle = handle,
					     .dom = hv_domain_id(t->f.g) };
	return v3_op(t->f.mv, t->f.margs, GNTTABOP_v3_unmap, &t->unmap, sizeof(t->unmap),
		     &t->unmap.status);
}

V3_UNUSED int v3_revoke(struct v3 *t, uint64_t ref, uint64_t count, unsigned flags)
{
	t->rev = (struct gnttab_v3_revoke){
		.ref = ref, .count = count, .tree = t->tree, .flags = (uint16_t)flags
	};
	return v3_op(t->f.gv, t->f.gargs, GNTTABOP_v3_revoke, &t->rev, sizeof(t->rev),
		     &t->rev.status);
}

V3_UNUSED int v3_protect(struct v3 *t, uint64_t ref, uint64_t count, unsigned flags)
{
	t->prot = (struct gnttab_v3_protect){
		.ref = ref, .count = count, .tree = t->tree, .flags = (uint16_t)flags
	};
	return v3_op(t->f.gv, t->f.gargs, GNTTABOP_v3_protect, &t->prot, sizeof(t->prot),
		     &t->prot.status);
}

/* By whoever that is. */
V3_UNUSED int v3_bind(struct v3 *t, struct hv_vcpu *v, uint8_t *args, unsigned to)
{
	struct gnttab_v3_bind b = { .tree = t->tree,
				    .dom = hv_domain_id(t->f.g),
				    .to = (uint16_t)to };

	return v3_op(v, args, GNTTABOP_v3_bind, &b, sizeof(b), &b.status);
}

V3_UNUSED int v3_ack(struct v3 *t, unsigned dom)
{
	struct gnttab_v3_ack a = { .tree = t->tree, .dom = (uint16_t)dom };

	return v3_op(t->f.gv, t->f.gargs, GNTTABOP_v3_ack, &a, sizeof(a), &a.status);
}

/* By the granter. */
V3_UNUSED int v3_query(struct v3 *t, uint64_t ref)
{
	t->query = (struct gnttab_v3_query){ .ref = ref, .tree = t->tree, .dom = DOMID_SELF };
	return v3_op(t->f.gv, t->f.gargs, GNTTABOP_v3_query, &t->query, sizeof(t->query),
		     &t->query.status);
}

/* ---- what is seen ---- */

/* Byte 0 of a slot by a vCPU of the mapper; -1: a fault. */
V3_UNUSED int v3_peek(struct v3 *t, unsigned slot, unsigned vcpu)
{
	uint8_t v;

	return hv_guest_access(hv_domain_vcpu(t->f.m, vcpu), hv_guest_map_addr(t->f.m, slot), 0, &v,
			       1, false)
		       ? -1
		       : v;
}

V3_UNUSED int v3_poke(struct v3 *t, unsigned slot, unsigned vcpu, uint8_t v)
{
	return hv_guest_access(hv_domain_vcpu(t->f.m, vcpu), hv_guest_map_addr(t->f.m, slot), 0, &v,
			       1, true);
}

V3_UNUSED uint64_t v3_bytes(const struct hv_domain *d)
{
	uint64_t guest, hv;

	hv_domain_usage(d, &guest, &hv);
	return hv;
}

/* The owner gives a page of its RAM up (1), or gets one there again. */
V3_UNUSED long v3_balloon(struct v3 *t, unsigned page, bool out)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint64_t frame = hv_guest_frame(t->f.g, page);

	memcpy(t->f.gargs + 4096, &frame, 8);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(t->f.gargs + 4096));
	memcpy(t->f.gargs, &r, sizeof(r));
	return hv_memory_op(t->f.gv, out ? XENMEM_decrease_reservation : XENMEM_populate_physmap,
			    t->f.gargs);
}

/* ---- set up ---- */

/*
 * Every data page i holds the byte i, and is granted by reference i, if levels is not 0. Guests are of the kind that o
 * says; a granter may have more pages.
 */
V3_UNUSED int v3_set_up(struct v3 *t, struct fx_opts o, unsigned levels, unsigned max_maps)
{
	int rc;

	memset(t, 0, sizeof(*t));
	if (!o.host.ram_pages)
		o.host.ram_pages = 8192;
	if (o.granter.pages < V3_PAGES)
		o.granter.pages = V3_PAGES;
	o.mapper.pages = V3_PAGES;
	if (!o.mapper.map_slots)
		o.mapper.map_slots = 4096;
	rc = fx_open(&t->f, o);
	if (rc)
		return rc;
	for (unsigned i = 0; i < V3_NODES; i++)
		fx_fill(&t->f, i, (uint8_t)i);
	t->root = v3_node(t);
	t->levels = levels ? levels : 1;
	rc = levels ? v3_register(t, hv_domain_id(t->f.m), levels, max_maps, 0) : 0;
	for (unsigned i = 0; levels && i < (levels > 1 ? V3_NODES : GNTV3_ENTRIES); i++)
		v3_grant(t, i, i, 0);
	return rc;
}

/* The same by translated guests. */
V3_UNUSED int v3_open(struct v3 *t, struct fx_opts o, unsigned levels, unsigned max_maps)
{
	o.granter.guest = o.mapper.guest = HV_GUEST_TRANSLATED;
	return v3_set_up(t, o, levels, max_maps);
}

/* As open, with a tree that can be bound, and a third domain x->g that is the toolstack's. */
V3_UNUSED int v3_open_bind(struct v3 *t, struct fx *x, struct fx_opts o)
{
	int rc = v3_open(t, o, 0, 0);

	t->levels = 2;
	if (!rc)
		rc = v3_register(t, hv_domain_id(t->f.m), 2, 2, GNTV3_REBINDABLE);
	for (unsigned i = 0; !rc && i < GNTV3_ENTRIES; i++)
		v3_grant(t, i, i, 0);
	return rc ? rc
		  : fx_third(x, &t->f,
			     (struct hv_domain_config){ .guest = HV_GUEST_TRANSLATED,
							.map_slots = 64,
							.privileged = true });
}

/* With a PV granter and a translated mapper: by one level. */
V3_UNUSED int v3_open_pv(struct v3 *t)
{
	struct fx_opts o = { .granter = { .guest = HV_GUEST_PV },
			     .mapper = { .guest = HV_GUEST_TRANSLATED } };

	return v3_set_up(t, o, 1, 2);
}

V3_UNUSED int v3_close(struct v3 *t)
{
	int rc = fx_check(&t->f, true) || hv_host_violation(t->f.host);

	fx_close(&t->f);
	return rc;
}

#endif
