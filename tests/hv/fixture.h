/* SPDX-License-Identifier: GPL-2.0-only */
/* A host with a granter and a mapper, and the few operations that most tests of hv are made of. */
#ifndef HV_FIXTURE_H
#define HV_FIXTURE_H

#include <errno.h>
#include <hv/hv.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#include "tap.h"

#define FX_PAGES 256
#define FX_SLOTS 600

struct fx {
	struct hv_host *host;
	struct hv_domain *g, *m; /* granter, mapper; the same for a self-grant */
	struct hv_vcpu *gv, *mv;
	/* Argument memory; the first page of gargs is for small operations. */
	uint8_t *gargs, *margs;
	unsigned version;
	uint64_t gfn_base; /* translated: where grant frames were put */
};

struct fx_opts {
	struct hv_host_config host;
	struct hv_domain_config granter, mapper;
	unsigned version; /* 0: 1 */
	unsigned frames;  /* 0: 1 */
	bool self;
};

/* An operation of one structure, by the granter. */
__attribute__((unused)) static long fx_gop(struct fx *f, unsigned cmd, void *op, size_t size)
{
	long rc;

	memcpy(f->gargs, op, size);
	rc = hv_grant_table_op(f->gv, cmd, f->gargs, 1);
	memcpy(op, f->gargs, size);
	return rc;
}

__attribute__((unused)) static int fx_place(struct fx *f, unsigned idx, uint64_t gfn)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .idx = idx, .gpfn = gfn
	};

	memcpy(f->gargs, &a, sizeof(a));
	return (int)hv_memory_op(f->gv, XENMEM_add_to_physmap, f->gargs);
}

__attribute__((unused)) static int fx_grow(struct fx *f, unsigned nr)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = nr };
	int rc;

	set_xen_guest_handle(s.frame_list, (xen_pfn_t *)(f->gargs + 4096));
	rc = (int)fx_gop(f, GNTTABOP_setup_table, &s, sizeof(s));
	return rc ? rc : s.status;
}

/* Pointer to the granter's shared or status frame i. */
__attribute__((unused)) static void *fx_frame(struct fx *f, unsigned i, bool status)
{
	uint64_t frame;

	if (hv_guest_frame(f->g, 0) == 0) { /* translated: GFNs from 0 */
		frame = HV_GFN_GRANT_BASE + (status ? 65536 : 0) + i;
		if (!hv_guest_frame_ptr(f->g, frame))
			fx_place(f, i | (status ? 0x80000000u : 0), frame);
		return hv_guest_frame_ptr(f->g, frame);
	}
	if (status) {
		struct gnttab_get_status_frames s = { .dom = DOMID_SELF, .nr_frames = i + 1 };

		set_xen_guest_handle(s.frame_list, (uint64_t *)(f->gargs + 4096));
		if (fx_gop(f, GNTTABOP_get_status_frames, &s, sizeof(s)) || s.status)
			return NULL;
	} else if (fx_grow(f, i + 1)) {
		return NULL;
	}
	memcpy(&frame, f->gargs + 4096 + 8 * i, 8);
	return hv_guest_frame_ptr(f->g, frame);
}

__attribute__((unused)) static uint16_t *fx_use_word(struct fx *f, unsigned ref)
{
	if (f->version == 2)
		return (uint16_t *)fx_frame(f, ref / 2048, true) + ref % 2048;
	return &((grant_entry_v1_t *)fx_frame(f, ref / 512, false))[ref % 512].flags;
}

__attribute__((unused)) static void fx_entry(struct fx *f, unsigned ref, uint16_t flags,
					     domid_t dom, uint64_t frame)
{
	if (f->version == 2) {
		grant_entry_v2_t *e = (grant_entry_v2_t *)fx_frame(f, ref / 256, false) + ref % 256;

		e->hdr.domid = dom;
		e->full_page.frame = frame;
		__atomic_store_n(&e->hdr.flags, flags, __ATOMIC_RELEASE);
	} else {
		grant_entry_v1_t *e = (grant_entry_v1_t *)fx_frame(f, ref / 512, false) + ref % 512;

		e->domid = dom;
		e->frame = (uint32_t)frame;
		__atomic_store_n(&e->flags, flags, __ATOMIC_RELEASE);
	}
}

/* Publish page i of the granter to the mapper under ref. */
__attribute__((unused)) static void fx_grant(struct fx *f, unsigned ref, unsigned page, bool ro)
{
	fx_entry(f, ref, GTF_permit_access | (ro ? GTF_readonly : 0), hv_domain_id(f->m),
		 hv_guest_frame(f->g, page));
}

__attribute__((unused)) static struct gnttab_map_grant_ref *fx_map_args(struct fx *f, unsigned i)
{
	return (struct gnttab_map_grant_ref *)(f->margs + 8192) + i;
}

__attribute__((unused)) static struct gnttab_unmap_grant_ref *fx_unmap_args(struct fx *f,
									    unsigned i)
{
	return (struct gnttab_unmap_grant_ref *)(f->margs + 8192 + 32768) + i;
}

/* Map ref at slot; the status, with the handle in *handle. */
__attribute__((unused)) static int fx_map(struct fx *f, unsigned ref, unsigned slot, unsigned flags,
					  uint32_t *handle)
{
	struct gnttab_map_grant_ref *op = fx_map_args(f, 0);
	long rc;

	*op = (struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(f->m, slot),
					     .flags = flags,
					     .ref = ref,
					     .dom = hv_domain_id(f->g) };
	rc = hv_grant_table_op(f->mv, GNTTABOP_map_grant_ref, op, 1);
	if (handle)
		*handle = op->handle;
	return rc ? (int)rc * 1000 : op->status;
}

__attribute__((unused)) static int fx_unmap(struct fx *f, uint32_t handle, unsigned slot,
					    uint64_t dev)
{
	struct gnttab_unmap_grant_ref *op = fx_unmap_args(f, 0);
	long rc;

	*op = (struct gnttab_unmap_grant_ref){ .host_addr = slot == ~0u
								    ? 0
								    : hv_guest_map_addr(f->m, slot),
					       .dev_bus_addr = dev,
					       .handle = handle };
	rc = hv_grant_table_op(f->mv, GNTTABOP_unmap_grant_ref, op, 1);
	return rc ? (int)rc * 1000 : op->status;
}

/* hv_check(), with the reason on the output if it fails. */
__attribute__((unused)) static int fx_check(struct fx *f, bool trusting)
{
	char why[200];
	int rc = hv_check(f->host, trusting, why, sizeof(why));

	if (rc)
		printf("# %s\n", why);
	return rc;
}

__attribute__((unused)) static void fx_fill(struct fx *f, unsigned page, uint8_t value)
{
	memset(hv_guest_frame_ptr(f->g, hv_guest_frame(f->g, page)), value, HV_PAGE_SIZE);
}

__attribute__((unused)) static int fx_peek(struct fx *f, unsigned slot, uint8_t *value)
{
	return hv_guest_access(f->mv, hv_guest_map_addr(f->m, slot), 100, value, 1, false);
}

__attribute__((unused)) static int fx_open(struct fx *f, struct fx_opts o)
{
	size_t bytes;
	int rc;

	memset(f, 0, sizeof(*f));
	if (!o.host.heap_pages)
		o.host.heap_pages = 2048;
	if (!o.host.ram_pages)
		o.host.ram_pages = 4096;
	if (!o.granter.pages)
		o.granter.pages = FX_PAGES;
	if (!o.mapper.pages)
		o.mapper.pages = FX_PAGES;
	o.granter.args_pages = o.mapper.args_pages = 64;
	if (!o.mapper.map_slots)
		o.mapper.map_slots = FX_SLOTS;
	if (o.self)
		o.granter.map_slots = o.mapper.map_slots;
	rc = hv_host_create(&o.host, &f->host);
	if (!rc)
		rc = hv_domain_create(f->host, &o.granter, &f->g);
	f->m = f->g;
	if (!rc && !o.self)
		rc = hv_domain_create(f->host, &o.mapper, &f->m);
	if (rc)
		return rc;
	f->gv = hv_domain_vcpu(f->g, 0);
	f->mv = hv_domain_vcpu(f->m, 0);
	f->gargs = hv_guest_args(f->g, &bytes);
	f->margs = hv_guest_args(f->m, &bytes);
	f->version = o.version ? o.version : 1;
	if (f->version == 2) {
		struct gnttab_set_version v = { .version = 2 };

		rc = (int)fx_gop(f, GNTTABOP_set_version, &v, sizeof(v));
	}
	return rc ? rc : fx_grow(f, o.frames ? o.frames : 1);
}

/*
 * One more domain on f's host. In t it is the granter, and f's granter is the mapper: what
 * fx_grant() writes there, f's granter may use.
 */
__attribute__((unused)) static int fx_third(struct fx *t, const struct fx *f,
					    struct hv_domain_config c)
{
	size_t bytes;
	int rc;

	*t = *f;
	if (!c.pages)
		c.pages = FX_PAGES;
	c.args_pages = 64;
	rc = hv_domain_create(f->host, &c, &t->g);
	if (rc)
		return rc;
	t->m = f->g;
	t->gv = hv_domain_vcpu(t->g, 0);
	t->mv = f->gv;
	t->gargs = hv_guest_args(t->g, &bytes);
	t->margs = f->gargs;
	if (t->version == 2) {
		struct gnttab_set_version v = { .version = 2 };

		rc = (int)fx_gop(t, GNTTABOP_set_version, &v, sizeof(v));
	}
	return rc ? rc : fx_grow(t, 1);
}

/* Version 2: what lies between header and frame, to be written before the flags. */
__attribute__((unused)) static void fx_part(struct fx *f, unsigned ref, uint16_t page_off,
					    uint16_t length)
{
	grant_entry_v2_t *e = (grant_entry_v2_t *)fx_frame(f, ref / 256, false) + ref % 256;

	e->sub_page.page_off = page_off;
	e->sub_page.length = length;
}

__attribute__((unused)) static void fx_pass_on(struct fx *f, unsigned ref, uint16_t flags,
					       domid_t from, grant_ref_t gref)
{
	grant_entry_v2_t *e = (grant_entry_v2_t *)fx_frame(f, ref / 256, false) + ref % 256;

	e->transitive.trans_domid = from;
	e->hdr.domid = hv_domain_id(f->m);
	e->transitive.gref = gref;
	__atomic_store_n(&e->hdr.flags, (uint16_t)(GTF_transitive | flags), __ATOMIC_RELEASE);
}

__attribute__((unused)) static void fx_close(struct fx *f)
{
	hv_host_destroy(f->host);
}

#endif
