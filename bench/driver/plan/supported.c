/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether one version of a cell can run here, and on what machine. */
#include <errno.h>

#include "supported.h"

int gnb_side_supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	const struct gnb_bench *b = s->cell->bench;
	bool seen = false;
	int rc = 0;

	*why = NULL;
	*cfg = s->cell->machine;
	cfg->version = s->version;
	s->why[0] = '\0';
	for (unsigned i = 0; b->metrics[i].name; i++)
		seen |= !gnb_metric_unseen(&b->metrics[i], s->clock);
	if (!seen) {
		*why = "this target's clock sees hypercalls only, and what is measured here is the "
		       "guest's own work";
		return -EOPNOTSUPP;
	}
	if (b->supported)
		rc = b->supported(s, cfg, why);
	if (rc && !*why)
		*why = s->why;
	return rc ? rc : s->t->supported(cfg, why);
}
