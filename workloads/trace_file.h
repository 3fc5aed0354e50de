/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that workloads replay: where those are that come along, the one of each kind that stays in memory, and in which
 * order parts have their turn. Locking: main thread only.
 */
#ifndef GNB_TRACE_FILE_H
#define GNB_TRACE_FILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Where the file of a parameter's value is: one with a slash is a path; a name is looked for with that ending beside the
 * program as it was built, as it was installed, and in the source tree that we are in. As find of struct gnb_param.
 */
int gnb_trace_find(const char *name, const char *ending, char *path, size_t len, char *why,
		   size_t whylen);

/* A kind of file, and the one of it that is in memory. */
struct gnb_trace_kind {
	const char *what; /* in a sentence: "trace" */
	size_t size;	  /* of what a file is loaded into, zeroed before */
	/* 0, or -errno with a one-line reason in why. What is held then goes by unload, also after a failure. */
	int (*load)(void *into, const char *path, char *why, size_t whylen);
	void (*unload)(void *loaded);
	/* gnb_trace_get()'s. */
	void *kept;
	char *path;
	unsigned users;
};

/*
 * The file, loaded. All who ask for the same one share it; it stays until another is asked for and nobody uses it any
 * more: a cell asks for it once per machine, and must not see it change. 0; -EBUSY: another one is in use; -ENOMEM; or
 * what load said, with a reason in why. *t is given back with gnb_trace_put().
 */
int gnb_trace_get(struct gnb_trace_kind *k, const char *path, const void **t, char *why,
		  size_t whylen);
/* NULL, or what is not k's: nothing. */
void gnb_trace_put(struct gnb_trace_kind *k, const void *t);

/*
 * The i-th part in an order that jumps over the whole file: the first few are a sample of all of it, however many there
 * is time for, and after as many as there are each had its turn once. It begins anew after the last.
 */
uint64_t gnb_trace_part(uint64_t parts, uint64_t i);

#endif
