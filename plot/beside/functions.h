/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions by function of a run's operations, where something wrote them (docs/results.md, "functions.csv"). */
#ifndef GNB_FUNCTIONS_H
#define GNB_FUNCTIONS_H

#include <stddef.h>

#include "text.h"

struct gnb_function {
	char *cell, *op, *name; /* cell: "map_unmap/batch:1/...#v1" */
	double batch, n;	/* operations in a hypercall; instructions per operation */
};

struct gnb_functions {
	struct gnb_function *row;
	size_t nr;
};

/*
 * Read functions.csv of a run's folder: in it, or where scripts/lab profile puts it, two folders further up. 0, also
 * where there is none; -EINVAL with a sentence in err if it is no such table. To be freed always.
 */
int gnb_functions_load(struct gnb_functions *f, const char *dir, char *err, size_t len);

/*
 * The functions whose instructions differ most between two versions of a cell's operation, as "name +12.0, name -3.0".
 * Each version may be of a file of its own. Nothing is added to the text if one of them has no functions of it.
 */
void gnb_functions_differ(const struct gnb_functions *base, const struct gnb_functions *with,
			  const char *cell, const char *op, const char *base_version,
			  const char *with_version, struct gnb_buf *text);

/* Free all of it. */
void gnb_functions_free(struct gnb_functions *f);

#endif
