/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs operations through a backend and says what came back in names that mean the same everywhere.
 */
#ifndef DIFF_EXEC_H
#define DIFF_EXEC_H

#include "diff.h"

#define DIFF_HANDLES	   512 /* names of handles; there are 256 of a domain at a time */
#define DIFF_BUSES	   1024
#define DIFF_STATUS_FRAMES 2
#define DIFF_NOWHERE	   UINT64_MAX
#define DIFF_FILLER	   0x7f7f7f7fu /* behind a transitive entry's reference: its bytes are 0x7f */

/* What the guest itself knows of its domain. */
struct diff_view {
	bool dead, crashed;
	unsigned version, frames;
	uint64_t page[DIFF_PAGES];
	bool gone[DIFF_PAGES];
	uint64_t gframe[DIFF_GRANT_FRAMES],
		sframe[DIFF_STATUS_FRAMES]; /* DIFF_NOWHERE: not reachable */
	uint32_t handle[DIFF_HANDLES];	    /* in order of appearance */
	unsigned handles;
	/* PV: what is mapped where, by handle. */
	struct {
		bool host;
		uint16_t slot;
	} held[DIFF_HANDLES];
	bool used[DIFF_SLOTS];
	bool node[DIFF_PAGES]; /* it has entries, whose frames are each machine's own */
};

struct diff_exec {
	struct diff_backend *b;
	const struct diff_list *l;
	struct diff_dom dom[DIFF_DOMS];
	struct diff_view view[DIFF_DOMS];
	uint64_t bus[DIFF_BUSES];
	unsigned buses,
		bus_base; /* seen since frames last changed hands; the number of the first */
	/* A PV mapping was overwritten: its handle cannot be given back, and the page may go before
	 * it. */
	bool lost;
	unsigned now; /* the operation that is run, or was last */
	char *line;   /* DIFF_LINE bytes: what is being written */
	size_t at;
};

/*
 * Fresh domains for l, with pages filled, the version set and all frames of their tables in reach.
 * 0 or -errno; after an error there is nothing to close.
 */
int diff_exec_open(struct diff_exec *x, struct diff_backend *b, const struct diff_list *l,
		   char *line);

/* Run one operation; the line in x->line has it and its result, without a newline. */
void diff_exec_op(struct diff_exec *x, struct diff_op *op);

/*
 * The end of a sub-stream: everything visible is written to f, then all live handles of l are
 * unmapped and what is left in use is written. f may be NULL.
 */
void diff_exec_finish(struct diff_exec *x, FILE *f);

/* ---- between the parts of the executor ---- */

void diff_say(struct diff_exec *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
uint64_t diff_resolve(const struct diff_exec *x, unsigned dom, struct diff_value v);
/* An operation of version 3, and what is left of it at the end. */
void diff_v3_op(struct diff_exec *x, struct diff_op *op);
void diff_v3_finish(struct diff_exec *x, FILE *f);
/* An operation of the toolstack. */
void diff_tools_op(struct diff_exec *x, struct diff_op *op);
/* A frame is no more its PV domain's: entries of version 3 of a PV domain that name it name a hole. */
void diff_v3_forget(struct diff_exec *x, unsigned dom, uint64_t frame);
/* Words of memory as one number. */
uint64_t diff_checksum(const void *p, unsigned bytes);
/* Write the line, if f is not NULL, and begin another one. */
void diff_end_line(struct diff_exec *x, FILE *f);
/* An operation without a hypercall. */
void diff_guest_op(struct diff_exec *x, struct diff_op *op);
/* Names of what came back. */
void diff_say_frame(struct diff_exec *x, unsigned dom, uint64_t frame, bool v1);
void diff_say_bus(struct diff_exec *x, uint64_t bus);
void diff_say_handle(struct diff_exec *x, unsigned dom, uint32_t handle);
void diff_say_domid(struct diff_exec *x, uint16_t id);
/* Only if it is that of one of our domains. */
bool diff_say_own_domid(struct diff_exec *x, uint16_t id);
/* The domain's view of its own table anew, after something may have changed it. */
void diff_refresh(struct diff_exec *x, unsigned dom);
/* Frames changed hands: bus addresses get new names. */
void diff_new_frames(struct diff_exec *x);
bool diff_alive(const struct diff_exec *x, unsigned dom);
long diff_call(struct diff_exec *x, unsigned dom, enum diff_call which, unsigned cmd, size_t off,
	       unsigned count);
/* What the domain itself reads or writes. Not 0: it cannot, or it is crashed and known to be so
 * from now on. */
int diff_frame(struct diff_exec *x, unsigned dom, uint64_t frame, unsigned off, void *buf,
	       unsigned len, bool write);
int diff_touch(struct diff_exec *x, unsigned dom, uint64_t addr, unsigned off, void *buf,
	       unsigned len, bool write);
/* Translated: something else is at that GFN now, so no frame of the table is. */
void diff_forget_place(struct diff_exec *x, unsigned dom, uint64_t gfn);
long diff_place(struct diff_exec *x, unsigned dom, unsigned space, uint64_t idx, uint64_t gfn);
void diff_fill_page(struct diff_exec *x, unsigned dom, unsigned page, uint64_t value);

/* An entry as it lies in memory. */
struct diff_entry {
	uint16_t flags, domid, off, len, status, tdom;
	uint32_t tref;
	uint64_t frame;
};
void diff_decode(struct diff_entry *e, const void *at, unsigned version);
/*
 * A PV page is no more its domain's. Which frames are handed out next is each hypervisor's own
 * affair, so entries that name it name a hole from now on; given: but not those in which the new
 * owner is told of it.
 */
void diff_forget_frame(struct diff_exec *x, uint64_t frame, bool given);
/* false: out of reach. */
bool diff_entry_read(struct diff_exec *x, unsigned dom, uint32_t ref, struct diff_entry *e);
void diff_say_entry(struct diff_exec *x, unsigned dom, const struct diff_entry *e);
/* [at, at + len) of the entry, or of its status word. */
bool diff_entry_access(struct diff_exec *x, unsigned dom, uint32_t ref, unsigned at, void *buf,
		       unsigned len, bool write);
bool diff_status_access(struct diff_exec *x, unsigned dom, uint32_t ref, uint16_t *word,
			bool write);

static inline unsigned diff_per_frame(const struct diff_view *v)
{
	return v->version == 2 ? 256 : 512;
}

#endif
