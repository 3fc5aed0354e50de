/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine as hwloc sees it, and where the threads of the run were. */
#ifndef GNB_TOPOLOGY_H
#define GNB_TOPOLOGY_H

#include "fig.h"

/* One figure of the run's topology.xml, or a sentence that says why there is none. */
void gnb_fig_topology(struct gnb_figs *f);

#endif
