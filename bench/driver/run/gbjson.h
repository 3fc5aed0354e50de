/* SPDX-License-Identifier: GPL-2.0-only */
/* A run in the shape of Google Benchmark's own JSON, for dashboards that read that. */
#ifndef GNB_GBJSON_H
#define GNB_GBJSON_H

struct json_object;

/* From the manifest and the array of lines. A new object. */
struct json_object *gnb_gbjson(struct json_object *manifest, struct json_object *cells);

#endif
