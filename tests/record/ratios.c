/* SPDX-License-Identifier: GPL-2.0-only */
/* A program that is no part of the report: the ratios of a results folder, one a line. */
#include <stdio.h>

#include "estimate.h"
#include "load.h"

static void print(const struct gnb_rec_cell *cell, const char *version, const char *metric)
{
	struct gnb_rec_estimate e;

	if (!gnb_rec_estimate(cell, version, metric, &e) && e.ratio_to)
		printf("%s %s %s %s %u %.17g %.17g %.17g\n", cell->name, metric, version,
		       e.ratio_to, e.launches, e.ratio.value, e.ratio.lo, e.ratio.hi);
}

int main(int argc, char **argv)
{
	char err[8192] = "name the folder of a run";
	struct gnb_rec_run run;

	if (argc != 2 || gnb_rec_load(&run, argv[1], err, sizeof(err))) {
		fprintf(stderr, "ratios: %s\n", err);
		return 1;
	}
	for (size_t i = 0; i < run.nr_cells; i++)
		for (size_t m = 0; m < run.cell[i]->bench->nr_metrics; m++)
			for (size_t v = 0; v < run.cell[i]->bench->nr_versions; v++)
				print(run.cell[i], run.cell[i]->bench->version[v],
				      run.cell[i]->bench->metric[m]);
	gnb_rec_free(&run);
	return 0;
}
