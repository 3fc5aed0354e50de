// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies through what only version 2 has: parts of pages and grants passed on. Statuses in Xen
 * 4.17's order, what a batch shares, what stays pinned, and two vCPUs at one entry.
 */
#include "fixture.h"
#include "table.h"

#include <pthread.h>

#define REF	  20 /* of the granter, for the mapper */
#define GREF	  30 /* of the third domain, for the granter */
#define NO_DOMAIN 13
#define PERMIT	  GTF_permit_access
#define SUB	  (GTF_permit_access | GTF_sub_page)
#define RO	  GTF_readonly
#define PASS	  GTF_transitive

enum from { THIRD, SELF, MAPPER, NOBODY, DOM_SELF };

struct world {
	struct fx f, t; /* granter and mapper; third domain and granter */
	const char *name;
};

static bool set_up(struct world *w, enum hv_guest guest, unsigned vcpus)
{
	struct fx_opts o = { .granter = { .guest = guest, .map_slots = FX_SLOTS },
			     .mapper = { .guest = guest, .vcpus = vcpus },
			     .version = 2 };

	o.host.audit = o.host.poison = vcpus < 2;
	w->name = guest == HV_GUEST_PV ? "PV" : "translated";
	return !fx_open(&w->f, o) &&
	       !fx_third(&w->t, &w->f, (struct hv_domain_config){ .guest = guest });
}

static long copy(struct fx *f, bool to, unsigned off, unsigned len, struct gnttab_copy *out)
{
	struct gnttab_copy *op = (struct gnttab_copy *)f->margs;
	long rc;

	*op = (struct gnttab_copy){ .len = (uint16_t)len, .status = 99 };
	op->flags = to ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
	op->source.domid = op->dest.domid = DOMID_SELF;
	op->source.u.gmfn = hv_guest_frame(f->m, 4);
	op->dest.u.gmfn = hv_guest_frame(f->m, 5);
	if (to) {
		op->dest.domid = hv_domain_id(f->g);
		op->dest.u.ref = REF;
		op->dest.offset = (uint16_t)off;
	} else {
		op->source.domid = hv_domain_id(f->g);
		op->source.u.ref = REF;
		op->source.offset = (uint16_t)off;
	}
	rc = hv_grant_table_op(f->mv, GNTTABOP_copy, op, 1);
	*out = *op;
	return rc;
}

/* ---- parts of pages ---- */

static const struct part_case {
	const char *name;
	uint16_t flags, start, length;
	bool to;
	unsigned off, len;
	int status;
} parts[] = {
	{ "all of it", SUB, 512, 1024, false, 512, 1024, 0 },
	{ "some of it", SUB, 512, 1024, false, 600, 8, 0 },
	{ "to all of it", SUB, 512, 1024, true, 512, 1024, 0 },
	{ "nothing, at its end", SUB, 512, 1024, false, 1536, 0, 0 },
	{ "nothing, before it", SUB, 512, 1024, false, 511, 0, -1 },
	{ "nothing, behind it", SUB, 512, 1024, false, 1537, 0, -1 },
	{ "a byte before it", SUB, 512, 1024, false, 511, 8, -1 },
	{ "a byte behind it", SUB, 512, 1024, false, 1529, 8, -1 },
	{ "to a byte before it", SUB, 512, 1024, true, 511, 8, -1 },
	{ "to a byte behind it", SUB, 512, 1024, true, 1529, 8, -1 },
	{ "an empty part", SUB, 512, 0, false, 512, 1, -1 },
	{ "nothing of an empty part", SUB, 512, 0, false, 512, 0, 0 },
	{ "a part that runs over its page", SUB, 4000, 5000, false, 4000, 96, 0 },
	{ "what is over the page", SUB, 4000, 5000, false, 4000, 97, -10 },
	{ "a part that starts behind its page", SUB, 5000, 100, false, 5000, 0, -10 },
	{ "the largest part", SUB, 0, 65535, false, 0, 4096, 0 },
	/* 15 bits of the offset are kept. */
	{ "offset with bit 15", SUB, 0x8000 + 512, 1024, false, 512, 1024, 0 },
	{ "read-only, from it", SUB | RO, 512, 1024, false, 512, 8, 0 },
	{ "read-only, to it", SUB | RO, 512, 1024, true, 512, 8, -1 },
	{ "a whole page has no part", PERMIT, 512, 1024, false, 0, 4096, 0 },
	{ "no type", GTF_sub_page, 512, 1024, false, 512, 8, -1 },
	/* Two at once. */
	{ "page before part", SUB, 512, 1024, false, 4090, 8, -10 },
};

static void part_cases(struct world *w)
{
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const struct part_case *c = &parts[i];
		struct gnttab_copy op;
		bool good;

		fx_fill(&w->f, 7, 0x77);
		memset(hv_guest_frame_ptr(w->f.m, hv_guest_frame(w->f.m, 4)), 0x44, HV_PAGE_SIZE);
		memset(hv_guest_frame_ptr(w->f.m, hv_guest_frame(w->f.m, 5)), 0x55, HV_PAGE_SIZE);
		fx_grant(&w->f, REF, 7, false);
		fx_part(&w->f, REF, c->start, c->length);
		fx_entry(&w->f, REF, c->flags, hv_domain_id(w->f.m), hv_guest_frame(w->f.g, 7));
		good = !copy(&w->f, c->to, c->off, c->len, &op) && op.status == c->status;
		good &= !(*fx_use_word(&w->f, REF) & (GTF_reading | GTF_writing));
		if (!op.status && c->len) {
			uint8_t *p = c->to ? hv_guest_frame_ptr(w->f.g, hv_guest_frame(w->f.g, 7))
					   : hv_guest_frame_ptr(w->f.m, hv_guest_frame(w->f.m, 5));

			good &= p[c->to ? c->off : 0] == (c->to ? 0x44 : 0x77);
		}
		ok(good, "%s: part: %s: %d (is %d)", w->name, c->name, c->status, op.status);
	}
	ok(!fx_check(&w->f, true), "%s: nothing is left of the parts", w->name);
	fx_part(&w->f, REF, 0, 0);
}

/* ---- passed on ---- */

static const struct pass_case {
	const char *name;
	uint16_t flags; /* of the granter's entry, GTF_transitive apart */
	bool other;	/* which is for another domain */
	enum from from;
	grant_ref_t gref;
	uint16_t inner, start, length; /* of the third domain's entry */
	bool inner_other, wild;
	bool to;
	unsigned off, len;
	int status;
} passes[] = {
	{ "a page", 0, 0, THIRD, GREF, PERMIT, 0, 0, 0, 0, false, 0, 4096, 0 },
	{ "to a page", 0, 0, THIRD, GREF, PERMIT, 0, 0, 0, 0, true, 0, 4096, 0 },
	{ "read-only, twice", RO, 0, THIRD, GREF, PERMIT | RO, 0, 0, 0, 0, false, 0, 64, 0 },
	{ "to what is passed on read-only", RO, 0, THIRD, GREF, PERMIT, 0, 0, 0, 0, true, 0, 8,
	  -1 },
	{ "to what was granted read-only", 0, 0, THIRD, GREF, PERMIT | RO, 0, 0, 0, 0, true, 0, 8,
	  -1 },
	{ "a part", 0, 0, THIRD, GREF, SUB, 512, 64, 0, 0, false, 512, 64, 0 },
	{ "outside a part", 0, 0, THIRD, GREF, SUB, 512, 64, 0, 0, false, 513, 64, -1 },
	{ "sub-page flag of its own", GTF_sub_page, 0, THIRD, GREF, PERMIT, 0, 0, 0, 0, false, 0,
	  64, 0 },
	{ "what was passed on already", 0, 0, THIRD, GREF, PASS, 0, 0, 0, 0, false, 0, 8, -1 },
	{ "of its own", 0, 0, SELF, GREF, PERMIT, 0, 0, 0, 0, false, 0, 8, -1 },
	{ "of nobody", 0, 0, NOBODY, GREF, PERMIT, 0, 0, 0, 0, false, 0, 8, -1 },
	{ "of DOMID_SELF", 0, 0, DOM_SELF, GREF, PERMIT, 0, 0, 0, 0, false, 0, 8, -1 },
	{ "to another", 0, 1, THIRD, GREF, PERMIT, 0, 0, 0, 0, false, 0, 8, -1 },
	{ "bad reference", 0, 0, THIRD, 256, PERMIT, 0, 0, 0, 0, false, 0, 8, -3 },
	{ "the largest reference", 0, 0, THIRD, ~0u, PERMIT, 0, 0, 0, 0, false, 0, 8, -3 },
	{ "granted to another", 0, 0, THIRD, GREF, PERMIT, 0, 0, 1, 0, false, 0, 8, -1 },
	{ "not granted", 0, 0, THIRD, GREF, 0, 0, 0, 0, 0, false, 0, 8, -1 },
	{ "transfer entry", 0, 0, THIRD, GREF, GTF_accept_transfer, 0, 0, 0, 0, false, 0, 8, -1 },
	{ "wild frame", 0, 0, THIRD, GREF, PERMIT, 0, 0, 0, 1, false, 0, 8, -9 },
	/* Two at once. */
	{ "grantee before domain", 0, 1, NOBODY, GREF, PERMIT, 0, 0, 0, 0, false, 0, 8, -1 },
	{ "grantee before reference", 0, 1, THIRD, 256, PERMIT, 0, 0, 0, 0, false, 0, 8, -1 },
	{ "right before reference", RO, 0, THIRD, 256, PERMIT, 0, 0, 0, 0, true, 0, 8, -1 },
	{ "domain before reference", 0, 0, NOBODY, 256, PERMIT, 0, 0, 0, 0, false, 0, 8, -1 },
	{ "reference before length", 0, 0, THIRD, 256, PERMIT, 0, 0, 0, 0, false, 4090, 8, -3 },
	{ "frame before length", 0, 0, THIRD, GREF, PERMIT, 0, 0, 0, 1, false, 4090, 8, -9 },
	{ "length before part", 0, 0, THIRD, GREF, SUB, 0, 64, 0, 0, false, 4090, 8, -10 },
};

static domid_t from_of(struct world *w, enum from from)
{
	switch (from) {
	case THIRD:
		return hv_domain_id(w->t.g);
	case SELF:
		return hv_domain_id(w->f.g);
	case MAPPER:
		return hv_domain_id(w->f.m);
	case NOBODY:
		return NO_DOMAIN;
	default:
		return DOMID_SELF;
	}
}

static void grant_third(struct world *w, uint16_t flags, bool other, bool wild)
{
	fx_entry(&w->t, GREF, flags, other ? 14 : hv_domain_id(w->f.g),
		 wild ? 0xfffff0 : hv_guest_frame(w->t.g, 9));
}

static void pass_cases(struct world *w)
{
	for (unsigned i = 0; i < sizeof(passes) / sizeof(*passes); i++) {
		const struct pass_case *c = &passes[i];
		struct gnttab_copy op;
		bool good;

		fx_fill(&w->t, 9, 0x99);
		memset(hv_guest_frame_ptr(w->f.m, hv_guest_frame(w->f.m, 4)), 0x44, HV_PAGE_SIZE);
		memset(hv_guest_frame_ptr(w->f.m, hv_guest_frame(w->f.m, 5)), 0x55, HV_PAGE_SIZE);
		fx_part(&w->t, GREF, c->start, c->length);
		grant_third(w, c->inner, c->inner_other, c->wild);
		fx_pass_on(&w->f, REF, c->flags, from_of(w, c->from), c->gref);
		if (c->other)
			((grant_entry_v2_t *)fx_frame(&w->f, 0, false))[REF].hdr.domid = 14;
		good = !copy(&w->f, c->to, c->off, c->len, &op) && op.status == c->status;
		good &= !((*fx_use_word(&w->f, REF) | *fx_use_word(&w->t, GREF)) &
			  (GTF_reading | GTF_writing));
		if (!op.status) {
			uint8_t *p = c->to ? hv_guest_frame_ptr(w->t.g, hv_guest_frame(w->t.g, 9))
					   : hv_guest_frame_ptr(w->f.m, hv_guest_frame(w->f.m, 5));

			good &= p[c->to ? c->off : 0] == (c->to ? 0x44 : 0x99);
		}
		ok(good, "%s: passed on: %s: %d (is %d)", w->name, c->name, c->status, op.status);
	}
	ok(!fx_check(&w->f, true), "%s: nothing is left of what was passed on", w->name);
	fx_part(&w->t, GREF, 0, 0);
}

/* Back to the one who granted it: Xen allows that. */
static void back(struct world *w)
{
	struct fx back = w->f;
	struct gnttab_set_version v = { .version = 2 };
	struct gnttab_copy op;

	back.g = w->f.m;
	back.m = w->f.g;
	back.gv = w->f.mv;
	back.gargs = w->f.margs;
	fx_gop(&back, GNTTABOP_set_version, &v, sizeof(v));
	fx_grant(&back, GREF, 11, false);
	fx_fill(&back, 11, 0xbb);
	fx_pass_on(&w->f, REF, 0, from_of(w, MAPPER), GREF);
	ok(!copy(&w->f, false, 0, 64, &op) && !op.status &&
		   *(uint8_t *)hv_guest_frame_ptr(w->f.m, hv_guest_frame(w->f.m, 5)) == 0xbb,
	   "%s: back to the domain that granted it: 0 (is %d)", w->name, op.status);
	ok(!fx_check(&w->f, true), "%s: and nothing is left of it", w->name);
}

/* What an entry says counts when it is first used; a mapping keeps what it has. */
static void pinned(struct world *w)
{
	struct gnttab_copy op;
	uint64_t before;
	uint32_t h;

	fx_grant(&w->f, REF, 7, false);
	ok(!fx_map(&w->f, REF, 3, GNTMAP_host_map | GNTMAP_readonly, &h), "%s: pinned: map",
	   w->name);
	fx_part(&w->f, REF, 512, 64);
	fx_entry(&w->f, REF, SUB, hv_domain_id(w->f.m), hv_guest_frame(w->f.g, 7));
	ok(!copy(&w->f, false, 0, 4096, &op) && !op.status,
	   "%s: pinned: a mapped page stays whole (%d)", w->name, op.status);
	ok(!copy(&w->f, true, 0, 4096, &op) && !op.status,
	   "%s: pinned: also for its first writer (%d)", w->name, op.status);
	fx_entry(&w->f, REF, SUB, hv_domain_id(w->f.m), hv_guest_frame(w->f.g, 8));
	ok(!copy(&w->f, true, 0, 8, &op) && op.status == -1,
	   "%s: pinned: but not in another page (%d)", w->name, op.status);
	grant_third(w, PERMIT, false, false);
	fx_pass_on(&w->f, REF, 0, from_of(w, THIRD), GREF);
	before = hv_vcpu_counters(w->f.mv)->continuations;
	ok(copy(&w->f, false, 0, 8, &op) == -EINTR && op.status == 99 &&
		   hv_vcpu_counters(w->f.mv)->continuations - before > 100,
	   "%s: pinned: and what is passed on now waits for the unmap", w->name);
	ok(!fx_unmap(&w->f, h, 3, 0) && !copy(&w->f, false, 0, 8, &op) && !op.status,
	   "%s: pinned: which lets it through (%d)", w->name, op.status);
	ok(fx_map(&w->f, REF, 3, GNTMAP_host_map, &h) == -1, "%s: it cannot be mapped", w->name);
	ok(!fx_check(&w->f, true), "%s: nothing is left of the pins", w->name);
}

static void batches(struct world *w)
{
	struct gnttab_copy *op = (struct gnttab_copy *)w->f.margs;
	const struct hv_counters *c = hv_vcpu_counters(w->f.mv);
	uint64_t sets = c->status_sets;

	grant_third(w, PERMIT, false, false);
	fx_pass_on(&w->f, REF, 0, from_of(w, THIRD), GREF);
	for (unsigned i = 0; i < 4; i++) {
		op[i] = (struct gnttab_copy){ .len = 8, .flags = GNTCOPY_source_gref };
		op[i].source.domid = hv_domain_id(w->f.g);
		op[i].source.u.ref = REF;
		op[i].dest.domid = DOMID_SELF;
		op[i].dest.u.gmfn = hv_guest_frame(w->f.m, 5);
	}
	op[2].source.offset = 4090;
	ok(!hv_grant_table_op(w->f.mv, GNTTABOP_copy, op, 4) && !op[0].status && !op[1].status &&
		   op[2].status == -10 && !op[3].status && c->status_sets - sets == 4,
	   "%s: batch: acquired once, and again after an error (%d %d %d %d, %lu marks)", w->name,
	   op[0].status, op[1].status, op[2].status, op[3].status,
	   (unsigned long)(c->status_sets - sets));
	/* Both sides by one entry: the second use finds the first one's pin. */
	op[0].flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
	op[0].dest.domid = op[0].source.domid;
	op[0].dest.u.ref = REF;
	op[0].dest.offset = 100;
	ok(!hv_grant_table_op(w->f.mv, GNTTABOP_copy, op, 1) && !op[0].status,
	   "%s: batch: from and to one entry that is passed on (%d)", w->name, op[0].status);
	fx_part(&w->f, REF, 64, 128);
	fx_entry(&w->f, REF, SUB, hv_domain_id(w->f.m), hv_guest_frame(w->f.g, 7));
	op[0].source.offset = 64;
	ok(!hv_grant_table_op(w->f.mv, GNTTABOP_copy, op, 1) && !op[0].status,
	   "%s: batch: from and to one part (%d)", w->name, op[0].status);
	ok(!fx_check(&w->f, true), "%s: nothing is left of the batches", w->name);
}

static void versions(struct world *w)
{
	struct gnttab_set_version v = { .version = 1 };
	uint32_t h;

	/* As if another vCPU were in a copy. */
	w->f.g->gt->nr_v2_ops = 1;
	fx_pass_on(&w->f, 3, 0, from_of(w, THIRD), GREF);
	ok(fx_gop(&w->f, GNTTABOP_set_version, &v, sizeof(v)) == -EAGAIN && v.version == 2,
	   "%s: no way back while version 2 is at work, before entries are looked at", w->name);
	fx_grant(&w->f, REF, 7, false);
	fx_map(&w->f, REF, 3, GNTMAP_host_map, &h);
	v.version = 1;
	ok(fx_gop(&w->f, GNTTABOP_set_version, &v, sizeof(v)) == -EBUSY, "%s: after what is pinned",
	   w->name);
	fx_unmap(&w->f, h, 3, 0);
	w->f.g->gt->nr_v2_ops = 0;
	v.version = 1;
	ok(fx_gop(&w->f, GNTTABOP_set_version, &v, sizeof(v)) == -ERANGE,
	   "%s: then a reserved entry that version 1 has no word for", w->name);
}

/*
 * The domain at the end of the way dies while its page lives on in a mapping of the granter's: the
 * entry is pinned, and a pin of a dying domain is not relied on.
 */
static void dying(struct world *w)
{
	struct gnttab_copy op;
	uint32_t h;

	grant_third(w, PERMIT, false, false);
	ok(!fx_map(&w->t, GREF, 3, GNTMAP_host_map, &h), "%s: dying: the granter maps it", w->name);
	fx_pass_on(&w->f, REF, 0, from_of(w, THIRD), GREF);
	ok(!copy(&w->f, false, 0, 64, &op) && !op.status, "%s: dying: not yet (%d)", w->name,
	   op.status);
	hv_domain_kill(w->t.g);
	ok(!copy(&w->f, false, 0, 64, &op) && op.status == -2,
	   "%s: dying: bad_domain, by way of an entry that is in use (%d)", w->name, op.status);
	ok(!fx_check(&w->f, true), "%s: dying: nothing is left but the mapping", w->name);
	w->f.m = w->f.g;
	w->f.mv = w->f.gv;
	w->f.margs = w->f.gargs;
	ok(!fx_unmap(&w->f, h, 3, 0), "%s: dying: unmapped", w->name);
	ok(!fx_check(&w->f, true), "%s: dying: and gone", w->name);
}

/* ---- two vCPUs at one entry ---- */

struct duel {
	struct world *w;
	struct hv_vcpu *v;
	unsigned page, ok, waited, bad;
};

#define COPIES 100000

static pthread_barrier_t start;

static void *copier(void *arg)
{
	struct duel *d = arg;
	struct fx *f = &d->w->f;
	struct gnttab_copy *op = (struct gnttab_copy *)(f->margs + 4096 * d->page);

	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < COPIES; i++) {
		long rc;

		*op = (struct gnttab_copy){ .len = 64, .status = 99, .flags = GNTCOPY_source_gref };
		op->source.domid = hv_domain_id(f->g);
		op->source.u.ref = REF;
		op->dest.domid = DOMID_SELF;
		op->dest.u.gmfn = hv_guest_frame(f->m, 4 + d->page);
		rc = hv_grant_table_op(d->v, GNTTABOP_copy, op, 1);
		if (rc == -EINTR)
			d->waited++;
		else if (!rc && !op->status)
			d->ok++;
		else
			d->bad++;
	}
	return NULL;
}

static void duel(struct world *w)
{
	struct duel d[2] = { { w, hv_domain_vcpu(w->f.m, 0), 0, 0, 0, 0 },
			     { w, hv_domain_vcpu(w->f.m, 1), 1, 0, 0, 0 } };
	pthread_t t[2];
	uint64_t again;

	grant_third(w, PERMIT, false, false);
	fx_pass_on(&w->f, REF, 0, from_of(w, THIRD), GREF);
	pthread_barrier_init(&start, NULL, 2);
	for (unsigned i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, copier, &d[i]);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	pthread_barrier_destroy(&start);
	again = hv_vcpu_counters(d[0].v)->continuations + hv_vcpu_counters(d[1].v)->continuations;
	ok(!d[0].bad && !d[1].bad && d[0].ok && d[1].ok,
	   "%s: two vCPUs at one entry that is passed on (%u and %u done, %u and %u given up)",
	   w->name, d[0].ok, d[1].ok, d[0].waited, d[1].waited);
	printf("# begun again %lu times\n", (unsigned long)again);
	ok(!fx_check(&w->f, true), "%s: and every pin is given back", w->name);
}

int main(void)
{
	for (int guest = 0; guest < 2; guest++) {
		enum hv_guest kind = guest ? HV_GUEST_TRANSLATED : HV_GUEST_PV;
		struct world w;

		if (!ok(set_up(&w, kind, 1), "set up"))
			continue;
		part_cases(&w);
		pass_cases(&w);
		back(&w);
		pinned(&w);
		batches(&w);
		versions(&w);
		fx_close(&w.f);
		if (ok(set_up(&w, kind, 1), "set up"))
			dying(&w);
		fx_close(&w.f);
		if (ok(set_up(&w, kind, 2), "set up"))
			duel(&w);
		fx_close(&w.f);
	}
	return tap_done();
}
