/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Google Benchmark behind a C interface: one registered entry is one cell, called once with manual
 * time. No exception crosses, no type of the library is seen. Works with 1.7.1. Main thread only.
 */
#ifndef GNB_GBENCH_H
#define GNB_GBENCH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gnb_gbench_result {
	double seconds;	 /* the entry's manual time */
	char error[256]; /* "" : none */
	unsigned counters;
	struct {
		char name[64];
		double value;
	} counter[24];
};

typedef void (*gnb_gbench_fn)(void *arg, struct gnb_gbench_result *out);

/* Set the library up. What it reads from BENCHMARK_* in the environment, which is meant for other programs, has no
 * effect. 0, or -EINVAL with a line in err if it is a library that lacks an option. */
int gnb_gbench_init(char *err, size_t len);

/* Add an entry. fn is called once by gnb_gbench_run(). 0 or -ENOMEM. */
int gnb_gbench_register(const char *name, gnb_gbench_fn fn, void *arg);

/* Run all entries. *matched: entries run; *errors: those that set error. 0, or -EIO if the library
 * threw. */
int gnb_gbench_run(unsigned *matched, unsigned *errors);

/* Was the library built with optimisation ("release") or for debugging ("debug")? As it says itself; "unknown" if it
 * does not. Static. */
const char *gnb_gbench_build(void);

/* File name of the library, with its version: "libbenchmark.so.1.7.1". Static. */
const char *gnb_gbench_version(void);

#ifdef __cplusplus
}
#endif

#endif
