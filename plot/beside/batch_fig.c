// SPDX-License-Identifier: GPL-2.0-only
/*
 * Versions over the batch size, Xen's and hv's: left instructions, right the ratio to the first version of the same
 * hypervisor. Drawn and written as a sweep is (plot/figures/sweep.c).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "axis.h"
#include "batch_fig.h"
#include "escape.h"
#include "program.h"

#define BATCHES	     3 /* of a figure, at least */
#define VERSIONS_MAX 6

/* What a figure is of: pairs that differ from the first in batch and version alone. */
struct set {
	const struct gnb_pair *first;
	const char *version[VERSIONS_MAX];
	size_t nr;		/* versions */
	double batch[256];	/* in order */
	size_t batches, common; /* common: batch sizes that all versions have */
	unsigned differs;	/* parameters but the batch in which hv's cell is off the centre */
};

static bool same_kind(const struct gnb_pair *a, const struct gnb_pair *b)
{
	return !strcmp(a->xen->any->bench, b->xen->any->bench) && !strcmp(a->machine, b->machine) &&
	       !strcmp(a->metric, b->metric);
}

static bool in_set(const struct gnb_pair *a, const struct gnb_pair *b)
{
	json_object *params = a->xen->any->params;

	if (!same_kind(a, b) || isnan(b->batch))
		return false;
	if (!params)
		return true;
	json_object_object_foreach(params, name, value)
	{
		const char *own = json_object_get_string(value),
			   *other = gnb_rec_param(b->xen, name);

		if (strcmp(name, "batch") && (!own || !other || strcmp(own, other)))
			return false;
	}
	return true;
}

static const struct gnb_pair *at(const struct gnb_beside *b, const struct set *s,
				 const char *version, double batch)
{
	for (size_t i = 0; i < b->nr; i++)
		if (b->pair[i].batch == batch && !strcmp(b->pair[i].version, version) &&
		    in_set(s->first, &b->pair[i]))
			return &b->pair[i];
	return NULL;
}

static unsigned off_centre(const struct gnb_rec_cell *cell)
{
	const char *own = gnb_rec_param(cell, "batch"),
		   *centre = gnb_rec_centre(cell->bench, "batch");

	return cell->differs - (own && centre && strcmp(own, centre));
}

/* The pairs are in the order of their batch sizes. */
static struct set set_of(const struct gnb_beside *b, const struct gnb_pair *first)
{
	struct set s = { .first = first, .differs = off_centre(first->hv) };

	for (size_t i = 0; i < b->nr; i++) {
		const struct gnb_pair *p = &b->pair[i];
		size_t v = 0;

		if (!in_set(first, p))
			continue;
		while (v < s.nr && strcmp(s.version[v], p->version))
			v++;
		if (v == s.nr && s.nr < VERSIONS_MAX)
			s.version[s.nr++] = p->version;
		if ((!s.batches || s.batch[s.batches - 1] != p->batch) &&
		    s.batches < sizeof(s.batch) / sizeof(*s.batch))
			s.batch[s.batches++] = p->batch;
	}
	for (size_t k = 0; k < s.batches; k++) {
		bool all = true;

		for (size_t v = 0; v < s.nr; v++)
			all &= at(b, &s, s.version[v], s.batch[k]) != NULL;
		s.common += all;
	}
	return s;
}

/* The figure's lines of one hypervisor. */
static void lines(struct gnb_figs *f, const struct gnb_beside *b, const struct set *s, bool xen,
		  struct gnb_buf *dat, struct gnb_buf *names, struct gnb_buf *colours)
{
	for (size_t v = 0; v < s->nr; v++) {
		char *label = gnb_strf("%s %s", xen ? "Xen" : "hv", s->version[v]);

		gnb_buf_add(dat, "\"");
		gnb_buf_plain(dat, label);
		gnb_buf_add(dat, "\"\n");
		for (size_t k = 0; k < s->batches; k++) {
			const struct gnb_pair *p = at(b, s, s->version[v], s->batch[k]),
					      *base = at(b, s, s->version[0], s->batch[k]);
			double n = p ? xen ? p->xen_n : p->hv_n : NAN;

			if (!p)
				continue;
			gnb_buf_fmt(dat, "%g %.17g", s->batch[k], n);
			if (v && base)
				gnb_buf_fmt(dat, " %.17g ? ? 1 1 %zu\n",
					    n / (xen ? base->xen_n : base->hv_n), k);
			else
				gnb_buf_fmt(dat, " ? ? ? 1 1 %zu\n", k);
		}
		gnb_buf_add(dat, "\n\n");
		gnb_buf_add(names, names->len ? " \"" : "\"");
		gnb_buf_plain(names, v ? label : "-");
		gnb_buf_add(names, "\"");
		gnb_buf_fmt(colours, "%s0x%06x", colours->len ? " " : "",
			    gnb_colour(f->run, s->version[v], v));
		free(label);
	}
}

/* "access:rw, pin:first" */
static char *others(const struct gnb_beside *b, const struct gnb_pair *p)
{
	struct gnb_buf text = { 0 };

	if (p->xen->any->params) {
		json_object_object_foreach(p->xen->any->params, name, value)
		{
			if (strcmp(name, "batch") && gnb_beside_named(b, p->xen->any->bench, name))
				gnb_buf_fmt(&text, "%s%s:%s", text.len ? ", " : "", name,
					    json_object_get_string(value));
		}
	}
	return gnb_take(&text);
}

static void draw(struct gnb_figs *f, const struct gnb_beside *b, const struct set *s)
{
	const struct gnb_pair *p = s->first;
	struct gnb_buf dat = { 0 }, lines_of = { 0 }, names = { 0 }, colours = { 0 };
	bool machines = b->machines > 1;
	char *title = gnb_strf("%s: %s by batch, Xen and hv%s%s", p->xen->any->bench, p->metric,
			       machines ? ", " : "", machines ? p->machine : ""),
	     *raw = gnb_strf("beside-%s-%s-batch%s%s", p->xen->any->bench, p->metric,
			     machines ? "-" : "", machines ? p->machine : ""),
	     *name = gnb_slug(raw), *rest = others(b, p),
	     *label = gnb_strf("%s, instructions%s", p->metric, p->per),
	     *caption = gnb_strf(
		     "Exact counts, class C. Left: instructions of each version. Right: their ratio to %s of the same hypervisor; where hv's line lies on Xen's, hv has the difference of the two versions right.%s%s%s",
		     s->version[0], *rest ? " Cells: " : "", rest, *rest ? "." : "");

	lines(f, b, s, true, &lines_of, &names, &colours);
	lines(f, b, s, false, &lines_of, &names, &colours);
	gnb_buf_fmt(
		&dat,
		"# grantbench plot data: %s\n# batch instructions ratio lo hi launches sure position\n%s",
		title, gnb_str(&lines_of));
	gnb_fig(f, name, "sweep", &dat,
		(const char *const[GNB_FIG_ARGS]){
			gnb_str(&colours), gnb_axis_label("batch"), label,
			s->batch[s->batches - 1] >= 8 * s->batch[0] ? "logx liny ratio 1"
								    : "linx liny ratio 1",
			s->version[0], gnb_str(&names) },
		title, caption);
	free(title);
	free(raw);
	free(name);
	free(rest);
	free(label);
	free(caption);
	gnb_buf_free(&dat);
	gnb_buf_free(&lines_of);
	gnb_buf_free(&names);
	gnb_buf_free(&colours);
}

/* The figure of all pairs that are of a kind with pair i, if it is the first of them: those nearest to the centre. */
static void one(struct gnb_figs *f, const struct gnb_beside *b, size_t i)
{
	struct set best = { 0 };

	for (size_t j = 0; j < i; j++)
		if (same_kind(&b->pair[j], &b->pair[i]))
			return;
	for (size_t j = i; j < b->nr; j++) {
		struct set s;

		if (!same_kind(&b->pair[i], &b->pair[j]) || isnan(b->pair[j].batch))
			continue;
		s = set_of(b, &b->pair[j]);
		if (s.nr > 1 && s.common >= BATCHES && (!best.first || s.differs < best.differs))
			best = s;
	}
	if (best.first)
		draw(f, b, &best);
}

void gnb_fig_batches(struct gnb_figs *f, const struct gnb_beside *b)
{
	f->fold = "More figures by batch";
	f->shown = 0;
	for (int first = 1; first >= 0; first--)
		for (size_t i = 0; i < b->nr; i++)
			if ((strcmp(b->pair[i].xen->any->bench, "map_unmap") == 0) == first)
				one(f, b, i);
	if (f->shown > 1)
		gnb_doc_fold_end(f->doc);
	f->fold = NULL;
}
