/* SPDX-License-Identifier: GPL-2.0-only */
/* The cells of a benchmark along a parameter whose values are numbers. */
#ifndef GNB_AXIS_H
#define GNB_AXIS_H

#include "text.h"
#include "rec.h"

#define GNB_POINTS_MAX 256

struct gnb_point {
	double x;
	const struct gnb_rec_cell *cell;
};

/* The measured cells along axis in numeric order, at most GNB_POINTS_MAX: those that differ from the centre in nothing
 * else, or, if by is given, in nothing else but having this value of by. 0 if a value is not a number. */
size_t gnb_points(const struct gnb_rec_bench *bench, const char *axis, const char *by,
		  const char *value, struct gnb_point *pt);

/* Leave out points that would lie on a power of two beside them, and name them in hidden. Returns how many are left. */
size_t gnb_spread(struct gnb_point *pt, size_t n, struct gnb_buf *hidden);

/* An axis that is drawn as a sweep: at least three different numbers. */
bool gnb_is_sweep(const struct gnb_rec_bench *bench, const char *axis);

/*
 * A benchmark of one version has nothing to compare along a sweep but another parameter: the one that has the most
 * values with a sweep of their own, or NULL. Its values come out in value (at most max), their number in *n.
 */
const char *gnb_crossed(const struct gnb_rec_bench *bench, const char *axis, const char **value,
			size_t max, size_t *n);

/* An axis in words, where the parameter's name alone would mislead. */
const char *gnb_axis_label(const char *param);

#endif
