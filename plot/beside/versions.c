// SPDX-License-Identifier: GPL-2.0-only
/* Differences of versions of Xen beside those of hv. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "versions.h"

/* Less than half an instruction is no difference. */
static int sign(double d)
{
	return (d >= 0.5) - (d <= -0.5);
}

static bool same_operation(const struct gnb_pair *a, const struct gnb_pair *b)
{
	return !strcmp(a->xen->name, b->xen->name) && !strcmp(a->metric, b->metric) &&
	       !strcmp(a->machine, b->machine);
}

/* What the others are compared with: the first version of hv's cell, as in its ratios. */
static const char *first_version(const struct gnb_pair *p)
{
	return p->hv->launch[0]->row[0].version;
}

static const struct gnb_pair *pair_of(const struct gnb_beside *b, const struct gnb_pair *like,
				      const char *version)
{
	for (size_t i = 0; i < b->nr; i++)
		if (same_operation(&b->pair[i], like) && !strcmp(b->pair[i].version, version))
			return &b->pair[i];
	return NULL;
}

static void add(struct gnb_versions *v, struct gnb_version_row r)
{
	v->row = gnb_grow(v->row, v->nr + 1, sizeof(*v->row));
	v->row[v->nr++] = r;
	v->of[r.verdict]++;
}

static void compare(struct gnb_versions *v, const struct gnb_pair *base, const struct gnb_pair *p)
{
	struct gnb_version_row r = { .base = base, .with = p, .version = p->version };

	r.xen = p->xen_n - base->xen_n;
	r.hv = p->hv_n - base->hv_n;
	r.xen_part = r.xen / base->xen_n;
	r.hv_part = r.hv / base->hv_n;
	if (sign(r.xen) != sign(r.hv))
		r.verdict = GNB_SIGN;
	else if (fabs(r.xen_part - r.hv_part) > GNB_APART)
		r.verdict = GNB_FAR;
	r.whole = r.verdict == GNB_FAR && fabs(r.xen - r.hv) <= GNB_APART * base->xen_n;
	add(v, r);
}

static bool xen_has(const struct gnb_beside *b, const char *version)
{
	for (size_t i = 0; i < b->nr; i++)
		if (!strcmp(b->pair[i].version, version))
			return true;
	return false;
}

/* Versions of this operation that only one side has. What no run of Xen has is no version of Xen's. */
static void lone(struct gnb_versions *v, const struct gnb_beside *b, const struct gnb_pair *p)
{
	const struct gnb_rec_launch *hv = p->hv->launch[0];
	struct gnb_version_row r = { .base = p, .xen = NAN, .hv = NAN, .verdict = GNB_LONE };

	r.xen_part = r.hv_part = NAN;
	for (size_t i = 0; i < hv->nr_rows; i++) {
		r.version = hv->row[i].version;
		r.xen_lacks = true;
		if (!strcmp(hv->row[i].metric, p->metric) && xen_has(b, r.version) &&
		    !pair_of(b, p, r.version) &&
		    !isnan(gnb_instructions(p->hv, r.version, p->metric)))
			add(v, r);
	}
	for (size_t i = 0; i < b->nr_alone; i++) {
		const struct gnb_pair *a = &b->alone[i];

		r.version = a->version;
		r.xen_lacks = false;
		if (same_operation(a, p))
			add(v, r);
	}
}

struct gnb_versions gnb_versions(const struct gnb_beside *b)
{
	struct gnb_versions v = { 0 };

	for (size_t i = 0; i < b->nr; i++) {
		const struct gnb_pair *p = &b->pair[i], *base;

		if (!i || !same_operation(p, p - 1))
			lone(&v, b, p);
		base = pair_of(b, p, first_version(p));
		if (base && base != p)
			compare(&v, base, p);
	}
	return v;
}

void gnb_versions_free(struct gnb_versions *v)
{
	free(v->row);
	*v = (struct gnb_versions){ 0 };
}

void gnb_versions_print(const struct gnb_beside *b)
{
	struct gnb_versions v = gnb_versions(b);
	size_t whole = 0;

	for (size_t i = 0; i < v.nr; i++)
		whole += v.row[i].whole;
	printf("Xen beside hv: differences of versions in %zu rows, %zu with another sign, %zu further apart than %g %% of the operation (%zu by its size alone), %zu with a version on one side only\n",
	       v.nr - v.of[GNB_LONE], v.of[GNB_SIGN], v.of[GNB_FAR], 100 * GNB_APART, whole,
	       v.of[GNB_LONE]);
	gnb_versions_free(&v);
}
