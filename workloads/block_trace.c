// SPDX-License-Identifier: GPL-2.0-only
/* A trace as work for a paravirtual disk: its reads and writes, cut into parts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block_trace.h"
#include "trace_file.h"

static uint64_t bytes_of(const struct gnb_iolog_rec *rec)
{
	return ((uint64_t)rec->len + GNB_BLK_SECTOR - 1) / GNB_BLK_SECTOR * GNB_BLK_SECTOR;
}

static uint64_t pages_of(const struct gnb_iolog_rec *rec)
{
	return (bytes_of(rec) + GNB_PAGE_SIZE - 1) / GNB_PAGE_SIZE;
}

/* Keep reads and writes, and how many pages are before each. 0 or -errno with a reason. */
static int index_log(struct gnb_blk_trace *t, struct gnb_iolog *log, const char *path, char *why,
		     size_t whylen)
{
	uint64_t pages = 0;

	t->n = log->count[GNB_IOLOG_READ] + log->count[GNB_IOLOG_WRITE];
	if (!t->n) {
		snprintf(why, whylen, "trace '%s' has no read and no write", path);
		return -EINVAL;
	}
	t->rec = malloc(t->n * sizeof(*t->rec));
	t->before = malloc((t->n + 1) * sizeof(*t->before));
	if (!t->rec || !t->before) {
		snprintf(why, whylen, "%s: out of memory", path);
		return -ENOMEM;
	}
	for (size_t i = 0, k = 0; i < log->n; i++) {
		if (log->rec[i].op != GNB_IOLOG_READ && log->rec[i].op != GNB_IOLOG_WRITE)
			continue;
		t->before[k] = pages;
		t->rec[k] = log->rec[i];
		pages += pages_of(&t->rec[k++]);
	}
	t->before[t->n] = pages;
	t->parts = pages / GNB_BLK_PART_PAGES ? pages / GNB_BLK_PART_PAGES : 1;
	return 0;
}

static int load(void *into, const char *path, char *why, size_t whylen)
{
	struct gnb_iolog log;
	int err = gnb_iolog_load(&log, path, why, whylen);

	if (err)
		return err;
	err = index_log(into, &log, path, why, whylen);
	gnb_iolog_free(&log);
	return err;
}

static void unload(void *loaded)
{
	struct gnb_blk_trace *t = loaded;

	free(t->rec);
	free(t->before);
}

static struct gnb_trace_kind kind = {
	.what = "trace", .size = sizeof(struct gnb_blk_trace), .load = load, .unload = unload
};

int gnb_blk_trace_get(const char *path, const struct gnb_blk_trace **t, char *why, size_t whylen)
{
	const void *found;
	int err = gnb_trace_get(&kind, path, &found, why, whylen);

	*t = err ? NULL : found;
	return err;
}

void gnb_blk_trace_put(const struct gnb_blk_trace *t)
{
	gnb_trace_put(&kind, t);
}

/* The record that has a page of the whole trace, and the beginning of its request. */
static struct gnb_blk_cursor find(const struct gnb_blk_trace *t, unsigned segs, uint64_t page)
{
	struct gnb_blk_cursor at = { .rec = t->n };
	size_t lo = 0, hi = t->n;

	if (page >= t->before[t->n])
		return at;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->before[mid] <= page)
			lo = mid;
		else
			hi = mid;
	}
	at.rec = lo;
	at.page = (page - t->before[lo]) / segs * segs;
	return at;
}

/* The page at which part k would begin if requests could be cut. */
static uint64_t border(const struct gnb_blk_trace *t, uint64_t k)
{
	uint64_t pages = t->before[t->n], over = pages % t->parts;

	return k * (pages / t->parts) + (k < over ? k : over);
}

struct gnb_blk_cursor gnb_blk_part(const struct gnb_blk_trace *t, unsigned segs, uint64_t i)
{
	uint64_t k = gnb_trace_part(t->parts, i);
	struct gnb_blk_cursor at = find(t, segs, border(t, k)),
			      end = find(t, segs, border(t, k + 1));

	at.left = t->before[end.rec] + end.page - t->before[at.rec] - at.page;
	return at;
}

bool gnb_blk_next(const struct gnb_blk_trace *t, unsigned segs, struct gnb_blk_cursor *at,
		  struct gnb_blk_request *q)
{
	const struct gnb_iolog_rec *rec;
	uint64_t bytes, most = (uint64_t)segs * GNB_PAGE_SIZE;

	if (!at->left)
		return false;
	rec = &t->rec[at->rec];
	bytes = bytes_of(rec) - at->page * GNB_PAGE_SIZE;
	if (bytes > most)
		bytes = most;
	*q = (struct gnb_blk_request){
		.write = rec->op == GNB_IOLOG_WRITE,
		.first_page = (rec->offset / GNB_PAGE_SIZE + rec->file * 37u + at->page) %
			      GNB_BLK_USER_PAGES,
		.bytes = (unsigned)bytes,
		.n = (unsigned)((bytes + GNB_PAGE_SIZE - 1) / GNB_PAGE_SIZE),
	};
	at->left -= q->n;
	at->page += q->n;
	if (at->page == pages_of(rec)) {
		at->rec++;
		at->page = 0;
	}
	return true;
}
