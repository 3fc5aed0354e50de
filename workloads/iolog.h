/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fio's own block traces (write_iolog=, read_iolog=), versions 2 and 3, as described in fio's
 *manual under "Trace file format". Version 3, written by fio since 3.31, puts a time in
 *microseconds before each line:
 *
 *	fio version 3 iolog
 *	16 vdisk add
 *	154 vdisk open
 *	158 vdisk read 1011712 16384
 *
 * fio appends to a file that is there, and jobs may share one: what follows a header in the middle is read as the next
 * run. A name may have spaces, and be added more than once (filename=x:x).
 *
 * The parser is stricter than fio, which skips what it does not understand: here a broken line
 *fails the file, named by file and line, with what to do about it. A trace that was cut short must
 *not pass for a shorter one. What fio writes is accepted, lines ending in CR LF too.
 *
 * Locking: none; a parsed trace is not changed afterwards.
 */
#ifndef GNB_IOLOG_H
#define GNB_IOLOG_H

#include <stddef.h>
#include <stdint.h>

#define GNB_IOLOG_LINE_MAX 4095		/* bytes of a line, as in fio */
#define GNB_IOLOG_NAME_MAX 256		/* bytes of a file name, as in fio */
#define GNB_IOLOG_SIZE_MAX (1ull << 30) /* bytes of a trace */

enum gnb_iolog_op {
	GNB_IOLOG_READ,
	GNB_IOLOG_WRITE,
	GNB_IOLOG_TRIM,
	GNB_IOLOG_SYNC, /* sync, datasync, sync_file_range, syncfs */
	GNB_IOLOG_WAIT, /* version 2 only: offset is a time in microseconds */
	GNB_IOLOG_OPS
};

/* One request. add, open and close are checked while parsing and not kept. */
struct gnb_iolog_rec {
	uint64_t offset; /* bytes */
	uint64_t at_us;	 /* version 3: since the start of the run; version 2: 0 */
	uint32_t len;	 /* bytes; never 0 for read, write and trim */
	uint16_t file;	 /* index of the file in the order of the add lines */
	uint8_t op;	 /* enum gnb_iolog_op */
};

struct gnb_iolog {
	int version; /* of the first run */
	unsigned
		nr_runs; /* fio appends: each run and each job has a header of its own, and times from 0 */
	struct gnb_iolog_rec *rec;
	size_t n;
	size_t count[GNB_IOLOG_OPS];
	unsigned nr_files;
};

/*
 * Parse len bytes at buf; name is how messages call it. 0, -EINVAL with a one-line reason in
 * why[whylen], or -ENOMEM. On failure the log is empty. Undo with gnb_iolog_free().
 */
int gnb_iolog_parse(struct gnb_iolog *log, const char *name, const char *buf, size_t len, char *why,
		    size_t whylen);

/* The same from a file or a pipe; also -errno of opening and reading it. */
int gnb_iolog_load(struct gnb_iolog *log, const char *path, char *why, size_t whylen);

void gnb_iolog_free(struct gnb_iolog *log);

#endif
