/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that parameters name, known by their content: a path alone says nothing of what was measured.
 *
 * Locking: main thread only.
 */
#ifndef GNB_INPUT_H
#define GNB_INPUT_H

#include <gnb/bench.h>

#include "json.h"

/*
 * The file of a parameter's value, read once as long as the process lives. One that is not there, is no regular file
 * or is not what the parameter takes has `why` set. NULL: out of memory.
 */
const struct gnb_file *gnb_input_find(const struct gnb_param *p, const char *value);

/* Are the files of a cell there, and what they were when they were found? 0, or -errno with a sentence in why[len]. */
int gnb_input_same(const struct gnb_cell *cell, char *why, size_t len);

/* What results say of the files of a cell: an object {param: {sha256, bytes}}, new; NULL if it has none. */
struct json_object *gnb_input_json(const struct gnb_cell *cell);

/* Forget all of them. */
void gnb_input_free(void);

#endif
