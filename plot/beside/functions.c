// SPDX-License-Identifier: GPL-2.0-only
/* functions.csv: read, and two versions' functions compared. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "functions.h"
#include "program.h"

#define NAMED 3	  /* functions that are named */
#define LEAST 0.5 /* instructions: less is not a difference of code that ran */

enum { CELL, OP, COUNT, FUNCTION, INSTRUCTIONS, NR_COLUMNS };
static const char *const column_name[NR_COLUMNS] = { "cell", "op", "count", "function",
						     "instructions" };

/* The fields of a line, which has no quotes in it; returns how many. */
static size_t fields(char *line, char **field, size_t most)
{
	size_t n = 0;
	char *next = line;

	line[strcspn(line, "\r\n")] = '\0';
	while (next && n < most)
		field[n++] = strsep(&next, ",");
	return n;
}

static bool heads(char *line, size_t *at)
{
	char *field[32];
	size_t n = fields(line, field, 32), found = 0;

	for (size_t c = 0; c < NR_COLUMNS; c++)
		for (size_t i = 0; i < n; i++)
			if (!strcmp(field[i], column_name[c])) {
				at[c] = i;
				found++;
				break;
			}
	return found == NR_COLUMNS;
}

static bool add(struct gnb_functions *f, char *line, const size_t *at)
{
	char *field[32], *end_count, *end;
	size_t n = fields(line, field, 32);
	struct gnb_function row;

	for (size_t c = 0; c < NR_COLUMNS; c++)
		if (at[c] >= n || !*field[at[c]])
			return false;
	row.batch = strtod(field[at[COUNT]], &end_count);
	row.n = strtod(field[at[INSTRUCTIONS]], &end);
	if (*end_count || *end || !isfinite(row.n))
		return false;
	row.cell = gnb_strf("%s", field[at[CELL]]);
	row.op = gnb_strf("%s", field[at[OP]]);
	row.name = gnb_strf("%s", field[at[FUNCTION]]);
	f->row = gnb_grow(f->row, f->nr + 1, sizeof(*f->row));
	f->row[f->nr++] = row;
	return true;
}

int gnb_functions_load(struct gnb_functions *f, const char *dir, char *err, size_t len)
{
	static const char *const place[] = { "functions.csv", "../../functions.csv" };
	size_t at[NR_COLUMNS] = { 0 }, room = 0, line = 0;
	char *path = NULL, *text = NULL;
	FILE *file = NULL;
	int rc = 0;

	*f = (struct gnb_functions){ 0 };
	for (size_t i = 0; i < 2 && !file; i++) {
		free(path);
		path = gnb_strf("%s/%s", dir, place[i]);
		file = fopen(path, "re");
	}
	while (file && !rc && getline(&text, &room, file) > 0)
		if (!(line++ ? add(f, text, at) : heads(text, at)))
			rc = -EINVAL;
	if (rc)
		snprintf(err, len, "%s: line %zu is not of a table of functions (docs/results.md)",
			 path, line);
	if (file)
		fclose(file);
	free(text);
	free(path);
	return rc;
}

void gnb_functions_free(struct gnb_functions *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		free(f->row[i].cell);
		free(f->row[i].op);
		free(f->row[i].name);
	}
	free(f->row);
	*f = (struct gnb_functions){ 0 };
}

static bool is_of(const struct gnb_function *r, const char *cell, const char *version,
		  const char *op)
{
	size_t n = strlen(cell);

	return !strcmp(r->op, op) && !strncmp(r->cell, cell, n) && r->cell[n] == '#' &&
	       !strcmp(r->cell + n + 1, version);
}

/* The largest batch is the cell's own; smaller ones are the rest of a round. NAN: nothing of it is there. */
static double batch_of(const struct gnb_functions *f, const char *cell, const char *version,
		       const char *op)
{
	double most = NAN;

	for (size_t i = 0; i < f->nr; i++)
		if (is_of(&f->row[i], cell, version, op))
			most = fmax(most, f->row[i].batch);
	return most;
}

struct delta {
	const char *name;
	double n;
};

static void sum(const struct gnb_functions *f, const char *cell, const char *version,
		const char *op, double sign, struct delta *d, size_t *nr)
{
	double batch = batch_of(f, cell, version, op);

	for (size_t i = 0; i < f->nr; i++) {
		size_t j = 0;

		if (!is_of(&f->row[i], cell, version, op) || f->row[i].batch < batch)
			continue;
		while (j < *nr && strcmp(d[j].name, f->row[i].name))
			j++;
		if (j == *nr)
			d[(*nr)++] = (struct delta){ f->row[i].name, 0 };
		d[j].n += sign * f->row[i].n;
	}
}

void gnb_functions_differ(const struct gnb_functions *base, const struct gnb_functions *with,
			  const char *cell, const char *op, const char *base_version,
			  const char *with_version, struct gnb_buf *text)
{
	struct delta *d;
	size_t nr = 0;

	if (isnan(batch_of(base, cell, base_version, op)) ||
	    isnan(batch_of(with, cell, with_version, op)))
		return;
	d = gnb_alloc(base->nr + with->nr, sizeof(*d));
	sum(base, cell, base_version, op, -1, d, &nr);
	sum(with, cell, with_version, op, 1, d, &nr);
	for (size_t left = NAMED; left; left--) {
		size_t at = 0;

		for (size_t i = 1; i < nr; i++)
			if (fabs(d[i].n) > fabs(d[at].n))
				at = i;
		if (fabs(d[at].n) < LEAST)
			break;
		gnb_buf_fmt(text, "%s%s %+.1f", left < NAMED ? ", " : "", d[at].name, d[at].n);
		d[at].n = 0;
	}
	/* There are functions of both, and they are alike. */
	if (fabs(d[0].n) < LEAST && !text->len)
		gnb_buf_add(text, "none");
	free(d);
}
