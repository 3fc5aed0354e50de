// SPDX-License-Identifier: GPL-2.0-only
/* What a mapper's CPU and its device find behind a mapping. */
#include <gnb/look.h>

enum gnb_sight gnb_look(struct gnb_maps *m, struct gnb_vcpu *v, unsigned k, unsigned i)
{
	struct gnb_side *s = m->s;
	uint64_t *ram = s->t->ram(s->m, i), tag, back = 0;
	int rc;

	memcpy(&tag, ram, sizeof(tag));
	tag = (tag ^ (uint64_t)i << 32 ^ s->version->entries) * 0x9e3779b97f4a7c15ull + 1;
	memcpy(ram, &tag, sizeof(tag));
	/* A PV granter's frames are the machine's, and its mapper's device knows them by these. */
	rc = v ? s->t->touch(v, gnb_map_addr(m, k), 0, &back, sizeof(back), false)
	       : s->t->dma(s->m, s->t->map_dfn(s->m, k, s->t->frame(s->m, i) << GNB_PAGE_SHIFT), 0,
			   &back, sizeof(back), false);
	return rc ? GNB_SEES_NOTHING : back == tag ? GNB_SEES_PAGE : GNB_SEES_OTHER;
}

bool gnb_reaches(struct gnb_maps *m, struct gnb_vcpu *v, unsigned k, unsigned i)
{
	struct gnb_side *s = m->s;
	char *ram = (char *)s->t->ram(s->m, i) + 8;
	uint64_t tag;

	memcpy(&tag, ram, sizeof(tag));
	tag = ~tag ^ i;
	return !s->t->touch(v, gnb_map_addr(m, k), 8, &tag, sizeof(tag), true) &&
	       !memcmp(ram, &tag, sizeof(tag));
}
