/* SPDX-License-Identifier: GPL-2.0-only */
/* For verify(): what the mapper's CPU and its device find where a page of the granter's was mapped. */
#ifndef GNB_LOOK_H
#define GNB_LOOK_H

#include <gnb/mapper.h>

enum gnb_sight {
	GNB_SEES_PAGE,	/* the page: what the granter writes can be read */
	GNB_SEES_OTHER, /* something, and not the page */
	GNB_SEES_NOTHING,
};

/*
 * The granter writes something new into its page i. A vCPU reads mapping k, or the device, if v is NULL, what is at map
 * slot k. Fills TLBs, as any access does.
 */
enum gnb_sight gnb_look(struct gnb_maps *m, struct gnb_vcpu *v, unsigned k, unsigned i);

/* Does what a vCPU writes through mapping k come to the granter's page i? */
bool gnb_reaches(struct gnb_maps *m, struct gnb_vcpu *v, unsigned k, unsigned i);

#endif
