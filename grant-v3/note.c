/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the granter is told of its tree: a byte for each group of references while anything of it is mapped or copied, and
 * a bit when that is over. It is counted here, in pages; the granter's pages are written, and nothing is believed that
 * stands in them. All with the tree's lock held.
 */

#define NOTE_COUNTS (4096u / (unsigned)sizeof(uint32_t)) /* to a page */
#define NOTE_ALL    UINT32_MAX				 /* every record is counted */

static uint32_t *note_count(const struct gv3_note *o, uint32_t g)
{
	return o->count[g / NOTE_COUNTS] + g % NOTE_COUNTS;
}

/* The groups that references ref to ref + n - 1 lie in: how many, from *g on. */
static inline uint32_t note_groups(const struct gv3_note *o, uint64_t ref, uint64_t n, uint32_t *g)
{
	uint64_t first = o->first, end = ref + n;

	if (end > o->end)
		end = o->end;
	if (ref < first)
		ref = first;
	/* None at all while no pages are set up: then all of o is 0. */
	if (ref >= end)
		return 0;
	*g = (uint32_t)((ref - first) >> o->order);
	return (uint32_t)((end - 1 - first) >> o->order) - *g + 1;
}

/* How many of them are of group g, where at least one is. */
static uint32_t note_share(const struct gv3_note *o, uint64_t ref, uint64_t n, uint32_t g)
{
	uint64_t a = o->first + ((uint64_t)g << o->order), b = a + (1ull << o->order);

	return (uint32_t)((b < ref + n ? b : ref + n) - (a > ref ? a : ref));
}

static void note_status(gv3_cpu *cur, const struct gv3_note *o, uint32_t g, uint8_t v)
{
	uint8_t *page;

	if (o->status == GV3_NO_FRAME)
		return;
	page = gv3_frame(cur, o->status);
	gv3_byte_write(cur, page + g, v);
	gv3_frame_done(cur, page);
}

/*
 * Nothing of group g is in use. The bit is set whatever was there; what was there says only whether an event may be
 * spared: a granter that writes bits of its own goes without its own events.
 */
static void note_over(gv3_cpu *cur, const struct gv3_tree *t, uint32_t g)
{
	const struct gv3_note *o = &t->note;
	uint64_t *page, old;

	note_status(cur, o, g, 0);
	if (o->notice == GV3_NO_FRAME || o->counted != NOTE_ALL || GV3_MUTANT(NO_NOTICE))
		return;
	page = gv3_frame(cur, o->notice);
	old = gv3_word_or(cur, page + g / 64, 1ull << g % 64);
	gv3_frame_done(cur, page);
	if (!old && !GV3_MUTANT(NO_EVENT))
		gv3_notify(cur, t->granter, o->port);
}

/* Before references are walked to: who has cleared an entry and sees a byte of 0 has done so before the walk. */
static gv3_rare void note_mark(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, uint64_t n)
{
	uint32_t g = 0, i = note_groups(&t->note, ref, n, &g);
	bool any = false;

	if (t->note.status == GV3_NO_FRAME || GV3_MUTANT(STATUS_LATE))
		return;
	for (; i--; g++) {
		if (*note_count(&t->note, g))
			continue;
		note_status(cur, &t->note, g, 1);
		any = true;
	}
	if (any && !GV3_MUTANT(STATUS_NO_BARRIER))
		gv3_mb(cur);
}

/*
 * What of them did not come into use: nothing is mapped after all. It is over, as if it had been: the granter may have
 * seen the byte, and wait.
 */
static void note_unmark(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, uint64_t n)
{
	uint32_t g = 0, i = note_groups(&t->note, ref, n, &g);

	if (t->note.status == GV3_NO_FRAME)
		return;
	for (; i--; g++)
		if (!*note_count(&t->note, g))
			note_over(cur, t, g);
}

/* They come into use; they are marked. */
static void note_add(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, uint64_t n)
{
	uint32_t g = 0, i = note_groups(&t->note, ref, n, &g);

	for (; i--; g++) {
		if (GV3_MUTANT(STATUS_LATE))
			note_status(cur, &t->note, g, 1);
		*note_count(&t->note, g) += note_share(&t->note, ref, n, g);
	}
}

/* Of n marked references from ref on the first `done` came into use by record `rec`, where there are any. */
static gv3_rare void note_came(gv3_cpu *cur, struct gv3_tree *t, uint32_t rec, uint64_t ref,
			       uint64_t n, uint64_t done)
{
	bool counted = done && rec < t->note.counted;

	if (counted)
		note_add(cur, t, ref, done);
	if (!counted || done < n)
		note_unmark(cur, t, ref, n);
}

/* They are not in use any more, and nobody can reach them: after the flush. */
static void note_sub(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, uint64_t n)
{
	uint32_t g = 0, i = note_groups(&t->note, ref, n, &g);

	for (; i--; g++) {
		uint32_t *count = note_count(&t->note, g);

		*count -= note_share(&t->note, ref, n, g);
		if (!*count)
			note_over(cur, t, g);
	}
}

static void note_run(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, uint64_t n, bool in)
{
	if (in)
		note_add(cur, t, ref, n);
	else
		note_sub(cur, t, ref, n);
}

/* Record n's pages that are mapped come into use, or go; later, if it is not yet its turn to be counted. */
static void note_rec(gv3_cpu *cur, struct gv3_tree *t, uint32_t n, bool in)
{
	uint32_t i, from, entries, each;
	const uint64_t *frames;
	struct gv3_rec *r;

	if (n >= t->note.counted)
		return;
	r = rec_at(t, n);
	entries = rec_entries(r);
	frames = rec_frame(r, 0);
	each = r->order ? rec_pages(r) : 1;
	if (entries == 1) {
		if (!(*frames & GV3_F_GONE))
			note_run(cur, t, r->ref, each, in);
		return;
	}
	for (i = 0; i < entries; i++) {
		for (from = i; i < entries && !(frames[i] & GV3_F_GONE); i++)
			;
		if (i > from)
			note_run(cur, t, r->ref + from, i - from, in);
	}
}

/* Entry i of record n is taken away: its references. */
static void note_taken(gv3_cpu *cur, struct gv3_tree *t, uint32_t n, uint32_t i)
{
	const struct gv3_rec *r = rec_at(t, n);

	if (n < t->note.counted)
		note_sub(cur, t, r->ref + i, r->order ? rec_pages(r) : 1);
}

/* Its pages and its memory are let go. */
static void note_drop(gv3_cpu *cur, const struct gv3_tree *t, struct gv3_note *o)
{
	unsigned i;

	for (i = 0; i < GV3_NOTE_PAGES && o->count[i]; i++)
		gv3_page_free(cur, t->granter, o->count[i]);
	if (o->status != GV3_NO_FRAME && !GV3_MUTANT(NOTE_LEAK))
		gv3_run_put(cur, t->granter, o->status, 0, true, true);
	if (o->notice != GV3_NO_FRAME)
		gv3_run_put(cur, t->granter, o->notice, 0, true, true);
	memset(o, 0, sizeof(*o));
	o->status = o->notice = GV3_NO_FRAME;
}
