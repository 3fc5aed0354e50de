/* SPDX-License-Identifier: GPL-2.0-only */
/* What grantbench-history is asked for by a word. */
#ifndef GNB_HISTORY_COMMAND_H
#define GNB_HISTORY_COMMAND_H

#include <regex.h>

#include "store.h"

enum {
	EXIT_OK,
	EXIT_FAILED,
	EXIT_USAGE,
	EXIT_NOTHING = 4,
	EXIT_ABSENT = 6, /* something that is needed is not here */
	EXIT_BUSY = 8,
};

struct gnb_history_options {
	const char *db, *out, *before;
	long keep; /* -1: all */
	bool points;
	const regex_t *filter; /* NULL: all series */
	char **folder;	       /* of add */
	int nr_folders;
};

/* One line on standard error. */
void gnb_history_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A text for a terminal, to free(): what would steer it is '?'. NULL without memory. */
char *gnb_history_plain(const char *text);

/* A failure of the store as an exit code, with its sentence on standard error. */
int gnb_history_failed(const struct gnb_store *s, int rc);

/* The words: each returns an exit code. */
int gnb_history_add(const struct gnb_history_options *o);
int gnb_history_list(const struct gnb_history_options *o);
int gnb_history_show(const struct gnb_history_options *o);
int gnb_history_plot(const struct gnb_history_options *o);
int gnb_history_prune(const struct gnb_history_options *o);

#endif
