/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line. One table is the source of both the parser and --help. Every long option that a
 * run takes has a twin in the environment, GRANTBENCH_<NAME>; the command line wins.
 */
#ifndef GNB_OPTIONS_H
#define GNB_OPTIONS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "compared.h"

#define GNB_LIST_MAX 64
/* Launches of a cell beside the first: with it the 8 that a 99 % interval takes. */
#define GNB_LAUNCHES 7
/* A selection by --set of up to so many cells is re-launched without being asked. */
#define GNB_LAUNCHES_CELLS 8

enum gnb_action {
	GNB_ACT_RUN,
	GNB_ACT_HELP,
	GNB_ACT_VERSION,
	GNB_ACT_LIST,
	GNB_ACT_DRY_RUN,
	GNB_ACT_COMMAND,
	GNB_ACT_SELF_TEST,
};

enum gnb_exit {
	GNB_EXIT_OK = 0,
	GNB_EXIT_FAIL = 1,	 /* a benchmark or the harness failed */
	GNB_EXIT_USAGE = 2,	 /* usage, or nothing matched */
	GNB_EXIT_REGRESSION = 3, /* of grantbench compare: something is worse, or missing */
	GNB_EXIT_SKIPPED = 4,	 /* every cell was skipped */
	GNB_EXIT_REFUSED = 5,	 /* not comparable */
	GNB_EXIT_MISSING = 6,	 /* asked for by name, and not here */
	GNB_EXIT_UNTRUSTED = 7,	 /* most cells were unstable */
	GNB_EXIT_BUSY = 8,	 /* another run holds the lock of the results */
};

/* The exit code of what was asked for wrongly (-EINVAL), is not here (-ENODEV), or failed. */
static inline int gnb_exit_of(int error)
{
	return error == -EINVAL	  ? GNB_EXIT_USAGE
	       : error == -ENODEV ? GNB_EXIT_MISSING
				  : GNB_EXIT_FAIL;
}

struct gnb_command;

/* --set [bench.]key=values */
struct gnb_set {
	const char *bench; /* NULL: every benchmark that has the key */
	const char *key;
	const char *values; /* comma-separated */
	const char *text;   /* as it was typed */
};

struct gnb_options {
	enum gnb_action action;
	const struct gnb_command *command; /* of GNB_ACT_COMMAND */
	const char *filter;
	const char *list;    /* "" or "json" */
	const char *resume;  /* NULL: no; "": <results>/latest */
	const char *out;     /* the run folder; NULL: a new one in results */
	const char *results; /* the root of results */
	const char *pin;     /* core, pu, none, or a list of CPUs */
	bool perf;	     /* all counters, by mode and thread */
	const char *numa;    /* one of gnb_numa_names */
	const char *format;  /* console,json */
	const char *target;  /* as it was typed, NULL: the first one compiled in */
	const char *self_test;
	const char *probe; /* words of gnb_probe_what(), or NULL */
	bool quick, anonymize, allow_untrusted, no_progress, verbose, quiet;
	const char *part;     /* "K/N" (part.h), NULL: all */
	bool counts_only;     /* the counting round and no other: for scripts/hv-instructions */
	bool console, json;   /* from format */
	double budget;	      /* seconds; 0: not given */
	double min_time;      /* seconds; 0: not given */
	double timeout;	      /* seconds per cell */
	unsigned repetitions; /* 0: not given */
	int launches;	      /* -1: not given */
	bool launches_given;  /* what launches is after gnb_options_finish() was asked for */
	struct gnb_compared compared; /* --versions and --baseline */
	struct gnb_set set[GNB_LIST_MAX];
	unsigned sets;
	const char *meta[GNB_LIST_MAX]; /* "k=v" */
	unsigned metas;
	unsigned ab_side; /* version of the protocol of a side of `grantbench ab`, 0: it is none */
	/* Set in the processes that re-launch one cell. */
	const char *child_cell;
	unsigned child_launch, child_fd;
	double child_seconds, child_most;
	/* Strings made while parsing; they live until gnb_options_free(). */
	char *made[4 * GNB_LIST_MAX];
	unsigned mades;
};

void gnb_options_init(struct gnb_options *o);

/* Free what was made while parsing. o is as gnb_options_init() leaves it. */
void gnb_options_free(struct gnb_options *o);

/* Read GRANTBENCH_<NAME>. 0, or -EINVAL with one line in err. */
int gnb_options_env(struct gnb_options *o, char *err, size_t len);

/*
 * Read argv[1..argc-1] over what is there; argv must outlive o. 0, or -EINVAL with one line in err
 * that names what is wrong and how to mend it.
 */
int gnb_options_parse(struct gnb_options *o, int argc, char **argv, char *err, size_t len);

/* Check what only makes sense as a whole, and fill in defaults that depend on one another. 0 or
 * -EINVAL. */
int gnb_options_finish(struct gnb_options *o, char *err, size_t len);

/*
 * What chose the cells and versions, as arguments for a program that shall choose the same: the i-th, to be freed; NULL:
 * there are no more.
 */
char *gnb_options_selection(const struct gnb_options *o, unsigned i);

/*
 * The options that choose and shape cells, as arguments for a process that shall plan the same
 * cells. argv gets at most max strings, owned by o or static; returns how many, or -E2BIG.
 */
int gnb_options_export(struct gnb_options *o, const char **argv, int max);

/* The text of --help. */
void gnb_options_help(FILE *f);

#endif
