/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings by address: a treap. Nothing of it is recursive, as its shape is a guest's. */
#include "mappings.h"

struct hv_vmap *hv_vmaps_from(struct hv_vcpu *cur, const struct hv_vmaps *t, uint64_t first)
{
	struct hv_vmap *m = t->root, *best = NULL;

	while (m) {
		cur->count.mapping_nodes++;
		if (m->last >= first) {
			best = m;
			m = m->left;
		} else {
			m = m->right;
		}
	}
	return best;
}

/* Of the seed and the address: the same host does the same work each time. */
static uint32_t rank_of(const struct hv_vmaps *t, uint64_t first)
{
	uint64_t x = (first ^ t->seed) * 0x9e3779b97f4a7c15ull;

	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9ull;
	return (uint32_t)(x >> 32);
}

void hv_vmaps_add(struct hv_vcpu *cur, struct hv_vmaps *t, struct hv_vmap *m)
{
	struct hv_vmap **p = &t->root, **left = &m->left, **right = &m->right, *s;

	m->rank = rank_of(t, m->first);
	while (*p && (*p)->rank >= m->rank) {
		cur->count.mapping_nodes++;
		p = m->first < (*p)->first ? &(*p)->left : &(*p)->right;
	}
	/* What was there goes to both sides of it. */
	s = *p;
	*p = m;
	while (s) {
		cur->count.mapping_nodes++;
		if (s->first < m->first) {
			*left = s;
			left = &s->right;
			s = s->right;
		} else {
			*right = s;
			right = &s->left;
			s = s->left;
		}
	}
	*left = *right = NULL;
	cur->count.mapping_nodes++;
}

void hv_vmaps_remove(struct hv_vcpu *cur, struct hv_vmaps *t, struct hv_vmap *m)
{
	struct hv_vmap **p = &t->root, *left = m->left, *right = m->right;

	while (*p != m) {
		cur->count.mapping_nodes++;
		p = m->first < (*p)->first ? &(*p)->left : &(*p)->right;
	}
	while (left && right) {
		cur->count.mapping_nodes++;
		if (left->rank >= right->rank) {
			*p = left;
			p = &left->right;
			left = *p;
		} else {
			*p = right;
			p = &right->left;
			right = *p;
		}
	}
	*p = left ? left : right;
	cur->count.mapping_nodes++;
}
