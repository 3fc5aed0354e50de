/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A history: runs, series, and a point for each series that a run has. A series is followed only where its figures may
 * be compared: its name, the version of its benchmark's definition, and what else has to be the same (setting.h).
 * Locking: as db.h.
 */
#ifndef GNB_STORE_H
#define GNB_STORE_H

#include <regex.h>

#include "change.h"
#include "db.h"
#include "rec.h"

/* A run of the history. */
struct gnb_store_run {
	int64_t id;
	char *name, *started, *commit, *status, *target;
	int64_t points;
};

struct gnb_store {
	struct gnb_db *db;
	struct gnb_store_run *run; /* by time of start; gnb_store_runs() */
	size_t nr_runs;
};

/* A point of a series: of which run, by its place in gnb_store.run. */
struct gnb_point {
	size_t run;
	double value, lo, hi;
	char class;
};

/* A change of a series: of which points. */
struct gnb_moved {
	size_t at, seen; /* places in gnb_track.point */
	double before, after;
};

/* A series with what it was. */
struct gnb_track {
	int64_t id;
	const char *name, *unit, *setting;
	int def_version, kind; /* kind: enum gnb_series_kind */
	bool higher_better;
	struct gnb_point *point; /* in the order of runs */
	size_t nr;
	struct gnb_moved *moved;
	size_t nr_moved;
	size_t judged; /* points that may be compared: classes C and H */
};

enum gnb_added { GNB_ADDED, GNB_GREW, GNB_THERE };

/* Open the history of a name as db.h has them; create: make it if there is none. 0, or a failure of db.h. Close it in any case. */
int gnb_store_open(struct gnb_store *s, const char *name, bool create);
void gnb_store_close(struct gnb_store *s);

/*
 * Add a run, in whole or not at all: what was done with it, and how many points it has. A run that is there already is
 * known by its start, its commit and its content, wherever it lies; one that was resumed since replaces what there was of it. text, len: its
 * cells.jsonl. 0, or a failure of db.h.
 */
int gnb_store_add(struct gnb_store *s, const struct gnb_rec_run *r, const char *name,
		  const char *text, size_t len, enum gnb_added *what, size_t *points);

/* Learn the runs, in the order of their start. 0, or a failure of db.h. */
int gnb_store_runs(struct gnb_store *s);

/*
 * Each series whose name matches (filter NULL: all), with its points and changes, in the order of their names; runs
 * are learned with them, as at one moment. What do_one is given lives as long as the call; a failure of it ends the walk. 0, or a failure.
 */
int gnb_store_tracks(struct gnb_store *s, const regex_t *filter,
		     int (*do_one)(void *arg, const struct gnb_track *t), void *arg);

/* "+1.2 %, worse", by what is better. */
void gnb_moved_words(const struct gnb_track *t, const struct gnb_moved *m, char *text, size_t len);

/* Forget runs: all but the `keep` newest, or those that started before; NULL or -1: not by this. *gone: how many. */
int gnb_store_prune(struct gnb_store *s, int64_t keep, const char *before, int64_t *gone);

#endif
