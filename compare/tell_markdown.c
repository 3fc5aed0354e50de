// SPDX-License-Identifier: GPL-2.0-only
/* For the comments of a pull request. */
#include <string.h>

#include "tell.h"

/* A comment has room for 65536 characters, and a reader for fewer. */
#define ROWS_TOLD 30

/* As text in a cell of a table: names of files may hold anything. */
static void escaped(struct gnb_buf *b, const char *s)
{
	for (; *s; s++)
		if (strchr("|`*_<>\\[]", *s))
			gnb_buf_fmt(b, "\\%c", *s);
		else
			gnb_buf_addn(b, *s == '\n' ? " " : s, 1);
}

static void tell_row(const struct gnb_comparison *c, const struct gnb_cmp_row *r, struct gnb_buf *b)
{
	struct gnb_buf figures = { 0 };
	char name[1000];

	gnb_cmp_name(r, name, sizeof(name));
	gnb_buf_fmt(b, "| %s%s%s | ", r->fails ? "**" : "", gnb_cmp_names[r->verdict],
		    r->fails ? "**" : "");
	escaped(b, name);
	if (c->nr_others > 1) {
		gnb_buf_add(b, " (");
		escaped(b, c->source[1 + r->other].name);
		gnb_buf_add(b, ")");
	}
	gnb_buf_add(b, " | ");
	gnb_tell_figures(r, &figures);
	escaped(b, figures.s ? figures.s : "");
	gnb_buf_add(b, " |\n");
	b->failed |= figures.failed;
	gnb_buf_free(&figures);
}

static void sides(const struct gnb_comparison *c, struct gnb_buf *b)
{
	struct gnb_buf t = { 0 };

	for (size_t i = 0; i <= c->nr_others; i++) {
		gnb_buf_add(b, i ? "- other: " : "- base: ");
		escaped(b, c->source[i].name);
		gnb_buf_add(b, ", ");
		gnb_tell_source(&c->source[i], &t);
		if (i) {
			gnb_buf_add(&t, "; machine: ");
			gnb_tell_differ(c, i - 1, "machine", &t);
		}
		for (enum gnb_kind k = 0; i && k < GNB_KINDS; k++)
			if (c->may[i - 1][k].refused)
				gnb_buf_fmt(&t, "; %s %s: %s", gnb_kind_names[k],
					    c->o.force ? "compared by force" : "not compared",
					    c->may[i - 1][k].why);
		escaped(b, t.s ? t.s : "");
		gnb_buf_add(b, "\n");
		b->failed |= t.failed;
		gnb_buf_free(&t);
	}
	if (c->turns) {
		gnb_tell_turns(c, &t);
		gnb_buf_add(b, "- turns: ");
		escaped(b, t.s ? t.s : "");
		gnb_buf_add(b, "\n");
		b->failed |= t.failed;
		gnb_buf_free(&t);
	}
}

void gnb_tell_markdown(const struct gnb_comparison *c, struct gnb_buf *b)
{
	bool comma = false;
	size_t told = 0;

	gnb_buf_fmt(b, "### grantbench: %s\n\n",
		    c->refused	   ? "refused, these runs may not be compared"
		    : c->failing   ? "fails"
		    : c->untrusted ? "untrusted, no cell was stable in both runs"
				   : "passes");
	for (enum gnb_outcome_of v = 0; v < GNB_CMP_VERDICTS; v++)
		if (c->count[v]) {
			gnb_buf_fmt(b, "%s%zu %s", comma ? ", " : "", c->count[v],
				    gnb_cmp_names[v]);
			comma = true;
		}
	gnb_buf_add(b, comma ? "\n\n" : "nothing to compare\n\n");
	for (size_t i = 0; i < c->nr_rows && told < ROWS_TOLD; i++) {
		enum gnb_outcome_of v = c->row[i].verdict;

		if (!c->turns &&
		    (v == GNB_CMP_SAME || v == GNB_CMP_UNCLEAR || v == GNB_CMP_UNTRUSTED))
			continue;
		if (!told++)
			gnb_buf_add(b, "| verdict | row | figures |\n| --- | --- | --- |\n");
		tell_row(c, &c->row[i], b);
	}
	if (told == ROWS_TOLD)
		gnb_buf_fmt(b, "\nThe first %d rows; `%s --all` tells every one.\n", ROWS_TOLD,
			    gnb_tell_command(c));
	if (told)
		gnb_buf_add(b, "\n");
	sides(c, b);
}
