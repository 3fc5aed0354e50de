/* SPDX-License-Identifier: GPL-2.0-only */
/* Series as a history has them: noise of three kinds with a standard deviation of 0.2 % around 1, and a step in it. */
#ifndef HISTORY_NOISE_H
#define HISTORY_NOISE_H

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOISE 0.002
/* Launches of a run, whose median is the run's figure. */
#define LAUNCHES 8

/* Ratios of identical work by launch, as recorded: a row after another. */
struct recorded {
	double *x;
	size_t n, row[16], nr; /* rows begin at row[i]; row[nr] is the end */
	double mean[16], deviation[16];
};

static uint64_t noise_state;

static void noise_seed(uint64_t seed)
{
	noise_state = seed * 0x9e3779b97f4a7c15ull + 0x632be59bd9b4e019ull;
}

static uint64_t noise_next(void)
{
	uint64_t z = noise_state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Above 0, below 1. */
static double noise_uniform(void)
{
	return ((double)(noise_next() >> 11) + 0.5) / 9007199254740992.0;
}

static double noise_gauss(void)
{
	return sqrt(-2 * log(noise_uniform())) * cos(2 * M_PI * noise_uniform());
}

static double noise_t3(void)
{
	double g = noise_gauss(), square = 0;

	for (int i = 0; i < 3; i++) {
		double x = noise_gauss();

		square += x * x;
	}
	return g / sqrt(square / 3) / sqrt(3);
}

static int noise_compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The median of as many launches of a row as a run has. */
static double noise_run(const struct recorded *r, size_t row)
{
	double x[LAUNCHES];

	for (size_t i = 0; i < LAUNCHES; i++)
		x[i] = r->x[r->row[row] + noise_next() % (r->row[row + 1] - r->row[row])];
	qsort(x, LAUNCHES, sizeof(*x), noise_compare);
	return (x[LAUNCHES / 2 - 1] + x[LAUNCHES / 2]) / 2;
}

/* Read a file of figures, one a line; an empty line ends a row. What its runs vary by is measured by drawing them. */
static int noise_read(struct recorded *r, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[100];

	*r = (struct recorded){ 0 };
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		double *more, v;
		char *end;

		if (*line == '#')
			continue;
		v = strtod(line, &end);
		if (end == line) {
			if (r->n > r->row[r->nr] && r->nr < 15)
				r->row[++r->nr] = r->n;
			continue;
		}
		more = realloc(r->x, (r->n + 1) * sizeof(*more));
		if (!more)
			abort();
		r->x = more;
		more[r->n++] = v;
	}
	if (r->n > r->row[r->nr])
		r->row[++r->nr] = r->n;
	fclose(f);
	noise_seed(0);
	for (size_t i = 0; i < r->nr; i++) {
		double sum = 0, squares = 0;

		for (int k = 0; k < 20000; k++) {
			double v = noise_run(r, i);

			sum += v;
			squares += v * v;
		}
		r->mean[i] = sum / 20000;
		r->deviation[i] = sqrt(squares / 20000 - r->mean[i] * r->mean[i]);
	}
	return 0;
}

/* Fill x with n points; kind: 'g' normal, 't' Student's t with 3 degrees, 'r' recorded. */
static void noise_fill(double *x, size_t n, char kind, const struct recorded *r)
{
	size_t row = kind == 'r' ? noise_next() % r->nr : 0;

	for (size_t i = 0; i < n; i++) {
		double z = kind == 'g'	 ? noise_gauss()
			   : kind == 't' ? noise_t3()
					 : (noise_run(r, row) - r->mean[row]) / r->deviation[row];

		x[i] = 1 + NOISE * z;
	}
}

#endif
