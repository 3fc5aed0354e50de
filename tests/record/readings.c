// SPDX-License-Identifier: GPL-2.0-only
/*
 * How every ratio of a results folder is read, controls included, a line each, for scripts/claims:
 *   control|row CELL VERSION METRIC VERDICT VALUE LO HI LEVEL LAUNCHES THRESHOLD
 * Where the folder has instructions, a row of identical work is "row ... identical".
 */
#include <stdio.h>
#include <string.h>

#include "exact.h"
#include "load.h"
#include "reading.h"

static const char *const words[] = { [GNB_NOT_ESTABLISHED] = "open",
				     [GNB_NO_DIFFERENCE] = "same",
				     [GNB_CHEAPER] = "cheaper",
				     [GNB_DEARER] = "dearer",
				     [GNB_IDENTICAL] = "identical" };

static void line(const struct gnb_controls *all, const struct gnb_rec_cell *c, const char *what,
		 const char *version, const struct gnb_rec_estimate *e)
{
	struct gnb_reading r = gnb_read(all, c, e);

	printf("%s %s %s %s %s %.6f %.6f %.6f %.4f %u %.6f\n", what, c->name, version,
	       e->row->metric, words[r.verdict], e->ratio.value, e->ratio.lo, e->ratio.hi,
	       e->ratio.level, e->launches, r.threshold);
}

static void cell(const struct gnb_controls *all, const struct gnb_rec_cell *c)
{
	const struct gnb_rec_bench *b = c->bench;
	struct gnb_rec_estimate e;

	for (size_t m = 0; m < b->nr_metrics; m++) {
		if (!gnb_rec_control(c, b->metric[m], &e))
			line(all, c, "control", e.row->version, &e);
		for (size_t v = 0; v < b->nr_versions; v++)
			if (!gnb_rec_estimate(c, b->version[v], b->metric[m], &e) && e.ratio_to)
				line(all, c, "row", b->version[v], &e);
	}
}

int main(int argc, char **argv)
{
	struct gnb_controls all;
	struct gnb_rec_run run, exact = { 0 };
	char err[9000], why[8500];
	bool none;

	if (argc != 2 || gnb_rec_load(&run, argv[1], err, sizeof(err))) {
		fprintf(stderr, "readings: %s\n", argc == 2 ? err : "needs one results folder");
		return 1;
	}
	none = gnb_exact_load(&run, &exact, why, sizeof(why));
	if (gnb_controls_of(&all, &run, none ? NULL : &exact)) {
		fputs("readings: out of memory\n", stderr);
		return 1;
	}
	for (size_t i = 0; i < run.nr_cells; i++)
		cell(&all, run.cell[i]);
	gnb_controls_free(&all);
	gnb_exact_free(&exact);
	gnb_rec_free(&run);
	return 0;
}
