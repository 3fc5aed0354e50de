/* SPDX-License-Identifier: GPL-2.0-only */
/* One line of cells.jsonl. */
#ifndef GNB_LINE_H
#define GNB_LINE_H

#include "rec.h"

/* Read a line of len bytes into a new launch. 0; -EINVAL if it is torn or does not say which cell
 * it is of; -ENOMEM. */
int gnb_line_read(const char *line, size_t len, struct gnb_rec_launch **launch);

/* The same of a line that is an object already; it is taken over, also by a failure. */
int gnb_line_take(struct json_object *o, struct gnb_rec_launch **launch);

/* Free it, with all that its strings lie in. NULL does nothing. */
void gnb_line_free(struct gnb_rec_launch *l);

#endif
