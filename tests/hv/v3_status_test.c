// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3: every status of every operation, in the order in which docs/grant-v3.md has the checks. Each request is
 * wrong in one more way than the next one: what is checked first is what is said.
 */
#include "v3.h"

static struct v3 t;

static int call(struct hv_vcpu *v, uint8_t *args, unsigned cmd, void *op, size_t size,
		int16_t *status)
{
	*status = 77;
	return v3_op(v, args, cmd, op, size, status);
}

#define GRANTER(cmd, op) call(t.f.gv, t.f.gargs, cmd, &(op), sizeof(op), &(op).status)
#define MAPPER(cmd, op)	 call(t.f.mv, t.f.margs, cmd, &(op), sizeof(op), &(op).status)

static void test_register(void)
{
	struct gnttab_v3_register r = { .dom = 77, .flags = 0x8000, .root = 1 << 20 };

	ok(GRANTER(GNTTABOP_v3_register, r) == GNTST_bad_domain, "register: no such domain");
	r.dom = hv_domain_id(t.f.m);
	ok(GRANTER(GNTTABOP_v3_register, r) == GNTST_general_error, "register: flags");
	r.flags = GNTV3_REVOCABLE_ONLY | GNTV3_TRANSLATED_ONLY | GNTV3_REBINDABLE;
	ok(GRANTER(GNTTABOP_v3_register, r) == GNTST_general_error, "register: no levels");
	r.levels = GNTV3_MAX_LEVELS + 1;
	ok(GRANTER(GNTTABOP_v3_register, r) == GNTST_general_error, "register: too many levels");
	r.levels = GNTV3_MAX_LEVELS;
	r.max_maps = 128;
	ok(GRANTER(GNTTABOP_v3_register, r) == GNTST_general_error, "register: max_maps");
	r.max_maps = 127;
	r.pad = 1;
	ok(GRANTER(GNTTABOP_v3_register, r) == GNTST_general_error, "register: padding");
	r.pad = 0;
	ok(GRANTER(GNTTABOP_v3_register, r) == GNTST_bad_page, "register: the root is no page");
	r.root = 1ull << 51;
	ok(GRANTER(GNTTABOP_v3_register, r) == GNTST_bad_page,
	   "register: a root beyond everything");
	r.root = t.root;
	ok(GRANTER(GNTTABOP_v3_register, r) == GNTST_okay && r.tree, "register: a tree");
	for (unsigned i = 0; i < 62; i++)
		GRANTER(GNTTABOP_v3_register, r);
	ok(r.status == GNTST_okay, "register: 64 of them");
	ok(GRANTER(GNTTABOP_v3_register, r) == GNTST_no_space, "register: and no more");
	ok(!fx_check(&t.f, true), "register: invariants");
}

static void test_set_root(void)
{
	struct gnttab_v3_set_root s = { .root = 1 << 20, .tree = 12345, .levels = 1, .pad = 1 };

	ok(GRANTER(GNTTABOP_v3_set_root, s) == GNTST_general_error, "set_root: padding");
	s.pad = 0;
	ok(GRANTER(GNTTABOP_v3_set_root, s) == GNTST_bad_gntref, "set_root: no such tree");
	s.tree = t.tree;
	ok(GRANTER(GNTTABOP_v3_set_root, s) == GNTST_general_error, "set_root: fewer levels");
	s.levels = GNTV3_MAX_LEVELS + 1;
	ok(GRANTER(GNTTABOP_v3_set_root, s) == GNTST_general_error, "set_root: too many levels");
	s.levels = t.levels;
	ok(GRANTER(GNTTABOP_v3_set_root, s) == GNTST_bad_page, "set_root: no page");
	s.root = t.root;
	ok(GRANTER(GNTTABOP_v3_set_root, s) == GNTST_okay, "set_root: the same again");
	ok(MAPPER(GNTTABOP_v3_set_root, s) == GNTST_bad_gntref, "set_root: not by the mapper");
}

static void test_map(void)
{
	struct gnttab_v3_map m = { .ref = GNTV3_MAX_REF,
				   .addr = 1,
				   .tree = 12345,
				   .dom = 77,
				   .flags = 0x8000 | GNTV3_MAP_HOST,
				   .handle = 99,
				   .large = 9 };
	uint64_t *e = v3_entry(&t, 5), good = *e;

	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_general_error, "map: flags");
	m.flags = 0;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_general_error, "map: no mapping");
	m.flags = GNTV3_MAP_HOST | GNTV3_MAP_DEVICE;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_general_error, "map: device");
	m.flags = GNTV3_MAP_HOST | GNTV3_MAP_PTE;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_general_error, "map: entry");
	m.flags = GNTV3_MAP_HOST;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_general_error, "map: nothing");
	m.count = GNTV3_MAX_COUNT + 1;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_general_error, "map: too much");
	m.count = 1;
	m.done = 2;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_general_error, "map: more is done than wanted");
	m.done = 0;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_gntref, "map: beyond all references");
	m.ref = GNTV3_MAX_REF - 1;
	m.count = 2;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_gntref, "map: a range that ends there");
	m.ref = 5;
	m.count = 1;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_virt_addr, "map: between pages");
	m.addr = 1ull << 52;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_virt_addr, "map: no such address");
	m.addr = (1ull << 52) - 4096;
	m.count = 2;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_virt_addr, "map: a range that ends there");
	m.count = 1;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_domain, "map: no such domain");
	m.dom = hv_domain_id(t.f.g);
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_gntref, "map: no such tree");
	m.tree = t.tree;
	ok(call(t.f.gv, t.f.gargs, GNTTABOP_v3_map, &m, sizeof(m), &m.status) == GNTST_bad_gntref,
	   "map: not by the granter");
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_handle, "map: a handle, and nothing done");
	m.handle = 0;
	m.done = m.count = 1;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_handle, "map: something done, and no handle");
	m.done = 0;
	ok(v3_revoke(&t, 5, 1, GNTV3_REVOKE_BLOCK) == GNTST_okay &&
		   MAPPER(GNTTABOP_v3_map, m) == GNTST_eagain,
	   "map: blocked");
	ok(v3_revoke(&t, 5, 1, GNTV3_REVOKE_UNBLOCK) == GNTST_okay, "map: unblocked");
	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t wrong = bit < 2 ? bit * 3 : GNTV3_LEAF | 1ull << bit;

		if (bit >= 2 && !(1ull << bit & GNTV3_ZERO))
			continue;
		v3_store(e, wrong);
		if (MAPPER(GNTTABOP_v3_map, m) != GNTST_bad_gntref)
			ok(0, "map: the entry %#lx gives %d", (unsigned long)wrong, m.status);
	}
	v3_store(e, GNTV3_TABLE | (good & GNTV3_FRAME));
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_gntref, "map: entries that grant nothing");
	v3_store(e, GNTV3_LEAF | GNTV3_READONLY | 1ull << 40);
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_permission_denied, "map: read-only");
	m.flags |= GNTV3_MAP_READONLY;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_page, "map: a frame that is not there");
	v3_store(e, good | GNTV3_OWN);
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_virt_addr, "map: beyond the p2m");
	m.addr = 4096;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_virt_addr, "map: over RAM");
	m.addr = hv_guest_map_addr(t.f.m, 0);
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_okay && m.done == 1 && m.handle && !m.large &&
		   v3_peek(&t, 0, 0) == 5,
	   "map: a page");
	m.done = 0;
	m.handle = 0;
	ok(MAPPER(GNTTABOP_v3_map, m) == GNTST_bad_virt_addr && !m.done && !m.handle,
	   "map: over a mapping");
	ok(!fx_check(&t.f, true), "map: invariants");
}

/* Nodes above the lowest: what stands there is checked as well. */
static void test_nodes(void)
{
	uint64_t *top = v3_page(&t, t.root), good = *top;
	static const uint64_t wrong[] = { 0, GNTV3_TYPE, GNTV3_TABLE | GNTV3_READONLY,
					  GNTV3_TABLE | 8, GNTV3_LEAF | 1ull << 12 };

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		v3_store(top, wrong[i]);
		ok(v3_map(&t, 6, 8, 1, V3_RW, NULL) == GNTST_bad_gntref, "map: a node's entry %#lx",
		   (unsigned long)wrong[i]);
	}
	v3_store(top, GNTV3_TABLE | 1ull << 45);
	ok(v3_map(&t, 6, 8, 1, V3_RW, NULL) == GNTST_bad_page, "map: a node that is no page");
	/* Page 0 of the granter's 512 aligned ones, as one leaf. */
	v3_store(top, GNTV3_LEAF | 0ull << 12);
	ok(v3_map(&t, 6, 8, 1, V3_RW, NULL) == GNTST_okay && v3_peek(&t, 8, 0) == 6,
	   "map: a page of a large leaf");
	ok(v3_unmap(&t, t.map.handle) == GNTST_okay, "map: and it goes");
	v3_store(top, good);
	ok(v3_map(&t, 1ull << 18, 8, 1, V3_RW, NULL) == GNTST_bad_gntref,
	   "map: beyond what two levels hold");
}

static void test_unmap(grant_v3_handle_t live)
{
	struct gnttab_v3_unmap u = { .tree = 12345, .handle = 99, .dom = 77, .pad = 1 };

	ok(MAPPER(GNTTABOP_v3_unmap, u) == GNTST_general_error, "unmap: padding");
	u.pad = 0;
	ok(MAPPER(GNTTABOP_v3_unmap, u) == GNTST_bad_domain, "unmap: no such domain");
	u.dom = hv_domain_id(t.f.g);
	ok(MAPPER(GNTTABOP_v3_unmap, u) == GNTST_bad_gntref, "unmap: no such tree");
	u.tree = t.tree;
	for (unsigned i = 0; i < 3; i++) {
		u.handle = i == 0 ? 0 : i == 1 ? 99 : 1u << 30;
		ok(MAPPER(GNTTABOP_v3_unmap, u) == GNTST_bad_handle, "unmap: handle %u", u.handle);
	}
	u.handle = live;
	ok(call(t.f.gv, t.f.gargs, GNTTABOP_v3_unmap, &u, sizeof(u), &u.status) == GNTST_bad_gntref,
	   "unmap: not by the granter");
	ok(MAPPER(GNTTABOP_v3_unmap, u) == GNTST_okay && !u.revoked, "unmap: a mapping");
	ok(MAPPER(GNTTABOP_v3_unmap, u) == GNTST_bad_handle, "unmap: once");
}

static void test_revoke(void)
{
	struct gnttab_v3_revoke r = { .ref = GNTV3_MAX_REF, .tree = 12345, .flags = 8 };

	ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_general_error, "revoke: flags");
	r.flags = GNTV3_REVOKE_UNBLOCK | GNTV3_REVOKE_CHECK;
	ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_general_error,
	   "revoke: flags that exclude each other");
	r.flags = 0;
	r.pad = 1;
	ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_general_error, "revoke: padding");
	r.pad = 0;
	ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_bad_gntref, "revoke: nothing");
	r.count = 1;
	ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_bad_gntref, "revoke: beyond all references");
	r.ref = 5;
	r.done = 2;
	ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_bad_gntref, "revoke: more is done than wanted");
	r.done = 0;
	ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_bad_gntref, "revoke: no such tree");
	r.tree = t.tree;
	ok(MAPPER(GNTTABOP_v3_revoke, r) == GNTST_bad_gntref, "revoke: not by the mapper");
	r.flags = GNTV3_REVOKE_CHECK;
	ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_eagain && r.done == 0, "revoke: not clear");
	r.flags = GNTV3_REVOKE_UNBLOCK;
	ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_bad_gntref, "revoke: nothing is blocked");
	r.flags = GNTV3_REVOKE_BLOCK;
	for (unsigned i = 0; i < 4; i++) {
		r.ref = 5 + i;
		r.done = 0;
		ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_okay && r.done == 1, "revoke: block %u",
		   i);
	}
	r.done = 0;
	ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_okay, "revoke: the same block is no other");
	r.ref = 9;
	r.done = 0;
	ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_no_space, "revoke: a fifth one");
	r.flags = GNTV3_REVOKE_UNBLOCK;
	for (unsigned i = 0; i < 4; i++) {
		r.ref = 5 + i;
		ok(GRANTER(GNTTABOP_v3_revoke, r) == GNTST_okay, "revoke: unblock %u", i);
	}
}

static void test_query_unregister(void)
{
	struct gnttab_v3_query q = { .ref = GNTV3_MAX_REF, .tree = 12345, .dom = 77, .pad = 1 };
	struct gnttab_v3_unregister u = { .tree = 12345, .pad = 1 };

	ok(MAPPER(GNTTABOP_v3_query, q) == GNTST_general_error, "query: padding");
	q.pad = 0;
	ok(MAPPER(GNTTABOP_v3_query, q) == GNTST_bad_gntref, "query: beyond all references");
	q.ref = 5;
	ok(MAPPER(GNTTABOP_v3_query, q) == GNTST_bad_domain, "query: no such domain");
	q.dom = hv_domain_id(t.f.g);
	ok(MAPPER(GNTTABOP_v3_query, q) == GNTST_bad_gntref, "query: no such tree");
	q.tree = t.tree;
	ok(MAPPER(GNTTABOP_v3_query, q) == GNTST_okay && q.maps == 1,
	   "query: a page that is mapped");
	q.dom = DOMID_SELF;
	ok(MAPPER(GNTTABOP_v3_query, q) == GNTST_bad_gntref, "query: not its own");
	ok(GRANTER(GNTTABOP_v3_query, q) == GNTST_okay, "query: the granter's own");
	ok(GRANTER(GNTTABOP_v3_unregister, u) == GNTST_general_error, "unregister: padding");
	u.pad = 0;
	ok(GRANTER(GNTTABOP_v3_unregister, u) == GNTST_bad_gntref, "unregister: no such tree");
	u.tree = t.tree;
	ok(MAPPER(GNTTABOP_v3_unregister, u) == GNTST_bad_gntref, "unregister: not by the mapper");
	ok(GRANTER(GNTTABOP_v3_unregister, u) == GNTST_okay, "unregister: a tree");
	ok(GRANTER(GNTTABOP_v3_unregister, u) == GNTST_bad_gntref, "unregister: once");
	ok(GRANTER(GNTTABOP_v3_query, q) == GNTST_bad_gntref, "query: after that");
}

/* What is no operation, no argument memory, no list. */
static void test_calls(void)
{
	static const unsigned none[] = { 15, 29 };
	struct gnttab_v3_map m = { .count = 1, .flags = V3_RW };

	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ok(hv_grant_table_op(t.f.mv, none[i], t.f.margs, 1) == -ENOSYS,
		   "operation %u: none", none[i]);
	ok(hv_grant_table_op(t.f.mv, GNTTABOP_v3_map, &m, 1) == -EFAULT,
	   "arguments that are nowhere");
	memset(t.f.margs, 0, 64 * HV_PAGE_SIZE);
	ok(hv_grant_table_op(t.f.mv, GNTTABOP_v3_map, t.f.margs, 1u << 20) == -EFAULT, "too many");
	ok(hv_grant_table_op(t.f.mv, GNTTABOP_v3_map, t.f.margs, 1u << 31) == -EINVAL,
	   "a wrong number");
	ok(hv_grant_table_op(t.f.mv, GNTTABOP_v3_map, t.f.margs, 0) == 0, "an empty list");
}

int main(void)
{
	struct fx_opts o = { .granter = { .vcpus = 1 } };
	grant_v3_handle_t h;

	if (!ok(!v3_open(&t, o, 2, 4), "set up"))
		return tap_done();
	test_set_root();
	test_map();
	h = t.map.handle;
	ok(v3_map(&t, 7, 1, 1, V3_RW, &h) == GNTST_okay, "one to unmap");
	test_nodes();
	test_unmap(h);
	test_revoke();
	test_register();
	test_query_unregister();
	test_calls();
	ok(!v3_close(&t), "invariants");
	return tap_done();
}
