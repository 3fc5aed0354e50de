/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain whose pages are logged: who writes to them, and how what was written to is asked for. The granter's pages, asked
 * for by the mapper, its toolstack. Parameters `way`, `tables` and `writer` are the same wherever a benchmark has them.
 */
#ifndef GNB_DIRTY_H
#define GNB_DIRTY_H

#include <gnb/calls.h>
#include <gnb/copies.h>
#include <gnb/grant.h>

enum gnb_writer { GNB_WRITER_CPU, GNB_WRITER_GRANT, GNB_WRITER_COPY, GNB_WRITER_DEVICE };

#define GNB_PARAM_WAY                                                                                         \
	GNB_CHOICE(                                                                                           \
		"way", "marks", "marks,get,manual,all_set,ring",                                              \
		"how pages are logged: by marks as Xen, or as KVM: fetched and protected at once, or by two " \
		"calls, or the same with all dirty first, or by rings")
#define GNB_PARAM_LOG_TABLES                                                                       \
	GNB_CHOICE(                                                                                \
		"tables", "none", "none,separate,shared,bits",                                     \
		"tables of the domain's device; bits: separate ones that say what was written to")
#define GNB_PARAM_WRITER                                                                           \
	GNB_CHOICE("writer", "cpu", "cpu,grant,copy,device",                                       \
		   "who writes: its own CPU, who maps its pages, a grant copy, its device")

struct gnb_dirty {
	struct gnb_side *s;
	enum gnb_log_way way;
	enum gnb_writer writer;
	bool unseen; /* nobody records what it writes */
	struct gnb_vcpu *guest, *tools;
	struct gnb_log log;
	uint64_t base;	      /* frame number of the domain's first page */
	unsigned pages;	      /* of the domain */
	const unsigned *page; /* those that are written to, n of them */
	unsigned n;
	struct gnb_gtab gtab;
	struct gnb_maps maps;
	struct gnb_copies copies;
};

enum gnb_log_way gnb_way_of(const struct gnb_side *s);
enum gnb_writer gnb_writer_of(const struct gnb_side *s);

/* Is this one of the way's operations? */
bool gnb_way_has(enum gnb_log_way way, enum gnb_log_op op);

/*
 * For supported(): a machine whose domain has so many pages, n of which are written to, as the parameters way and tables say.
 * -EOPNOTSUPP with *why.
 */
int gnb_dirty_config(struct gnb_side *s, struct gnb_machine_config *cfg, unsigned long pages,
		     unsigned long n, enum gnb_writer writer, const char **why);

/* For setup(), on zeroed memory: these are the pages that are written to; the list stays the caller's. 0, or -errno. */
int gnb_dirty_init(struct gnb_dirty *d, struct gnb_side *s, unsigned pages, const unsigned *page,
		   unsigned n, enum gnb_writer writer);
void gnb_dirty_fini(struct gnb_dirty *d);

/* Each of them is written to once, in spans of this metric. Of who maps them it is the unmap, by which they become dirty. */
int gnb_dirty_write(struct gnb_dirty *d, unsigned metric);

/* An operation on all of the domain's pages, as the target returns it. */
long gnb_dirty_ask(struct gnb_dirty *d, enum gnb_log_op op);

/* The same in a span; a failure has its sentence. */
int gnb_dirty_timed(struct gnb_dirty *d, enum gnb_log_op op, unsigned metric);

/* Is the page in the bitmap that was handed out last? */
static inline bool gnb_dirty_has(const struct gnb_dirty *d, unsigned page)
{
	uint64_t gfn = d->base + page;

	return d->log.bitmap[gfn / 8] >> gfn % 8 & 1;
}

/* How many are. */
unsigned gnb_dirty_count(const struct gnb_dirty *d);

#endif
