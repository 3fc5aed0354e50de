// SPDX-License-Identifier: GPL-2.0-only
/* For a terminal. */
#include <stdlib.h>
#include <string.h>

#include "tell.h"

/* Of many rows of one verdict so many are told; --all tells every one. */
#define ROWS_TOLD    20
#define REASONS_TOLD 8

static void sides(const struct gnb_comparison *c, struct gnb_buf *b)
{
	for (size_t i = 0; i <= c->nr_others; i++) {
		gnb_buf_fmt(b, "%-6s %s: ", i ? "other" : "base", c->source[i].name);
		gnb_tell_source(&c->source[i], b);
		gnb_buf_add(b, "\n");
		if (!i)
			continue;
		gnb_buf_add(b, "       machine: ");
		gnb_tell_differ(c, i - 1, "machine", b);
		gnb_buf_add(b, "\n       subject: ");
		gnb_tell_differ(c, i - 1, "subject", b);
		gnb_buf_add(b, "\n");
		for (enum gnb_kind k = 0; k < GNB_KINDS; k++)
			if (c->may[i - 1][k].refused)
				gnb_buf_fmt(b, "       %s %s: %s\n", gnb_kind_names[k],
					    c->o.force ? "are compared by force"
						       : "may not be compared",
					    c->may[i - 1][k].why);
	}
	if (c->turns) {
		gnb_buf_add(b, "turns  ");
		gnb_tell_turns(c, b);
		gnb_buf_add(b, "\n");
	}
}

static void tell_row(const struct gnb_comparison *c, const struct gnb_cmp_row *r, struct gnb_buf *b)
{
	char name[1000];

	gnb_cmp_name(r, name, sizeof(name));
	gnb_buf_fmt(b, "  %s", name);
	if (c->nr_others > 1)
		gnb_buf_fmt(b, " [%s]", c->source[1 + r->other].name);
	gnb_buf_add(b, ": ");
	gnb_tell_figures(r, b);
	gnb_buf_add(b, "\n");
}

/* Rows [from, to) by their reasons, those of most rows first. */
static void reasons(const struct gnb_comparison *c, size_t from, size_t to, struct gnb_buf *b)
{
	bool *told = calloc(to - from + 1, sizeof(*told));
	size_t n = 0, left = to - from;

	if (!told) {
		b->failed = true;
		return;
	}
	while (left && n < REASONS_TOLD) {
		size_t best = 0, most = 0;

		for (size_t i = from; i < to; i++) {
			size_t same = 0;

			if (told[i - from])
				continue;
			for (size_t j = i; j < to; j++)
				same += !told[j - from] && !strcmp(c->row[i].why, c->row[j].why);
			if (same > most) {
				most = same;
				best = i;
			}
		}
		gnb_buf_fmt(b, "  %zu: %s\n", most, c->row[best].why);
		for (size_t j = best; j < to; j++)
			told[j - from] |= !strcmp(c->row[best].why, c->row[j].why);
		left -= most;
		n++;
	}
	if (left)
		gnb_buf_fmt(b, "  %zu more, for other reasons\n", left);
	free(told);
}

/* Verdicts that many rows share for one reason, which is then what is told. */
static bool by_reason(const struct gnb_comparison *c, enum gnb_outcome_of v)
{
	return v == GNB_CMP_UNTRUSTED || (v == GNB_CMP_UNCLEAR && !c->turns);
}

static void verdict(const struct gnb_comparison *c, enum gnb_outcome_of v, size_t from, bool all,
		    struct gnb_buf *b)
{
	size_t n = c->count[v], told = all || n <= ROWS_TOLD ? n : ROWS_TOLD;

	gnb_buf_fmt(b, "%s %zu\n", gnb_cmp_names[v], n);
	/* Of two sides that took turns there are few rows, and each is an answer. */
	if (v == GNB_CMP_SAME && !all && !c->turns)
		return;
	if (by_reason(c, v) && !all) {
		reasons(c, from, from + n, b);
		return;
	}
	for (size_t i = from; i < from + told; i++)
		tell_row(c, &c->row[i], b);
	if (told < n)
		gnb_buf_fmt(b, "  and %zu more; --all tells every one\n", n - told);
}

void gnb_tell_console(const struct gnb_comparison *c, bool all, struct gnb_buf *b)
{
	size_t at = 0;

	sides(c, b);
	for (enum gnb_outcome_of v = 0; v < GNB_CMP_VERDICTS; v++) {
		if (c->count[v])
			verdict(c, v, at, all, b);
		at += c->count[v];
	}
	if (c->family)
		gnb_buf_fmt(b, "%zu ratios of time were tested together, at %g in all\n", c->family,
			    c->o.alpha);
	if (c->refused)
		gnb_buf_add(b, "verdict: refused, these runs may not be compared\n");
	else if (c->failing)
		gnb_buf_fmt(b, "verdict: fails, by %zu of %zu rows\n", c->failing, c->nr_rows);
	else if (c->untrusted)
		gnb_buf_add(b, "verdict: untrusted, no cell was stable in both runs\n");
	else
		gnb_buf_fmt(b, "verdict: passes, %zu rows\n", c->nr_rows);
}
