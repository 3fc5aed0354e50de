/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second, small host for the core of grant tables version 3: a few domains, a few frames, one
 * thread. It proves that the core assumes no other hypervisor. It can fail any call that may fail, change
 * guests' memory and switch to another vCPU at every call, and writes down what was called.
 */
#ifndef SMALL_H
#define SMALL_H

#include "gv3_sys.h"
#include "grant_v3.h"

#define SMALL_DOMS	3
#define SMALL_TOOLSTACK 2    /* a domain that may bind */
#define SMALL_RAM	12   /* frames of each domain: its GFNs 0 to SMALL_RAM - 1 */
#define SMALL_GFNS	4096 /* of its address space, of which RAM is the lowest part */
#define SMALL_SINKS	8    /* frames that are nobody's at first */
#define SMALL_FRAMES	(SMALL_DOMS * SMALL_RAM + SMALL_SINKS)
#define SMALL_RUN                                                                                  \
	512 /* domain 0 has 2M more, by the GFNs of this and the 511 after it; nothing is in them */
#define SMALL_MFNS    1024 /* all numbers of frames; those of the run are its GFNs */
#define SMALL_ARGS    4096
#define SMALL_TRACE   4096
#define SMALL_RETIRED 256
#define SMALL_LATE    16
#define SMALL_PORTS   4

struct small_entry {
	bool present, write, large; /* large: a part of an entry of 2M */
	uint64_t mfn;
};

struct small_dom {
	struct small *s;
	uint16_t id;
	bool there, dying;
	bool pv,
		iommu; /* its address space is page tables, whose entries it can change; it has devices */
	unsigned events; /* sent to it */
	struct gv3_state *v3;
	bool space_held;
	/* What the tables say, and what a TLB that was not flushed says. */
	struct small_entry p2m[SMALL_GFNS], tlb[SMALL_GFNS];
	bool tlb_used; /* since it was flushed */
	bool table_held;
	/* What its devices reach, by frame: how often to read and to write, and what they reached before a flush. */
	unsigned dev[SMALL_FRAMES][2];
	bool iotlb[SMALL_FRAMES][2];
	long bytes, limit;
	int reserve; /* of 4096 bytes each, for splitting */
};

struct small_cpu {
	struct small *s;
	struct small_dom *d;
	unsigned
		held; /* a bit for each level that is held; 8: the address space; 16: a page table */
	/* Stores that the others do not see before a barrier: as late as may be. */
	struct {
		volatile uint8_t *at;
		uint8_t v;
	} late[SMALL_LATE];
	unsigned nr_late;
	uint8_t buffer[GV3_BUFFER] __attribute__((aligned(8)));
};

struct small {
	struct small_dom dom[SMALL_DOMS];
	struct small_cpu cpu[SMALL_DOMS][2];
	struct small_frame {
		int owner;		/* -1: nobody's any more */
		unsigned refs, writers; /* of which are to write */
		bool sink;		/* one of them is a tree's, which has it for sinks */
		unsigned kept;		/* of them: no mapping's, as a test knows */
	} frame[SMALL_MFNS];
	uint64_t word[SMALL_FRAMES][512];
	/* Called at every call of the core's; may change guests' memory or switch to another vCPU. */
	void (*step)(struct small *s, struct small_cpu *cur, const char *what);
	void *step_arg;
	/* Called while a lock is not to be had; NULL: that is a deadlock. */
	void (*wait)(struct small *s, struct small_cpu *cur);
	unsigned long calls, fallible, fail_at; /* fail the call of this number, from 1; 0: none */
	bool walk_cache;
	bool no_alloc; /* an allocation is a violation */
	unsigned preempt_every;
	unsigned long checks;
	unsigned flushes;
	void *retired[SMALL_RETIRED]; /* pages that somebody may look at still */
	unsigned nr_retired;
	const char *trace[SMALL_TRACE];
	unsigned traced;
	unsigned written;      /* bytes of arguments, the last time */
	const char *violation; /* the first one */
};

/* A host with three domains; limit: bytes of hypervisor memory for each. */
struct small *small_new(long limit);
/* Ends all domains; what is left then is a violation. Its text, or NULL. */
const char *small_free(struct small *s);

void small_violation(struct small *s, const char *what);

/* The hypercall, made again for as long as there is something left of it. The vCPU's domain lives. */
long small_hypercall(struct small_cpu *cur, unsigned op, void *args, unsigned count);
void small_kill(struct small_dom *d);
/* Another domain gets its number. */
void small_born(struct small_dom *d);

/* A page of the domain's RAM as it sees it. */
uint64_t *small_ram(struct small_dom *d, unsigned gfn);
/* The domain gives a page away: it is another's as soon as nobody has a reference. */
void small_give_away(struct small_dom *d, unsigned gfn);
/*
 * The domain reads or writes at a GFN, by its TLB if that knows the place: the frame it reached, or -1.
 * Reaching a frame that is nobody's is a violation.
 */
long small_access(struct small_dom *d, unsigned gfn, bool write);
/*
 * A PV domain changes an entry, and drops what it held: nothing is there then, or what was at another one, which has
 * nothing then.
 */
void small_write_over(struct small_dom *d, unsigned gfn);
void small_move(struct small_dom *d, unsigned gfn, unsigned from);
/* Its device reads or writes a frame by number: like small_access(). */
bool small_dma(struct small_dom *d, uint64_t mfn, bool write);
/* Every frame has as many references, and as many to write, as the records and address spaces say. */
void small_check(struct small *s);

/* ---- between the host (small.c) and what it offers the core (calls.c) ---- */

/* A call of the core's has come. */
void small_step(struct small_cpu *cur, const char *what);
/* A call that may fail: does it now? */
bool small_fails(struct small_cpu *cur);
/* A frame that is freed is another's from here on: nobody may reach it, not by an old translation either. */
void small_freed(struct small *s, uint64_t mfn);
/* All of the vCPU's stores are seen from here on. */
void small_drain(struct small_cpu *cur);
/* A violation if a lock is held. */
void small_unlocked(struct small_cpu *cur, const char *what);
struct small_frame *small_frame(struct small *s, uint64_t mfn);
/* References to frames: the last one makes a frame nobody's. False: it is not the domain's. */
void small_drop(struct small *s, uint64_t mfn);
/* One of those that are to write is so no more: with the last one nobody may, not by an old translation either. */
void small_no_writer(struct small *s, uint64_t mfn);
bool small_take(struct small *s, const struct small_dom *d, uint64_t mfn);
bool small_is_ram(const struct small_dom *d, uint64_t gfn, uint64_t *mfn);

/* ---- the core's own functions (core.c) ---- */

long core_call(gv3_cpu *cur, unsigned op, gv3_guest args, unsigned count);
/* Bytes of an operation's structure. */
unsigned core_size(unsigned op);
struct gv3_state *core_init(gv3_cpu *cur, gv3_dom *d, unsigned max_trees);
int core_dies(gv3_cpu *cur, gv3_dom *d);
/* Nodes of frame mfn that its trees' walks remember. */
unsigned core_cached(const struct gv3_state *st, uint64_t mfn);
void core_free(gv3_cpu *cur, gv3_dom *d, struct gv3_state *st);

#endif
