// SPDX-License-Identifier: GPL-2.0-only
/* A comparison from its sources to sorted rows. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"

const char *const gnb_cmp_names[] = { "slower", "changed", "missing", "untrusted",
				      "faster", "new",	   "unclear", "same" };

void gnb_cmp_name(const struct gnb_cmp_row *r, char *text, size_t len)
{
	const char *const part[] = { r->cell, r->version, r->metric, gnb_figure_names[r->figure] };
	size_t at = 0;

	*text = '\0';
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]) && at < len; i++)
		if (part[i])
			at += (size_t)snprintf(text + at, len - at, "%s%s", at ? "/" : "", part[i]);
}

/* Exact figures before ratios of time, large steps before small ones, and else as they came. */
static int by_matter(const void *x, const void *y)
{
	const struct gnb_cmp_row *const *a = x, *const *b = y;
	double ea = fabs(gnb_cmp_effect(*a)), eb = fabs(gnb_cmp_effect(*b));

	if ((*a)->verdict != (*b)->verdict)
		return (*a)->verdict < (*b)->verdict ? -1 : 1;
	if (((*a)->figure == GNB_FIG_RATIO) != ((*b)->figure == GNB_FIG_RATIO))
		return (*a)->figure == GNB_FIG_RATIO ? 1 : -1;
	/* What came from nothing, or is not there, is the largest step. */
	ea = isnan(ea) ? INFINITY : ea;
	eb = isnan(eb) ? INFINITY : eb;
	if (ea != eb)
		return ea > eb ? -1 : 1;
	return *a < *b ? -1 : 1;
}

static int sort(struct gnb_comparison *c)
{
	struct gnb_cmp_row *to = calloc(c->nr_rows + 1, sizeof(*to));
	struct gnb_cmp_row **at = calloc(c->nr_rows + 1, sizeof(*at));

	if (!to || !at) {
		free(to);
		free(at);
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->nr_rows; i++)
		at[i] = &c->row[i];
	qsort(at, c->nr_rows, sizeof(*at), by_matter);
	for (size_t i = 0; i < c->nr_rows; i++)
		to[i] = *at[i];
	free(at);
	free(c->row);
	c->row = to;
	return 0;
}

static bool has(const struct gnb_comparison *c, size_t other, enum gnb_kind k)
{
	for (size_t i = 0; i < c->nr_rows; i++)
		if (c->row[i].other == other && c->row[i].figure != GNB_FIG_ALL &&
		    gnb_cmp_kind(c->row[i].figure) == k)
			return true;
	return false;
}

/* Is there nothing that may be compared, or a kind that was asked for and may not be? */
static bool refused(const struct gnb_comparison *c)
{
	for (size_t i = 0; i < c->nr_others && !c->o.force; i++) {
		unsigned there = 0, may_not = 0;

		for (enum gnb_kind k = 0; k < GNB_KINDS; k++) {
			if (!has(c, i, k))
				continue;
			there |= 1u << k;
			may_not |= c->may[i][k].refused ? 1u << k : 0;
		}
		if ((there && there == may_not) || (c->o.only & may_not))
			return true;
	}
	return false;
}

static void count(struct gnb_comparison *c)
{
	size_t unstable = 0, untrusted;

	for (size_t i = 0; i < c->nr_rows; i++) {
		struct gnb_cmp_row *r = &c->row[i];

		r->fails = c->o.fail_on & (1u << r->verdict);
		c->failing += r->fails;
		c->count[r->verdict]++;
		unstable += r->unstable;
	}
	c->refused = refused(c);
	untrusted = c->count[GNB_CMP_UNTRUSTED];
	if (c->refused || !untrusted || untrusted + c->count[GNB_CMP_NEW] < c->nr_rows)
		return;
	c->untrusted = unstable == untrusted;
	c->refused = !c->untrusted;
}

int gnb_cmp_finish(struct gnb_comparison *c)
{
	int rc = sort(c);

	if (!rc)
		count(c);
	return rc;
}

int gnb_compare(struct gnb_comparison *c, const struct gnb_source *source, size_t n,
		const struct gnb_cmp_options *o)
{
	int rc;

	*c = (struct gnb_comparison){ .o = *o, .source = source, .nr_others = n - 1 };
	c->may = calloc(n, sizeof(*c->may));
	rc = c->may ? 0 : -ENOMEM;
	for (size_t i = 0; !rc && i < c->nr_others; i++) {
		for (enum gnb_kind k = 0; !rc && k < GNB_KINDS; k++)
			rc = gnb_cmp_may(&c->may[i][k], k, &source[0], &source[1 + i]);
		if (!rc)
			rc = gnb_cmp_pair(c, i);
	}
	if (!rc)
		rc = gnb_cmp_judge(c);
	if (!rc)
		rc = gnb_cmp_finish(c);
	if (rc)
		gnb_compare_free(c);
	return rc;
}

void gnb_compare_free(struct gnb_comparison *c)
{
	for (size_t i = 0; i < c->nr_rows; i++) {
		json_object_put(c->row[i].changes);
		free(c->row[i].each[0]);
		free(c->row[i].each[1]);
	}
	for (size_t i = 0; c->may && i < c->nr_others; i++)
		for (enum gnb_kind k = 0; k < GNB_KINDS; k++)
			json_object_put(c->may[i][k].differ);
	free(c->row);
	free(c->may);
	*c = (struct gnb_comparison){ 0 };
}
