// SPDX-License-Identifier: GPL-2.0-only
/* The memory half of the channel: a domain's RAM and grant table in this process. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/target.h>

#include "channel_inside.h"
#include "channel_memory.h"
#include "privcmd.h"

unsigned gnb_domain_pages(const struct gnb_domain *d)
{
	return d->control->pool_pages;
}

uint64_t gnb_domain_frame(const struct gnb_domain *d, unsigned i)
{
	return d->frames[d->control->pool_pfn + i];
}

uint64_t gnb_domain_address(const struct gnb_domain *d, unsigned i)
{
	return (uint64_t)(d->control->pool_pfn + i) << GNB_PAGE_SHIFT;
}

uint64_t gnb_domain_slot(const struct gnb_domain *d, unsigned i)
{
	return (uint64_t)(d->control->slot_pfn + i) << GNB_PAGE_SHIFT;
}

void *gnb_domain_map_pages(struct gnb_domain *d, unsigned pfn, unsigned n, int *rc)
{
	struct gnb_domain_mapping *m = calloc(1, sizeof(*m));

	*rc = m ? gnb_privcmd_map(d->privcmd, d->domid, d->frames + pfn, n, true, &m->addr)
		: -ENOMEM;
	if (*rc) {
		free(m);
		return NULL;
	}
	m->n = n;
	m->next = d->mappings;
	d->mappings = m;
	return m->addr;
}

void *gnb_domain_map(struct gnb_domain *d, unsigned first, unsigned n)
{
	unsigned pages = gnb_domain_pages(d);
	int rc = -EINVAL;
	void *p = NULL;

	if (n && n <= pages && first <= pages - n)
		p = gnb_domain_map_pages(d, d->control->pool_pfn + first, n, &rc);
	if (!p)
		errno = -rc;
	return p;
}

int gnb_domain_map_table(struct gnb_domain *d, unsigned frames, bool status)
{
	/* 256 entries in a frame of version 2, 2048 words in a status frame. */
	unsigned nr_status = status ? (frames + 7) / 8 : 0;
	int rc = 0;

	gnb_privcmd_unmap(d->shared, d->shared_frames);
	gnb_privcmd_unmap(d->status, d->status_frames);
	d->shared = d->status = NULL;
	d->shared_frames = d->status_frames = 0;
	if (frames)
		rc = gnb_privcmd_map_table(d->privcmd, d->domid, GNB_RESOURCE_TABLE, frames,
					   &d->shared);
	if (!rc && frames)
		d->shared_frames = frames;
	if (!rc && nr_status)
		rc = gnb_privcmd_map_table(d->privcmd, d->domid, GNB_RESOURCE_STATUS, nr_status,
					   &d->status);
	if (!rc)
		d->status_frames = nr_status;
	return rc;
}

void *gnb_domain_table(const struct gnb_domain *d, unsigned i, bool status)
{
	char *base = status ? d->status : d->shared;

	return i < (status ? d->status_frames : d->shared_frames) ? base + (size_t)i * GNB_PAGE_SIZE
								  : NULL;
}

int gnb_domain_find_frames(struct gnb_domain *d)
{
	const struct gnb_domain_control *c = d->control;
	void *list;
	int rc;

	d->frames = calloc((size_t)c->pages + GNB_P2M_ENTRIES, sizeof(*d->frames));
	if (!d->frames)
		return -ENOMEM;
	for (unsigned i = 0; c->type == GNB_DOMAIN_PVH && i < c->pages; i++)
		d->frames[i] = i;
	if (c->type != GNB_DOMAIN_PV)
		return 0;
	rc = gnb_privcmd_map(d->privcmd, d->domid, c->p2m_mfn, c->p2m_pages, false, &list);
	if (rc)
		return rc;
	memcpy(d->frames, list, c->pages * sizeof(*d->frames));
	gnb_privcmd_unmap(list, c->p2m_pages);
	return 0;
}

void gnb_domain_unmap_all(struct gnb_domain *d)
{
	gnb_domain_map_table(d, 0, false);
	while (d->mappings) {
		struct gnb_domain_mapping *m = d->mappings;

		d->mappings = m->next;
		gnb_privcmd_unmap(m->addr, m->n);
		free(m);
	}
}
