/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a version costs more than the first one, in Xen and in hv: a figure of v2 alone says little, since all that v1
 * has in common with it is in both.
 */
#ifndef GNB_BESIDE_VERSIONS_H
#define GNB_BESIDE_VERSIONS_H

#include "beside.h"

/* Parts of an operation that the two differences may lie apart. */
#define GNB_APART 0.01

enum gnb_agreement {
	GNB_AGREES, /* the same sign, not further apart than GNB_APART */
	GNB_SIGN,   /* another sign, or a difference in one of them only */
	GNB_FAR,    /* the same sign, further apart */
	GNB_LONE,   /* one side has not both versions */
};

struct gnb_version_row {
	const struct gnb_pair *base, *with; /* with: NULL if GNB_LONE */
	const char *version;		    /* the other than base's */
	double xen, hv;			    /* its instructions less base's */
	double xen_part, hv_part;	    /* of base's, of the same side */
	enum gnb_agreement verdict;
	bool xen_lacks; /* GNB_LONE: Xen has no such version, rather than hv */
	bool whole; /* GNB_FAR: in instructions they are near; it is the operations whose sizes differ */
};

struct gnb_versions {
	struct gnb_version_row *row; /* as the pairs are ordered */
	size_t nr, of[GNB_LONE + 1]; /* of: rows by verdict */
};

/* Compare. To be freed with gnb_versions_free(). */
struct gnb_versions gnb_versions(const struct gnb_beside *b);

/* Free its rows. */
void gnb_versions_free(struct gnb_versions *v);

/* One line on stdout: how many rows, and how many of them disagree. */
void gnb_versions_print(const struct gnb_beside *b);

#endif
