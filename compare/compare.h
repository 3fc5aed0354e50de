/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A comparison: a base, and others that are each held against it, figure by figure. What may be compared goes by the
 * class of a figure (docs/methodology.md):
 *
 *   counts        exactly, wherever benchmark, definition and parameters are the same
 *   instructions  with the same compiler, flags and library, beyond a gate
 *   ratios        of time, on the same processor as well, by ranks over launches; of two sides that took turns by the
 *                 signs of paired launches
 *
 * A single time is never compared.
 */
#ifndef GNB_COMPARE_H
#define GNB_COMPARE_H

#include <stdint.h>

#include "paired.h"
#include "source.h"
#include "stats.h"

enum gnb_figure {
	GNB_FIG_ALL, /* of a cell or row that is not there, or new */
	GNB_FIG_COUNTS,
	GNB_FIG_VALUE, /* an exact figure that is no count of work, as bytes */
	GNB_FIG_INSTRUCTIONS,
	GNB_FIG_RATIO,
	GNB_FIG_PAIRED, /* measured in turn by both sides: one ratio for each launch */
	GNB_FIGS,
};

/* What figures have in common for whether they may be compared. */
enum gnb_kind { GNB_KIND_COUNTS, GNB_KIND_INSTRUCTIONS, GNB_KIND_RATIOS, GNB_KINDS };

/* In the order in which they matter to a reader. */
enum gnb_outcome_of {
	GNB_CMP_SLOWER,
	GNB_CMP_CHANGED, /* exact, and neither better nor worse alone */
	GNB_CMP_MISSING,
	GNB_CMP_UNTRUSTED, /* may not be compared: why says it */
	GNB_CMP_FASTER,
	GNB_CMP_NEW,
	GNB_CMP_UNCLEAR,
	GNB_CMP_SAME,
	GNB_CMP_VERDICTS,
};

extern const char *const gnb_figure_names[GNB_FIGS];
extern const char *const gnb_kind_names[GNB_KINDS];
extern const char *const gnb_cmp_names[GNB_CMP_VERDICTS];

struct gnb_cmp_options {
	double alpha;	   /* of a whole comparison: the chance of a false alarm among its ratios */
	double min_effect; /* of a ratio, as a part of 1; identical work may raise it */
	double gate;	   /* of instructions, as a part of 1 */
	unsigned fail_on;  /* 1 << verdict */
	unsigned only;	   /* 1 << kind; 0: all */
	bool force;	   /* compare what may not be, and say so */
};

struct gnb_cmp_row {
	size_t other; /* which of them */
	enum gnb_figure figure;
	/* NULL where it has none; to is what a ratio is to, of a paired figure what the base measured if it is another. */
	const char *cell, *bench, *version, *metric, *unit, *to;
	bool higher_better;
	double base, now;	     /* NaN: of counts, and where one is not there */
	struct gnb_estimate ratio;   /* now / base, with an interval if it is one over launches */
	struct json_object *changes; /* of counts: [{count, base, now}], those that differ; owned */
	double *each
		[2]; /* the launches' ratios, that of the base first; of a paired figure [0] alone; owned */
	size_t launches[2];
	double threshold, p, corrected;
	bool tested;  /* in the family of tests */
	size_t needs; /* launches on each side, 0: they are enough, or it is no question of them */
	enum gnb_outcome_of verdict;
	char why[240];
	bool unstable; /* untrusted because its run was not quiet, and for no other reason */
	bool forced, fails;
	struct json_object *accepted; /* what was accepted of it: {at, reason}; borrowed */
	struct json_object *now_row;  /* the row of the other, to be accepted; borrowed */
};

/* Whether a kind may be compared between the base and one of the others. */
struct gnb_cmp_may {
	bool refused;		    /* and forced if the options say so */
	struct json_object *differ; /* [{key, base, now}]: the keys; owned */
	char why[300];
};

/* How two sides took turns. */
struct gnb_cmp_turns {
	size_t launches;
	double seconds;	  /* in all */
	double alpha;	  /* of each row */
	uint64_t seed;	  /* what lots were drawn from */
	const char *note; /* why the least difference is what it is, and what was left out */
};

struct gnb_comparison {
	struct gnb_cmp_options o;
	const struct gnb_cmp_turns *turns; /* NULL: they did not, these are runs */
	const struct gnb_source *source;   /* the base, and then the others */
	size_t nr_others;
	struct gnb_cmp_may (*may)[GNB_KINDS]; /* of each of the others */
	struct gnb_cmp_row *row;	      /* sorted by what matters */
	size_t nr_rows;
	size_t count[GNB_CMP_VERDICTS], failing;
	size_t family;	/* rows that were tested together */
	bool refused;	/* nothing may be compared, or not a kind that was asked for */
	bool untrusted; /* it might be, but no row is of a cell that was stable */
};

/*
 * Compare source[0] with each of the n - 1 others. They have to live as long. 0 or -ENOMEM. Undo with
 * gnb_compare_free(). The two functions below are its steps.
 */
int gnb_compare(struct gnb_comparison *c, const struct gnb_source *source, size_t n,
		const struct gnb_cmp_options *o);
void gnb_compare_free(struct gnb_comparison *c);

/*
 * The comparison of two sides that took turns: n rows, each judged already, of which what was said stands. All that is
 * given has to live as long. 0 or -ENOMEM; undone likewise.
 */
int gnb_compare_paired(struct gnb_comparison *c, const struct gnb_source source[2],
		       const struct gnb_paired *p, size_t n, const struct gnb_cmp_options *o,
		       const struct gnb_cmp_turns *turns);

/* Sort rows by what matters, count verdicts, and find what fails. 0 or -ENOMEM. */
int gnb_cmp_finish(struct gnb_comparison *c);

/* May a kind be compared between two sources? A new object in m->differ. 0 or -ENOMEM. */
int gnb_cmp_may(struct gnb_cmp_may *m, enum gnb_kind kind, const struct gnb_source *base,
		const struct gnb_source *now);

/* The machine that measured a cell of a document; borrowed, NULL if it does not say. */
struct json_object *gnb_cmp_machine(struct json_object *doc, struct json_object *cell);

/*
 * Were two cells, of two documents, measured where the kind may not be compared? Then `why` says in what the machines
 * differ. Only of runs that several machines share: of others it is what gnb_cmp_may() says. 1 or 0, or -ENOMEM.
 */
int gnb_cmp_elsewhere(enum gnb_kind kind, struct json_object *const doc[2],
		      struct json_object *const cell[2], char *why, size_t len);

/* What differs between two objects of the same keys, as [{key, base, now}]; keys: only these, or NULL. New. */
struct json_object *gnb_cmp_differ(struct json_object *base, struct json_object *now,
				   const char *const *keys);

/* "key (base / now), ..." of such an array. */
void gnb_cmp_keys(struct json_object *differ, char *text, size_t len);

/*
 * Counts of the base that are not what they were, as [{count, base, now}]: now is null if it is not made any more. One
 * that only the other has was not made before, and is no change. New.
 */
struct json_object *gnb_cmp_changes(struct json_object *base, struct json_object *now);

/* Find the figures that there are on both sides, and those that are missing or new, for one of the others. 0 or -ENOMEM. */
int gnb_cmp_pair(struct gnb_comparison *c, size_t other);

/* Judge all rows, together: the ratios are one family of tests. 0 or -ENOMEM. */
int gnb_cmp_judge(struct gnb_comparison *c);

/* The kind of a figure; that of GNB_FIG_ALL is counts. */
enum gnb_kind gnb_cmp_kind(enum gnb_figure f);

/* How much worse it is, as a part of the base: more than 0 is worse, NaN without figures. */
double gnb_cmp_effect(const struct gnb_cmp_row *r);

/* The name by which a row is accepted, and told: CELL/VERSION/METRIC/FIGURE. */
void gnb_cmp_name(const struct gnb_cmp_row *r, char *text, size_t len);

#endif
