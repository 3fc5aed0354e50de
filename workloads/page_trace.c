// SPDX-License-Identifier: GPL-2.0-only
/* A trace of written pages, read (page_trace.h). */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page_trace.h"
#include "trace_file.h"

struct reader {
	struct gnb_page_trace *t;
	unsigned long line;
	size_t room;
	int head; /* lines of it so far */
	char *why;
	size_t len;
};

static int wrong(struct reader *r, const char *what)
{
	snprintf(r->why, r->len, "line %lu: %s", r->line, what);
	return -EINVAL;
}

static int head(struct reader *r, const char *text)
{
	unsigned pages;
	char rest;

	if (r->head++ == 0)
		return !strcmp(text, "gnb-pages 1")
			       ? 0
			       : wrong(r, "a trace of pages begins with \"gnb-pages 1\"");
	if (sscanf(text, "pages %u %c", &pages, &rest) != 1)
		return wrong(r, "\"pages N\" is expected here");
	if (!pages || pages > GNB_PAGE_TRACE_PAGES)
		return wrong(r, "there are 1 to 262144 pages, which is 1 GiB");
	r->t->pages = pages;
	return 0;
}

static int add(struct reader *r, const char *text)
{
	struct gnb_page_trace *t = r->t;
	uint32_t us, page;
	char rest;

	if (sscanf(text, "%" SCNu32 " %" SCNu32 " %c", &us, &page, &rest) != 2)
		return wrong(r, "a time in microseconds and a page are expected");
	if (page >= t->pages)
		return wrong(r, "there is no such page");
	if (t->n && us < t->write[t->n - 1].us)
		return wrong(r, "it is before the line above");
	if (t->n == r->room) {
		size_t room = r->room ? 2 * r->room : 4096;
		void *p = realloc(t->write, room * sizeof(*t->write));

		if (!p) {
			snprintf(r->why, r->len, "no memory for it");
			return -ENOMEM;
		}
		t->write = p;
		r->room = room;
	}
	t->write[t->n++] = (struct gnb_page_write){ us, page };
	return 0;
}

/* A line without what is behind a #, and without blanks at its end. */
static char *bare(char *text)
{
	size_t n = strcspn(text, "#\r\n");

	while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	text[n] = 0;
	return text + strspn(text, " \t");
}

static int load(void *into, const char *path, char *why, size_t len)
{
	struct gnb_page_trace *t = into;
	struct reader r = { .t = t, .why = why, .len = len };
	FILE *f = fopen(path, "re");
	char text[256];
	int rc = 0;

	if (!f) {
		rc = -errno;
		snprintf(why, len, "cannot be read: %s", strerror(-rc));
		return rc;
	}
	while (!rc && fgets(text, sizeof(text), f)) {
		char *p = bare(text);

		r.line++;
		if (*p)
			rc = r.head < 2 ? head(&r, p) : add(&r, p);
	}
	if (!rc && ferror(f)) {
		rc = -EIO;
		snprintf(why, len, "cannot be read to its end");
	}
	fclose(f);
	if (!rc && !t->n) {
		rc = -EINVAL;
		snprintf(why, len, "no page is written to in it");
	}
	return rc;
}

static void unload(void *loaded)
{
	free(((struct gnb_page_trace *)loaded)->write);
}

static struct gnb_trace_kind kind = {
	.what = "trace", .size = sizeof(struct gnb_page_trace), .load = load, .unload = unload
};

int gnb_page_trace_get(const char *path, const struct gnb_page_trace **t, char *why, size_t len)
{
	const void *found;
	int err = gnb_trace_get(&kind, path, &found, why, len);

	*t = err ? NULL : found;
	return err;
}

void gnb_page_trace_put(const struct gnb_page_trace *t)
{
	gnb_trace_put(&kind, t);
}
