/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzz harness of hv: what its parts share. One input is one host with up to four domains and a
 * sequence of guest actions; everything is decided by the input's bytes, so that a file replays
 * what it found.
 */
#ifndef HV_FUZZ_H
#define HV_FUZZ_H

#include <hv/hv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#include "lifetime.h"
#include "p2m.h"
#include "page.h"
#include "pv.h"
#include "table.h"

#define FZ_DOMAINS     4
#define FZ_PAGES       20
#define FZ_ARGS	       5
#define FZ_NOTES       2 /* the last of them: the hypervisor writes there, so they have no tag */
#define FZ_RAM	       (FZ_PAGES + FZ_ARGS)
#define FZ_SLOTS       32
#define FZ_HANDLES     512
#define FZ_REFS	       64 /* references 8.. that a well-behaved guest uses */
#define FZ_DATA	       64 /* where data begins in a page: its tag is before */
#define FZ_CHECK_EVERY 2048

/* At the start of every page of RAM. No write of the harness, by whatever path, reaches it. */
struct fz_tag {
	uint32_t magic;
	uint32_t serial; /* of the domain: numbers are reused, serials are not */
	uint64_t mfn;
};
#define FZ_MAGIC 0x7a6147u

enum fz_state {
	FZ_HOLE,    /* not mapped: an access must fail */
	FZ_MAPPED,  /* an access must succeed and find this tag */
	FZ_UNKNOWN, /* something the harness does not follow */
};

struct fz_place {
	enum fz_state state;
	bool rw, tagged;
	bool ram; /* the domain's own, not a grant's */
	uint32_t serial;
	uint64_t mfn;
};

struct fz_handle {
	uint16_t flags; /* GNTMAP_*; 0: not live */
	bool self;
	uint64_t addr, dev;
	/* Of version 1 with revoke: what can be taken back, and was. flags are 0 then. */
	uint64_t mapped_at;
	uint32_t granter; /* serial */
	grant_ref_t ref;
	unsigned accepts; /* GNTMAP_accept_* */
	bool gone;
};

/* What a well-behaved guest publishes. */
enum fz_kind { FZ_PAGE, FZ_PART, FZ_PASSED_ON, FZ_ACCEPT };

struct fz_dom {
	struct hv_domain *d;
	struct hv_vcpu *v[2];
	unsigned id;
	uint32_t serial;
	bool translated;
	bool revocable; /* version 1 with revoke */
	bool lost;	/* a PV mapping was overwritten while its handle lives */
	bool doomed; /* and the page went with it: Xen crashes the domain when it touches that handle;
		      * or its arguments cannot be reached any more */
	enum hv_iommu_mode iommu;
	uint8_t *args;
	size_t args_bytes;
	uint64_t frame[FZ_PAGES]; /* names of its RAM pages; HV_INVALID: given up */
	struct fz_place place[FZ_SLOTS + FZ_RAM];
	struct fz_handle handle[FZ_HANDLES];
	struct {
		int to; /* -1: not published */
		enum fz_kind kind;
		bool ro;
	} pub[FZ_REFS];
};

struct fz_stats {
	uint64_t inputs, calls, maps, maps_ok, unmaps_ok, copies_ok, reads, checks, crashes,
		second_reads, parts_ok, passed_ok, moved, replaced, asked, faults, v3_maps_ok,
		v3_revoked, v3_large, v3_split, v3_turned, v3_bound, v1_revoked, lent, lend_revoked,
		contexts_ok;
};

/* What an entry of a guest's page tables is when it is read again in a hypercall. */
enum fz_tamper { FZ_STILL, FZ_GONE, FZ_ANY };

struct fz {
	const uint8_t *in, *end;
	bool hostile;
	struct hv_host *host;
	struct fz_dom dom[FZ_DOMAINS];
	uint32_t serials;
	unsigned since_check;
	enum fz_tamper tamper;
	bool tampered; /* in the last hypercall */
};

extern struct fz fz;
extern struct fz_stats fz_stats;

/* ---- the input (hv_fuzz.c) ---- */

static inline bool fz_done(void)
{
	return fz.in >= fz.end;
}

static inline uint8_t fz_u8(void)
{
	return fz.in < fz.end ? *fz.in++ : 0;
}

static inline uint32_t fz_u32(void)
{
	uint32_t a = fz_u8(), b = fz_u8();

	return a | b << 8 | (uint32_t)fz_u8() << 16 | (uint32_t)fz_u8() << 24;
}

static inline uint64_t fz_u64(void)
{
	uint64_t lo = fz_u32();

	return lo | (uint64_t)fz_u32() << 32;
}

/* Hostile guests do the odd thing once in so often. */
static inline bool fz_odd(unsigned one_in)
{
	return fz.hostile && fz_u8() % one_in == 0;
}

/* A violated invariant: says why and does not return. */
void fz_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Forget which words were read: a new hypercall begins. */
void fz_forget_reads(void);
/* One whole input. */
void fz_run(const uint8_t *data, size_t size);

/* ---- domains and the oracle (hv_fuzz_state.c) ---- */

void fz_make_host(void);
void fz_create(void);
void fz_kill(struct fz_dom *m);
/* Domains with lost handles end before a page that they may still name can go. */
void fz_settle(void);
void fz_end(void);
void fz_check(void);
/* After every hypercall: counts, looks for violations, removes a caller that crashed (false). */
bool fz_after(struct fz_dom *m);

struct fz_dom *fz_live(void); /* some live domain */
struct fz_dom *fz_by_id(unsigned id);
struct hv_vcpu *fz_vcpu(struct fz_dom *m);
struct fz_tag *fz_page_tag(uint64_t mfn);
void fz_tag_page(const struct fz_dom *m, uint64_t mfn);
bool fz_tag_good(const struct fz_tag *t);

/* The machine frame that the domain's own name for a frame means now, or HV_INVALID. */
uint64_t fz_translate(const struct fz_dom *m, uint64_t frame);
/* Are its arguments still where it writes them? Others may come into their place in its p2m. */
bool fz_args_at_home(const struct fz_dom *m);
/* Is p in the page tables that the builder gave to a domain? */
bool fz_in_tables(const void *p);
/*
 * An operation of m failed as a whole. True if that must not be: not of a crashed guest, nor of one whose
 * arguments are out of reach by its own page tables, as they are looked through here. It is doomed then.
 */
bool fz_unexpected(struct fz_dom *m, long rc);
/* What an operation of m on that reference may reach: the frame, or HV_INVALID if it must fail. */
uint64_t fz_expect(const struct fz_dom *m, const struct fz_dom *x, grant_ref_t ref, bool readonly,
		   bool map);
/* The place that an address (or, with contains_pte, an entry) names, or NULL. */
struct fz_place *fz_find(struct fz_dom *m, uint64_t addr, unsigned flags);
uint64_t fz_slot_addr(const struct fz_dom *m, unsigned slot, unsigned flags);

/* ---- shared by the actions (hv_fuzz_ops.c) ---- */

uint8_t *fz_args_page(struct fz_dom *m, unsigned i);
long fz_call(struct fz_dom *m, unsigned cmd, void *p, unsigned n);
unsigned fz_batch(unsigned most);
/* The domain that an operation names. */
struct fz_dom *fz_pick(domid_t *id);
/* A reference of x that was published to m, if there is one. */
grant_ref_t fz_pick_ref(const struct fz_dom *m, const struct fz_dom *x, bool *ro);
/* A PV mapping went without its handle, which cannot be unmapped by that address any more. */
void fz_overwritten(struct fz_dom *m, const struct fz_place *p);
/* A name for a frame: one of its own, or anything if it is hostile (hv_fuzz_copy.c). */
uint64_t fz_own_frame(const struct fz_dom *m);

/* ---- version 3 (fuzz_v3.c) ---- */

void fz_v3_begin(void);			 /* a new input */
void fz_v3_gone(const struct fz_dom *m); /* it was killed */
void fz_v3_note(void);			 /* before one is */
/* May the device of a PV domain reach a frame by what version 3 mapped? And a frame that it might. */
bool fz_v3_device_may(const struct fz_dom *m, uint64_t dfn, bool write);
/* Is it not known whether it may write there? */
bool fz_v3_device_unsure(const struct fz_dom *m, uint64_t dfn);
uint64_t fz_v3_device_frame(const struct fz_dom *m, unsigned i);
void fz_v3_tree(void);
void fz_v3_entry(void);
void fz_v3_map(void);
void fz_v3_unmap(void);
void fz_v3_revoke(void);
void fz_v3_query(void);
/* On a host of its own, a few operations with large entries (fuzz_v3_large.c); it ends with the input. */
void fz_v3_large(void);
void fz_v3_large_end(void);

/* ---- v1-range (fuzz_range.c) ---- */

void fz_range_begin(void);
void fz_range_gone(const struct fz_dom *m);
void fz_range(void);
void fz_v3_copy(void);
void fz_v3_notify(void);
void fz_v3_protect(void); /* fuzz_v3_protect.c */
void fz_v3_bind(void);	  /* fuzz_v3_bind.c */
void fz_v3_invalidate(void);

/* ---- version 1 with revoke (fuzz_v1_revoke.c) ---- */

void fz_v1_revoke(void);
/* An unmap of m's handle was okay. True: it was one that had been revoked; what that does is noted. */
bool fz_v1_unmapped(struct fz_dom *m, struct fz_handle *h);

/* ---- log-dirty (fuzz_log.c) ---- */

void fz_log_begin(void); /* a new input */
void fz_log(void);
/* m, or its device, wrote to its own memory there. */
void fz_log_wrote(const struct fz_dom *m, uint64_t addr, bool device);

/* ---- memory lent (fuzz_lend.c) ---- */

void fz_lend_begin(void); /* a new input */
void fz_lend(void);
/* ---- a virtio-iommu, on a host of its own that ends with the input (fuzz_virtio.c) ---- */

void fz_virtio(void);
void fz_virtio_end(void);

/* ---- PV-IOMMU (fuzz_pviommu.c) ---- */

void fz_pviommu(void);

/* ---- pages moved and mapped (fuzz_physmap.c) ---- */

void fz_move(void);
/* What was asked for was another thing when it was read again: of no domain's RAM is known where it is. */
void fz_forget_all(void);

/* ---- actions (hv_fuzz_ops.c, hv_fuzz_copy.c, hv_fuzz_move.c, hv_fuzz_mem.c, hv_fuzz_walk.c) ---- */

void fz_map(void);
void fz_unmap(void);
void fz_copy(void);
void fz_transfer(void);
void fz_replace(void);
void fz_cache_flush(void);
void fz_table_op(void);
void fz_raw_call(void);
void fz_write_entry(void);
void fz_write_status(void);
void fz_access(void);
void fz_device(void);
void fz_physmap(void);
void fz_decrease(void);
void fz_populate(void);
void fz_walk(void);

#endif
