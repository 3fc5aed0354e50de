// SPDX-License-Identifier: GPL-2.0-only
/* Latencies between cores, by groups. */
#include <math.h>
#include <string.h>

#include "json.h"
#include "pingpong.h"

void gnb_pingpong_groups(const double *ns, size_t n, unsigned *group)
{
	for (size_t i = 0; i < n; i++)
		group[i] = GNB_PINGPONG_UNKNOWN;
	for (unsigned g = 0;; g++) {
		double least = NAN;

		for (size_t i = 0; i < n; i++)
			if (group[i] == GNB_PINGPONG_UNKNOWN && !isnan(ns[i]) && !(ns[i] >= least))
				least = ns[i];
		if (isnan(least))
			return;
		for (size_t i = 0; i < n; i++)
			if (group[i] == GNB_PINGPONG_UNKNOWN && ns[i] <= GNB_PINGPONG_APART * least)
				group[i] = g;
	}
}

bool gnb_pingpong_same(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b);
	return fmax(a, b) <= GNB_PINGPONG_APART * fmin(a, b);
}

unsigned gnb_pingpong_most(const unsigned *group, size_t n)
{
	unsigned best = GNB_PINGPONG_UNKNOWN;
	size_t most = 0;

	for (size_t i = 0; i < n; i++) {
		size_t of = 0;

		for (size_t j = 0; j < n; j++)
			of += group[j] == group[i];
		if (of > most || (of == most && group[i] < best)) {
			most = of;
			best = group[i];
		}
	}
	return best;
}

static double farthest(struct json_object *o, const char *key)
{
	struct json_object *a = gnb_json_get(o, key, json_type_array);
	double most = NAN;

	for (size_t i = 0; a && i < json_object_array_length(a); i++) {
		struct json_object *x = json_object_array_get_idx(a, i);

		/* One that is not known makes all of it unknown. */
		if (!x)
			return NAN;
		most = fmax(most, json_object_get_double(x));
	}
	return most;
}

void gnb_pingpong_of(struct json_object *line, double *before, double *after)
{
	struct json_object *o = gnb_json_get(line, "pingpong", json_type_object);

	*before = farthest(o, "before_ns");
	*after = farthest(o, "after_ns");
}
