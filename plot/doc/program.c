// SPDX-License-Identifier: GPL-2.0-only
/* Messages of grantbench-report, and its end where memory runs out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

void gnb_complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("grantbench-report: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int gnb_written(int err, const char *dir, const char *name)
{
	if (err)
		gnb_complain("cannot write %s/%s: %s", dir, name, strerror(-err));
	return err;
}

static void *or_end(void *p)
{
	if (!p) {
		gnb_complain("out of memory");
		exit(1);
	}
	return p;
}

void *gnb_alloc(size_t n, size_t size)
{
	return or_end(calloc(n ? n : 1, size));
}

void *gnb_grow(void *p, size_t n, size_t size)
{
	return or_end(reallocarray(p, n ? n : 1, size));
}

char *gnb_vstrf(const char *fmt, va_list ap)
{
	char *s;

	return or_end(vasprintf(&s, fmt, ap) < 0 ? NULL : s);
}

char *gnb_strf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = gnb_vstrf(fmt, ap);
	va_end(ap);
	return s;
}

char *gnb_take(struct gnb_buf *b)
{
	return or_end(gnb_buf_take(b));
}

const char *gnb_str(const struct gnb_buf *b)
{
	if (b->failed)
		or_end(NULL);
	return b->s ? b->s : "";
}

bool gnb_estimate_of(const struct gnb_rec_cell *cell, const char *version, const char *metric,
		     struct gnb_rec_estimate *e)
{
	int rc = gnb_rec_estimate(cell, version, metric, e);

	if (rc == -ENOMEM)
		or_end(NULL);
	return !rc;
}
