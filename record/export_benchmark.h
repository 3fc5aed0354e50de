/* SPDX-License-Identifier: GPL-2.0-only */
/* A run in the shape of Google Benchmark's own JSON (docs/results.md). */
#ifndef GNB_EXPORT_BENCHMARK_H
#define GNB_EXPORT_BENCHMARK_H

#include "rec.h"

/* An object that the caller owns; NULL without memory. */
struct json_object *gnb_export_benchmark(const struct gnb_rec_run *r);

/* Its context alone, for another list of benchmarks; the same. */
struct json_object *gnb_export_context(const struct gnb_rec_run *r);

#endif
