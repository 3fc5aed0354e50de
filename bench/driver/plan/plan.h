/* SPDX-License-Identifier: GPL-2.0-only */
/* Which cells run: the centre of each benchmark, one axis at a time, or the product of --set. */
#ifndef GNB_PLAN_H
#define GNB_PLAN_H

#include <gnb/bench.h>

#include "options.h"

/* A family's default plan may not be larger; a product belongs to --set. */
#define GNB_PLAN_FAMILY_MAX 120
/* Xen 4.17 sizes its tables by the host's CPUs; this is what a config of 0 stands for. */
#define GNB_HOST_CPUS_DEFAULT 8

struct gnb_plan_cell {
	struct gnb_cell cell;
	const char
		*axis; /* NULL: the centre; the parameter that differs; "set" for more than one */
	bool headline; /* re-launched as separate processes */
};

/* What would be in the plan on another target. */
struct gnb_left_out {
	const char *what; /* "flush", a parameter, or "iotlb_flush", a benchmark */
	bool bench;	  /* none of its cells can run here; one stays, to say so in the results */
	const char *why;
};

struct gnb_plan {
	struct gnb_plan_cell *cells;
	size_t n;
	/* What the target leaves no choice of, in lines for people: see struct gnb_left_out. */
	struct gnb_left_out *left_out;
	size_t nleft_out;
	char **strings; /* names and values that the cells point to */
	size_t nstrings;
};

/*
 * Make the plan. 0; -EINVAL: a wrong --set or --filter, or nothing matched, with one line in err;
 * -EPROTO: a benchmark's own description is wrong, with one line in err; -ENOMEM.
 */
int gnb_plan_make(struct gnb_plan *p, const struct gnb_options *o, const struct gnb_target *t,
		  char *err, size_t len);
void gnb_plan_free(struct gnb_plan *p);

/*
 * Of a plan as it would be anywhere, on a target with fixed parameters: note what is left out, and
 * of a benchmark that cannot run at all keep one cell. In plan_here.c; part of gnb_plan_make(). 0
 * or -ENOMEM.
 */
int gnb_plan_here(struct gnb_plan *p, const struct gnb_options *o, const struct gnb_target *t);

/* The cell of that name, or NULL. */
struct gnb_plan_cell *gnb_plan_find(struct gnb_plan *p, const char *name);

/* Index of a parameter, or -1. */
int gnb_param_index(const struct gnb_bench *b, const char *name);

/* Does a parameter mean anything on this target? What does not is in no cell's name. */
bool gnb_param_means(const struct gnb_target *t, const char *name);

/* All values of a parameter are whole numbers. */
bool gnb_param_is_number(const struct gnb_param *p);

/* Set the machine's field that belongs to a parameter. 0, or -EINVAL if the value does not exist; a
 * parameter that is the benchmark's own changes nothing. */
int gnb_machine_set(struct gnb_machine_config *m, const char *name, const char *value);

/* Names of a machine's fields, as in parameters and results. */
const char *gnb_mapper_name(enum gnb_mapper v);
const char *gnb_iommu_name(enum gnb_iommu v);
const char *gnb_flush_name(enum gnb_flush v);
const char *gnb_entry_name(enum gnb_entry v);

#endif
