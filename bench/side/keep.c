// SPDX-License-Identifier: GPL-2.0-only
/* Memory of a side that lives as long as its machine. */
#include <stdlib.h>

#include <gnb/bench.h>

struct kept {
	struct kept *next;
	uint64_t pad; /* what follows is aligned as malloc() has it */
};

void *gnb_keep(struct gnb_side *s, size_t bytes)
{
	struct kept *k = calloc(1, sizeof(*k) + bytes);

	if (!k)
		return NULL;
	k->next = s->kept;
	s->kept = k;
	return k + 1;
}

void gnb_keep_end(struct gnb_side *s)
{
	struct kept *k = s->kept;

	while (k) {
		struct kept *next = k->next;

		free(k);
		k = next;
	}
	s->kept = NULL;
}
