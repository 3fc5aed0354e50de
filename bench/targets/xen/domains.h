/* SPDX-License-Identifier: GPL-2.0-only */
/* Making and ending grantbench domains, by the program grantbench-domain (docs/xen.md). */
#ifndef GNB_XEN_DOMAINS_H
#define GNB_XEN_DOMAINS_H

#include "channel.h"

struct gnb_domain_options {
	enum gnb_domain_type type;
	unsigned memory;	      /* MiB; 0: 16 */
	unsigned max_grant_frames;    /* 0: Xen's default */
	unsigned max_maptrack_frames; /* 0: Xen's default */
	unsigned version_limit;	      /* highest version of its grant table, 1 or 2; 0: 2 */
	unsigned headroom;	      /* pages that it may have beyond those it begins with */
};

/*
 * Make a domain and attach to it, by the program grantbench-domain: $GNB_DOMAIN_MAKER or, without,
 * of that name in PATH. 0, or -errno with one line in why[len] (at least 200 bytes): -ENOENT no
 * such program, -EPERM not dom0, -EINVAL options that the program refuses, -EIO Xen refused.
 */
int gnb_domain_create(const struct gnb_domain_options *o, struct gnb_domain **d, char *why,
		      size_t len);

/*
 * Detach, destroy, and see that it is gone. 0, or -EBUSY with the reason in why[len]; d is freed in
 * both cases. A domain of which another one maps grants stays until those are unmapped: unmap them
 * first.
 */
int gnb_domain_destroy(struct gnb_domain *d, char *why, size_t len);

/*
 * The same without waiting: one of which another maps grants stays, dying, until those are unmapped
 * or the other one ends. 0 or -EBUSY.
 */
int gnb_domain_kill(struct gnb_domain *d, char *why, size_t len);

/* Wait until a domain that was ended is gone. 0, or -EBUSY with the reason after a second. */
int gnb_domain_wait_gone(uint16_t domid, char *why, size_t len);

#endif
