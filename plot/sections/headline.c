// SPDX-License-Identifier: GPL-2.0-only
/* Which ratios are headlines. */
#include <stdlib.h>
#include <string.h>

#include "headline.h"
#include "program.h"

static bool no_entry(const struct gnb_rec_cell *cell)
{
	return !strcmp(cell->any->entry, "none");
}

/* The cell that differs in its hypercall entry alone, or NULL. */
static const struct gnb_rec_cell *partner(const struct gnb_rec_cell *cell)
{
	const struct gnb_rec_bench *f = cell->bench;

	if (!gnb_rec_param(cell, "entry"))
		return NULL;
	for (size_t i = 0; i < f->nr_cells; i++) {
		const struct gnb_rec_cell *o = f->cell[i];
		bool same = o != cell && no_entry(o) != no_entry(cell);

		for (size_t j = 0; same && j < f->nr_params; j++) {
			const char *a = gnb_rec_param(cell, f->param[j]),
				   *b = gnb_rec_param(o, f->param[j]);

			if (strcmp(f->param[j], "entry"))
				same = a && b ? !strcmp(a, b) : a == b;
		}
		if (same && o->nr_launches)
			return o;
	}
	return NULL;
}

/* The label without the entry parameter. */
static char *plain_label(const struct gnb_rec_cell *cell)
{
	char *copy = gnb_strf("%s", cell->label), *next = copy, *word;
	struct gnb_buf b = { 0 };

	while ((word = strsep(&next, " ")))
		if (strncmp(word, "entry:", 6))
			gnb_buf_fmt(&b, "%s%s", b.len ? " " : "", word);
	if (!b.len)
		gnb_buf_add(&b, "centre");
	free(copy);
	return gnb_take(&b);
}

static bool any_relaunched(const struct gnb_rec_run *r)
{
	for (size_t i = 0; i < r->nr_cells; i++)
		if (r->cell[i]->nr_launches > 1)
			return true;
	return false;
}

/* Each pair once: the half without entry cost stands for it, or the half that was launched again. */
static bool stands_for_pair(const struct gnb_rec_cell *cell, bool again)
{
	const struct gnb_rec_cell *other = partner(cell);

	if (again && cell->nr_launches < 2)
		return false;
	if (!again && cell->differs)
		return false;
	return !other || no_entry(cell) || (again && other->nr_launches < 2) ||
	       (!again && other->differs);
}

bool gnb_ratio_of(const struct gnb_rec_cell *cell, const char *version, const char *metric,
		  struct gnb_rec_estimate *e)
{
	return cell && gnb_estimate_of(cell, version, metric, e) && e->ratio_to;
}

static void add(struct gnb_headlines *all, const struct gnb_rec_cell *cell)
{
	const struct gnb_rec_bench *b = cell->bench;
	const struct gnb_rec_cell *other = partner(cell), *bare = no_entry(cell) ? cell : other;
	char *label = plain_label(cell);

	for (size_t m = 0; m < b->nr_metrics; m++)
		for (size_t v = 0; v < b->nr_versions; v++) {
			struct gnb_rec_estimate e;

			if (!gnb_ratio_of(cell, b->version[v], b->metric[m], &e))
				continue;
			all->h = gnb_grow(all->h, all->n + 1, sizeof(*all->h));
			all->h[all->n++] = (struct gnb_headline){
				bare, no_entry(cell) ? other : cell, b->version[v], b->metric[m],
				gnb_strf("%s %s, %s", b->name, b->metric[m], label)
			};
		}
	free(label);
}

struct gnb_headlines gnb_headlines(const struct gnb_rec_run *r)
{
	struct gnb_headlines all = { .again = any_relaunched(r) };

	for (int first = 1; first >= 0; first--)
		for (size_t i = 0; i < r->nr_cells; i++)
			if ((strcmp(r->cell[i]->bench->name, "map_unmap") ? 0 : 1) == first &&
			    stands_for_pair(r->cell[i], all.again))
				add(&all, r->cell[i]);
	return all;
}

void gnb_headlines_free(struct gnb_headlines *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->h[i].what);
	free(h->h);
	*h = (struct gnb_headlines){ 0 };
}

const struct gnb_rec_cell *gnb_headline_cell(const struct gnb_headline *h,
					     struct gnb_rec_estimate *e)
{
	const struct gnb_rec_cell *both[] = { h->bare, h->with };

	for (size_t i = 0; i < 2; i++)
		if (gnb_ratio_of(both[i], h->version, h->metric, e))
			return both[i];
	return NULL;
}

size_t gnb_compared(const struct gnb_rec_run *r, const char **version, size_t max, const char **to)
{
	size_t n = 0;

	*to = NULL;
	for (size_t i = 0; i < r->nr_launches; i++)
		for (size_t j = 0; j < r->launch[i]->nr_rows && r->launch[i]->usable; j++) {
			const struct gnb_rec_row *row = &r->launch[i]->row[j];
			size_t k = 0;

			if (!row->ratio_to)
				continue;
			*to = *to ? *to : row->ratio_to;
			while (k < n && strcmp(version[k], row->version))
				k++;
			if (k == n && n < max)
				version[n++] = row->version;
		}
	return n;
}
