// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answer in sentences: each version against the baseline, where it differs and where not, how sure that is, and on
 * what it was measured.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "headline.h"
#include "program.h"
#include "report.h"
#include "work.h"
#include "worth_lines.h"

#define VERSIONS_MAX 3 /* that get sentences of their own; the others are named */

struct tally {
	size_t n, verdict[GNB_VERDICTS];
	const struct gnb_headline *least, *most; /* of those that differ */
	bool least_entry, most_entry;		 /* it is the half with entry */
	struct gnb_text least_text, most_text;
	double lo, hi;
};

/* Verdicts of a version's headlines, each half of a pair by itself, and the greatest gain and loss, whatever the unit. */
static void count(const struct gnb_figs *f, const struct gnb_headlines *all, const char *version,
		  struct tally *t)
{
	*t = (struct tally){ .lo = INFINITY, .hi = -INFINITY };
	for (size_t i = 0; i < all->n; i++) {
		const struct gnb_headline *h = &all->h[i];
		const struct gnb_rec_cell *both[] = { h->bare, h->with };

		for (size_t k = 0; k < 2; k++) {
			struct gnb_rec_estimate e;
			struct gnb_reading r;
			double cost;

			if (strcmp(h->version, version) ||
			    !gnb_ratio_of(both[k], version, h->metric, &e))
				continue;
			r = gnb_reading_of(f, both[k], &e);
			t->n++;
			t->verdict[r.verdict]++;
			cost = e.row->higher_better ? 1 / e.ratio.value : e.ratio.value;
			if (r.verdict == GNB_CHEAPER && cost < t->lo) {
				t->lo = cost;
				t->least = h;
				t->least_entry = k && h->bare;
				t->least_text = gnb_fmt_reading(&r, &e.ratio, e.row->higher_better);
			} else if (r.verdict == GNB_DEARER && cost > t->hi) {
				t->hi = cost;
				t->most = h;
				t->most_entry = k && h->bare;
				t->most_text = gnb_fmt_reading(&r, &e.ratio, e.row->higher_better);
			}
		}
	}
}

/* "map 4.1 % dearer (1.041 [1.032, 1.049])" for the metrics of the first benchmark's centre, or its first cell. */
static char *first_cell(const struct gnb_figs *f, const struct gnb_headlines *all,
			const char *version, char **where)
{
	const struct gnb_rec_cell *first = NULL;
	struct gnb_buf b = { 0 };

	*where = NULL;
	for (size_t i = 0; i < all->n; i++) {
		const struct gnb_headline *h = &all->h[i];
		struct gnb_rec_estimate e;
		const struct gnb_rec_cell *cell = gnb_headline_cell(h, &e);
		struct gnb_estimate exact;
		struct gnb_reading r;

		if (strcmp(h->version, version) || !cell || (first && cell != first))
			continue;
		if (!first)
			*where = gnb_strf("%s (%s)", cell->bench->name,
					  cell->differs ? cell->label : "the centre");
		first = cell;
		r = gnb_reading_of(f, cell, &e);
		gnb_buf_fmt(&b, "%s%s %s (%s%s%s%s", b.len ? "; " : "", h->metric,
			    gnb_fmt_reading(&r, &e.ratio, e.row->higher_better).s,
			    f->run->exact ? "exact ratio " : "ratio ", gnb_fmt_ratio(&e.ratio).s,
			    f->run->exact ? "" : ", ",
			    f->run->exact ? "" : gnb_fmt_sample(&e.ratio, e.launches).s);
		if (gnb_work_ratio(f, cell, version, h->metric, &exact))
			gnb_buf_fmt(&b, "; of instructions %s, exactly", gnb_fmt_ratio(&exact).s);
		gnb_buf_add(&b, ")");
	}
	return gnb_take(&b);
}

static void one_version(struct gnb_figs *f, const struct gnb_headlines *all, const char *version,
			const char *to)
{
	struct tally t;
	struct gnb_buf b = { 0 };
	char *where, *first = first_cell(f, all, version, &where);

	count(f, all, version, &t);
	if (where)
		gnb_buf_fmt(&b, "%s against %s, in %s: %s. ", version, to, where, first);
	gnb_buf_fmt(
		&b,
		"Of its %zu headline ratios %zu are lower in cost, %zu higher, %zu show no relevant difference, and %zu are not established",
		t.n, t.verdict[GNB_CHEAPER], t.verdict[GNB_DEARER], t.verdict[GNB_NO_DIFFERENCE],
		t.verdict[GNB_NOT_ESTABLISHED]);
	if (t.verdict[GNB_IDENTICAL])
		gnb_buf_fmt(&b,
			    "; %zu are of identical work, which makes them controls and no results",
			    t.verdict[GNB_IDENTICAL]);
	if (t.least)
		gnb_buf_fmt(&b, "; the greatest gain is %s%s (%s)", t.least->what,
			    t.least_entry ? " with entry" : "", t.least_text.s);
	if (t.most)
		gnb_buf_fmt(&b, "; the greatest loss is %s%s (%s)", t.most->what,
			    t.most_entry ? " with entry" : "", t.most_text.s);
	gnb_doc_lead(f->doc, "%s.", gnb_str(&b));
	gnb_buf_free(&b);
	free(first);
	free(where);
}

/* Thresholds of the headlines: those that controls gave, and the kinds of cells that had too few. */
struct thresholds {
	double lo, hi;
	struct gnb_buf kinds;
	bool any;
};

static void add_threshold(const struct gnb_figs *f, const struct gnb_headline *h,
			  const struct gnb_rec_cell *cell, struct thresholds *t)
{
	struct gnb_rec_estimate e;
	struct gnb_reading r;
	char *kind;

	if (!gnb_ratio_of(cell, h->version, h->metric, &e) || e.row->class == 'C')
		return;
	r = gnb_reading_of(f, cell, &e);
	t->any = true;
	if (r.controls) {
		t->lo = fmin(t->lo, r.threshold);
		t->hi = fmax(t->hi, r.threshold);
		return;
	}
	kind = gnb_kind_of(cell);
	if (!strstr(gnb_str(&t->kinds), kind))
		gnb_buf_fmt(&t->kinds, "%s%s", t->kinds.len ? "; " : "", kind);
	free(kind);
}

/* "beyond 1.0 to 2.1 %, by how far identical work was apart in this run (see Control)" */
static char *beyond(const struct thresholds *t)
{
	struct gnb_buf b = { 0 };

	if (t->hi > 0)
		gnb_buf_fmt(&b, "beyond %.1f", t->lo * 100);
	if (t->hi > t->lo * 1.005)
		gnb_buf_fmt(&b, " to %.1f", t->hi * 100);
	if (t->hi > 0)
		gnb_buf_add(&b,
			    " %, by how far identical work was apart in this run (see Control)");
	if (t->kinds.len)
		gnb_buf_fmt(
			&b,
			"%sbeyond %.0f %% (the default, as they had fewer than %d controls) in cells of %s",
			b.len ? "; and " : "", GNB_RELEVANT_UNKNOWN * 100, GNB_CONTROLS_MIN,
			gnb_str(&t->kinds));
	return gnb_take(&b);
}

/* How sure: levels and thresholds of all headlines. */
static void how_sure(struct gnb_figs *f, const struct gnb_headlines *all)
{
	struct thresholds t = { .lo = INFINITY };
	double level = INFINITY;
	unsigned least = ~0u, most = 0;
	bool none = false;
	char *launches, *interval, *range;

	if (f->run->exact) {
		gnb_doc_lead(
			f->doc,
			"Both sides of each ratio are exact counts of %s (class C), so there is no uncertainty in them; they are no times.",
			f->run->clock_unit);
		return;
	}
	for (size_t i = 0; i < all->n; i++) {
		struct gnb_rec_estimate e;
		const struct gnb_rec_cell *cell = gnb_headline_cell(&all->h[i], &e);

		add_threshold(f, &all->h[i], all->h[i].bare, &t);
		add_threshold(f, &all->h[i], all->h[i].with, &t);
		if (!cell || e.row->class == 'C')
			continue;
		none |= isnan(e.ratio.lo);
		if (!isnan(e.ratio.lo))
			level = fmin(level, e.ratio.level);
		least = e.launches < least ? e.launches : least;
		most = e.launches > most ? e.launches : most;
	}
	if (!t.any)
		return;
	launches = least == most ? gnb_strf("%u launch%s", most, most == 1 ? "" : "es")
				 : gnb_strf("%u to %u launches", least, most);
	interval =
		isinf(level)
			? gnb_strf("which is too few for an interval")
			: gnb_strf("its interval is over %s at a level of %.1f %% or more%s",
				   least > 1 ? "launches"
				   : most > 1
					   ? "launches, or over memory layouts where there was one,"
					   : "memory layouts alone",
				   level * 100, none ? " where there is one" : "");
	range = beyond(&t);
	gnb_doc_lead(
		f->doc,
		"How sure: each headline rests on %s of the program, %s; a ratio is called a difference only %s.",
		launches, interval, range);
	gnb_buf_free(&t.kinds);
	free(interval);
	free(range);
	free(launches);
}

/* Xen's versions, and what may become one, have names of one word: v1-range is a rival, which shows what another lacks. */
static bool rival(const char *version)
{
	return strchr(version, '-');
}

/* Versions that have no sentences of their own are not to be missed. */
static void other_versions(struct gnb_figs *f, const struct gnb_headlines *all,
			   const char *const *version, size_t n, const char *to)
{
	struct gnb_buf b = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct tally t;

		count(f, all, version[i], &t);
		gnb_buf_fmt(&b, "%s%s (%zu lower in cost and %zu higher, of %zu)",
			    !i		 ? ""
			    : i + 1 == n ? " and "
					 : ", ",
			    version[i], t.verdict[GNB_CHEAPER], t.verdict[GNB_DEARER], t.n);
	}
	if (n)
		gnb_doc_lead(f->doc,
			     "%zu more compared with %s, whose ratios are among the headlines: %s.",
			     n, to, gnb_str(&b));
	gnb_buf_free(&b);
}

/* Sentences for each version, or, of many, for those that are no rivals; the others are named. */
static void versions(struct gnb_figs *f, const struct gnb_headlines *all,
		     const char *const *version, size_t n, const char *to)
{
	const char *other[16];
	size_t told = 0, others = 0;

	for (size_t i = 0; i < n; i++) {
		if (told < VERSIONS_MAX && (n <= VERSIONS_MAX || !rival(version[i]))) {
			one_version(f, all, version[i], to);
			told++;
		} else {
			other[others++] = version[i];
		}
	}
	other_versions(f, all, other, others, to);
}

void gnb_report_answer(struct gnb_figs *f, const struct gnb_headlines *all, bool worth)
{
	const char *version[16], *to;
	size_t n = gnb_compared(f->run, version, 16, &to), rest = 0;
	json_object *env = gnb_json_get(f->run->manifest, "environment", json_type_object);
	json_object *before = gnb_json_get(env, "before", json_type_object);
	const char *target = gnb_json_get_string(f->run->manifest, "target", NULL),
		   *cpu = gnb_json_get_string(before, "cpu_model", NULL);

	if (gnb_worth_asked(f))
		gnb_doc_heading(f->doc, 2, "answer",
				worth ? "The other versions, and how sure it is"
				      : "Each version, and how sure it is");
	for (size_t i = 0; i < n; i++)
		if (!worth || strcmp(version[i], GNB_WORTH_OURS))
			version[rest++] = version[i];
	versions(f, all, version, rest, to);
	if (n)
		how_sure(f, all);
	else
		gnb_doc_lead(
			f->doc,
			"No cell of this run has a ratio between two versions, so there is no short answer.");
	gnb_doc_lead(
		f->doc, "Measured on target %s%s, on CPU %s, started %s.",
		target ? target : "not known",
		target && !strcmp(target, "hv")
			? ", the reference hypervisor that runs in a process"
			: "",
		cpu ? cpu : "not known",
		gnb_json_get_string(f->run->manifest, "started", "at a time that is not known"));
}

char *gnb_report_title(const struct gnb_rec_run *r)
{
	const char *version[16], *to, *target = gnb_json_get_string(r->manifest, "target", NULL);
	size_t n = gnb_compared(r, version, 16, &to);
	struct gnb_buf b = { 0 };

	gnb_buf_add(&b, "grantbench: ");
	for (size_t i = 0; i < n; i++)
		gnb_buf_fmt(&b, "%s%s", !i ? "" : i + 1 == n ? " and " : ", ", version[i]);
	if (n)
		gnb_buf_fmt(&b, " compared with %s", to);
	else
		gnb_buf_add(&b, "hypervisor memory sharing");
	if (target)
		gnb_buf_fmt(&b, ", on %s", target);
	return gnb_take(&b);
}
