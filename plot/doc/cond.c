// SPDX-License-Identifier: GPL-2.0-only
/* Conditions as text. */
#include <string.h>

#include "cond.h"
#include "program.h"

static void add(const char **set, const char *s)
{
	for (size_t i = 0; *s && i < GNB_COND_MAX; i++) {
		if (!set[i])
			set[i] = s;
		if (!strcmp(set[i], s))
			return;
	}
}

void gnb_cond_add(struct gnb_cond *c, const struct gnb_rec_cell *cell)
{
	for (size_t i = 0; i < cell->nr_launches; i++) {
		add(c->target, cell->launch[i]->target);
		add(c->entry, cell->launch[i]->entry);
		add(c->flush, cell->launch[i]->flush);
	}
	if (!c->cells++ || cell->nr_launches < c->min_launches)
		c->min_launches = cell->nr_launches;
	if (cell->nr_launches > c->max_launches)
		c->max_launches = cell->nr_launches;
}

static void list(struct gnb_buf *b, const char *head, const char *const *set, const char *tail)
{
	if (!set[0])
		return;
	gnb_buf_add(b, head);
	for (size_t i = 0; i < GNB_COND_MAX && set[i]; i++)
		gnb_buf_fmt(b, "%s%s", i ? ", " : " ", set[i]);
	gnb_buf_add(b, tail);
}

char *gnb_cond_text(const struct gnb_cond *c)
{
	struct gnb_buf b = { 0 };

	list(&b, "Target", c->target, "; ");
	list(&b, "entry", c->entry, "; ");
	list(&b, "flush", c->flush, "; ");
	if (c->min_launches == c->max_launches)
		gnb_buf_fmt(&b, "%zu launch%s.", c->max_launches, c->max_launches == 1 ? "" : "es");
	else
		gnb_buf_fmt(&b, "%zu to %zu launches.", c->min_launches, c->max_launches);
	return gnb_take(&b);
}
