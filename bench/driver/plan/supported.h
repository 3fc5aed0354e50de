/* SPDX-License-Identifier: GPL-2.0-only */
/* Can a version of a cell run on the target? */
#ifndef GNB_SUPPORTED_H
#define GNB_SUPPORTED_H

#include <gnb/bench.h>

/*
 * Can this side run: does the benchmark say so, and the target of the machine that it asks for?
 * cell, target, version and clock of the side are set. 0 with the machine in cfg; -EOPNOTSUPP or
 * another -errno with *why.
 */
int gnb_side_supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why);

#endif
