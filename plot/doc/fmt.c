// SPDX-License-Identifier: GPL-2.0-only
/* Figures as text. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fmt.h"

/* Put U+202F, a narrow space, between groups of three digits of a whole number. */
static void group_digits(struct gnb_text *t)
{
	char in[GNB_FMT_LEN];
	size_t n, at = 0, first = t->s[0] == '-';

	memcpy(in, t->s, sizeof(in));
	n = strlen(in);
	if (n - first < 5 || n > 24)
		return;
	for (size_t i = 0; i < n; i++) {
		if (i > first && (n - i) % 3 == 0) {
			memcpy(t->s + at, "\xe2\x80\xaf", 3);
			at += 3;
		}
		t->s[at++] = in[i];
	}
	t->s[at] = '\0';
}

struct gnb_text gnb_fmt_num(double v)
{
	struct gnb_text t;
	double a = fabs(v);

	if (isnan(v)) {
		snprintf(t.s, sizeof(t.s), "-");
	} else if (a >= 1e18) {
		snprintf(t.s, sizeof(t.s), "%.4g", v);
	} else if (a >= 999.5) {
		snprintf(t.s, sizeof(t.s), "%.0f", v);
		group_digits(&t);
	} else {
		snprintf(t.s, sizeof(t.s), "%.*f", a >= 99.95 ? 1 : a >= 9.995 ? 2 : 3, v);
	}
	return t;
}

struct gnb_text gnb_fmt_exact(double v)
{
	struct gnb_text t;

	if (isnan(v)) {
		snprintf(t.s, sizeof(t.s), "-");
	} else if (v == floor(v) && fabs(v) < 1e18) {
		snprintf(t.s, sizeof(t.s), "%.0f", v);
		group_digits(&t);
	} else {
		snprintf(t.s, sizeof(t.s), fabs(v) < 1e5 ? "%.6g" : "%.1f", v);
	}
	return t;
}

struct gnb_text gnb_fmt_interval(const struct gnb_estimate *i)
{
	struct gnb_text t;
	bool exact = i->lo == i->hi && i->lo == i->value;

	if (exact || isnan(i->lo) || isnan(i->hi))
		return exact ? gnb_fmt_exact(i->value) : gnb_fmt_num(i->value);
	snprintf(t.s, sizeof(t.s), "%.28s [%.28s, %.28s]", gnb_fmt_num(i->value).s,
		 gnb_fmt_num(i->lo).s, gnb_fmt_num(i->hi).s);
	return t;
}

struct gnb_text gnb_fmt_ratio(const struct gnb_estimate *i)
{
	struct gnb_text t;
	/* Three digits after the point; more for small ratios, so that three remain that mean something. */
	int d = i->value >= 100			     ? 1
		: i->value >= 10		     ? 2
		: i->value > 1e-9 && i->value < 0.05 ? (int)fmin(5, 2 - floor(log10(i->value)))
						     : 3;

	if (isnan(i->value))
		snprintf(t.s, sizeof(t.s), "-");
	else if (isnan(i->lo) || isnan(i->hi) || (i->lo == i->value && i->hi == i->value))
		snprintf(t.s, sizeof(t.s), "%.*f", d, i->value);
	else
		snprintf(t.s, sizeof(t.s), "%.*f [%.*f, %.*f]", d, i->value, d, i->lo, d, i->hi);
	return t;
}

/* "31 % cheaper", "2.4 times the cost" */
static struct gnb_text difference(double ratio, bool higher_better)
{
	const char *of = higher_better ? "the figure" : "the cost";
	const char *more = higher_better ? "more" : "dearer",
		   *less = higher_better ? "less" : "cheaper";
	double percent = fabs(ratio - 1) * 100;
	struct gnb_text t;

	if (ratio >= 2)
		snprintf(t.s, sizeof(t.s), "%.*f times %s", ratio < 100, ratio, of);
	else if (ratio <= 0.1)
		snprintf(t.s, sizeof(t.s), "1/%.0f of %s", 1 / ratio, of);
	else
		snprintf(t.s, sizeof(t.s), "%.*f\xc2\xa0%% %s",
			 percent<9.95, percent, ratio> 1 ? more : less);
	return t;
}

struct gnb_text gnb_fmt_reading(const struct gnb_reading *r, const struct gnb_estimate *ratio,
				bool higher_better)
{
	struct gnb_text t;

	switch (r->verdict) {
	case GNB_NOT_ESTABLISHED:
		snprintf(t.s, sizeof(t.s), "not established: %s", r->why);
		break;
	case GNB_NO_DIFFERENCE:
		snprintf(t.s, sizeof(t.s),
			 r->threshold > 0 ? "no relevant difference" : "the same");
		break;
	case GNB_IDENTICAL:
		snprintf(t.s, sizeof(t.s), "identical work: a control");
		break;
	default:
		t = difference(ratio->value, higher_better);
	}
	return t;
}

struct gnb_text gnb_fmt_sample(const struct gnb_estimate *i, unsigned launches)
{
	struct gnb_text level, t;

	if (isnan(i->lo) || isnan(i->level))
		snprintf(level.s, sizeof(level.s), "no interval");
	else
		snprintf(level.s, sizeof(level.s), "%.1f\xc2\xa0%%", i->level * 100);
	if (launches > 1)
		snprintf(t.s, sizeof(t.s), "%.40s, %u launches", level.s, launches);
	else
		snprintf(t.s, sizeof(t.s), "%.40s, %zu layout%s", level.s, i->n,
			 i->n == 1 ? "" : "s");
	return t;
}
