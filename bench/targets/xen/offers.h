/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which versions of the grant table this Xen offers. One that has version 3's patches, or those of the rivals, answers
 * to their operations; rivals that change version 1 itself say so in its boot messages. Nothing here makes a hypercall.
 */
#ifndef GNB_XEN_OFFERS_H
#define GNB_XEN_OFFERS_H

#include <gnb/versions.h>

/* What was found. The rivals are those that the boot asked for (gnttab-rival=). */
enum gnb_xen_offer {
	GNB_XEN_V3 = 1 << 0,
	GNB_XEN_ARGS = 1 << 1,
	GNB_XEN_BATCH = 1 << 2,
	GNB_XEN_RANGE = 1 << 3,
	GNB_XEN_SUPER = 1 << 4,
	GNB_XEN_REVOKE = 1 << 5,
};

/* What there is if Xen answers to operation cmd of no arguments; the i-th of those that are asked, cmd 0 at their end. */
struct gnb_xen_question {
	unsigned cmd;
	enum gnb_xen_offer offer;
};
extern const struct gnb_xen_question gnb_xen_questions[];

/* Of a list of rivals by name, separated by spaces, as `grantbench-domain rivals` prints it. */
unsigned gnb_xen_rivals(const char *list);

/*
 * What there is, of the operations that Xen answers to and of the rivals that it says it has: a rival that has an
 * operation is there if both agree.
 */
unsigned gnb_xen_offered(unsigned answered, unsigned said);

/* Why such a Xen has no such version now; NULL: it has. Valid until the next call. */
const char *gnb_xen_offer_refused(const struct gnb_version *v, unsigned offered);

/* The versions that it has now, "v1,v2,v3". Valid until the next call. */
const char *gnb_xen_offer_list(unsigned offered);

/* Does a mapper of it use operations beside those of versions 1 and 2? */
bool gnb_xen_offer_maps_anew(const struct gnb_version *v);

#endif
