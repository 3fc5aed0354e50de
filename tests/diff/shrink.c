// SPDX-License-Identifier: GPL-2.0-only
/* The shortest list of operations that makes two hypervisors differ, or breaks an invariant of one.
 */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct shrink {
	struct diff_backend *a, *b; /* b NULL: an invariant of a */
	bool raw;
	char kind[16];
	long runs;
	struct diff_where *w;
};

static bool still(struct shrink *s, struct diff_list *l)
{
	static struct diff_where w;

	s->runs++;
	if (!s->b)
		return diff_replay(s->a, l, NULL, NULL) == -EUCLEAN;
	if (!diff_both(s->a, s->b, l, s->raw, &w) || strcmp(w.kind, s->kind))
		return false;
	*s->w = w;
	return true;
}

/* Try without operations [from, from + n). */
static bool without(struct shrink *s, struct diff_list *l, unsigned from, unsigned n)
{
	bool *keep = malloc(l->n * sizeof(*keep));
	struct diff_list shorter;

	if (!keep)
		return false;
	for (unsigned i = 0; i < l->n; i++)
		keep[i] = i < from || i >= from + n;
	diff_list_filter(&shorter, l, keep);
	free(keep);
	if (still(s, &shorter)) {
		diff_list_free(l);
		*l = shorter;
		return true;
	}
	diff_list_free(&shorter);
	return false;
}

/* Structures at the end of a batch: those before keep their numbers. */
static void shorten_batches(struct shrink *s, struct diff_list *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		struct diff_op *op = &l->op[i];

		for (unsigned cut = op->n / 2; cut; cut /= 2) {
			while (op->n > cut) {
				op->n -= cut;
				if (still(s, l))
					continue;
				op->n += cut;
				break;
			}
		}
	}
}

long diff_shrink(struct diff_backend *a, struct diff_backend *b, struct diff_list *l, bool raw,
		 struct diff_where *w)
{
	struct shrink s = { .a = a, .b = b, .raw = raw, .w = w, .runs = 1 };

	if (b ? !diff_both(a, b, l, raw, w) : !still(&s, l))
		return -ENOENT;
	if (b)
		memcpy(s.kind, w->kind, sizeof(s.kind));
	for (unsigned n = (l->n + 1) / 2; n; n /= 2) {
		/* From the end: what comes after the difference goes first. */
		for (unsigned from = l->n; from > 0;) {
			from = from > n ? from - n : 0;
			without(&s, l, from, n);
			if (from > l->n)
				from = l->n;
		}
	}
	shorten_batches(&s, l);
	for (unsigned from = l->n; from-- > 0;)
		without(&s, l, from, 1);
	/* The last word is that of the list as it is now. */
	if (b)
		diff_both(a, b, l, raw, w);
	return s.runs;
}
