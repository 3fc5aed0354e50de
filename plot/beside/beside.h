/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions of Xen beside those of the reference hypervisor, cell by cell, out of several runs.
 * Xen's runs and hv's are told apart by the target of their cells.
 *
 *   pair   one version and metric of a cell that both have
 */
#ifndef GNB_BESIDE_H
#define GNB_BESIDE_H

#include "functions.h"
#include "rec.h"

struct gnb_pair {
	const struct gnb_rec_cell *xen, *hv;
	const char *version, *metric, *per; /* per: "/page" */
	char *machine;			    /* what Xen ran on: "PV, granter self" */
	char *cell;   /* bench and the parameters that differ between the pairs, batch among them */
	char *name;   /* cell, operation, and the machine if there are several */
	double batch; /* pages per hypercall, NAN if the benchmark has no such parameter */
	double xen_n, hv_n;	/* instructions per operation */
	json_object *work;	/* hv's work counts, or NULL */
	size_t xen_run, hv_run; /* whose cells these are: indices of functions */
};

struct gnb_beside {
	struct gnb_rec_run *main; /* not owned */
	struct gnb_rec_run *other;
	size_t nr_other;
	struct gnb_pair *pair; /* by benchmark, batch, cell, machine, operation */
	size_t nr;
	struct gnb_pair
		*alone; /* rows of Xen's without one of hv's: xen, version, metric, machine */
	size_t nr_alone;
	size_t machines;		 /* different ones */
	struct gnb_functions *functions; /* of main, then of each other */
	char **dir;			 /* of the others */
};

/*
 * Read the folders of a comma-separated list and pair their cells, and main's. 0; or, with a sentence
 * in err: -ENODATA if nothing in them can be compared; else as gnb_rec_load(). To be freed always.
 */
int gnb_beside_load(struct gnb_beside *b, struct gnb_rec_run *main, const char *list, char *err,
		    size_t len);

/* Free all of it but main. */
void gnb_beside_free(struct gnb_beside *b);

/* Is a parameter part of the cells' names: batch, and what has several values among a benchmark's pairs? */
bool gnb_beside_named(const struct gnb_beside *b, const char *bench, const char *param);

/* Instructions per operation of a version and metric: the least count of that name over the launches, since an interrupt
 * only adds; without one the value, if its unit says instructions. NAN if there are none. */
double gnb_instructions(const struct gnb_rec_cell *cell, const char *version, const char *metric);

#endif
