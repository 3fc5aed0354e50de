/* SPDX-License-Identifier: GPL-2.0-only */
/* The launches of a run, put into cells and benchmarks. */
#ifndef GNB_GROUP_H
#define GNB_GROUP_H

#include "rec.h"

/* Make the cells and benchmarks of a run that has its launches. 0 or -ENOMEM; what there is then,
 * gnb_group_free() frees. */
int gnb_group_make(struct gnb_rec_run *r);

/* Free the cells and benchmarks; the launches stay. */
void gnb_group_free(struct gnb_rec_run *r);

#endif
