/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Growing text buffers, escaping, and files that appear whole or not at all.
 * Nothing here returns on lack of memory: the program says so and ends with 1.
 */
#ifndef GNB_BUF_H
#define GNB_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct gnb_buf {
	char *s; /* NUL-terminated once anything was added, else NULL */
	size_t len, cap;
};

/* Zeroed memory. */
void *gnb_alloc(size_t n, size_t size);
void *gnb_grow(void *p, size_t n, size_t size);

void gnb_buf_addn(struct gnb_buf *b, const char *s, size_t n);
void gnb_buf_add(struct gnb_buf *b, const char *s);
void gnb_buf_fmt(struct gnb_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void gnb_buf_free(struct gnb_buf *b);

/* Text for HTML and for Markdown. Control characters and bytes that are not UTF-8 become U+FFFD. */
void gnb_buf_html(struct gnb_buf *b, const char *text);
void gnb_buf_md(struct gnb_buf *b, const char *text);

/* Text for a gnuplot data file or argument: no quotes, backslashes, backticks or control
 * characters. */
void gnb_buf_plain(struct gnb_buf *b, const char *text);

/* A new string; the caller frees it. */
char *gnb_strf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The whole file, NUL-terminated, or NULL with errno set. *len without the NUL; the caller frees
 * it. */
char *gnb_read_file(const char *path, size_t *len);

/* Write dir/name by a temporary file, fsync and rename. 0 or -errno, after a line on stderr. */
int gnb_write_file(const char *dir, const char *name, const char *data, size_t len);

/* fsync dir/tmp and rename it to dir/name. 0 or -errno, after a line on stderr. */
int gnb_commit_file(const char *dir, const char *tmp, const char *name);

/* "grantbench-report: ..." on stderr. */
void gnb_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
