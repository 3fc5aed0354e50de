/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dom0 as the toolstack of a domain of our own: what it asks Xen for by /dev/xen/privcmd, with no library and no other
 * program. Errors are -errno; of an operation they are Xen's. One thread at a time.
 */
#ifndef GNB_XEN_TOOLS_H
#define GNB_XEN_TOOLS_H

#include "side.h"

struct gnb_xen_tools;

/*
 * Which version of the domctl interface does this Xen have? Xen does not tell: it is asked with one after the other. 0
 * with *version, 0 if it takes none that there has been; or -errno: nobody can ask.
 */
int gnb_xen_domctl_version(unsigned *version);

/* Become the toolstack of a domain. 0, or -errno with *why. */
int gnb_xen_tools_open(uint16_t domid, struct gnb_xen_tools **t, const char **why);
void gnb_xen_tools_close(struct gnb_xen_tools *t);

/* Zeroed memory that Xen can read and write, page aligned; it goes with the toolstack. NULL: there is no more. */
void *gnb_xen_tools_alloc(struct gnb_xen_tools *t, size_t bytes);

/* Operations of gnb/operations.h, by their numbers. What they take is added to v. */
long gnb_xen_tools_log(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned nr, struct gnb_log *l);
long gnb_xen_tools_memory(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned nr,
			  struct gnb_memory *x);
long gnb_xen_tools_mapping(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned nr,
			   const struct gnb_placing *x);

/*
 * RAM of the domain by entries of 4K each: its n pages from gfn on are given up, and others had for them. 0 or -ENOMEM.
 * What they held is gone.
 */
int gnb_xen_tools_break_up(struct gnb_xen_tools *t, struct gnb_vcpu *v, uint64_t gfn, unsigned n);

/* The frames of a device's memory that can be mapped into the domain. */
void gnb_xen_tools_device(struct gnb_xen_tools *t, uint64_t first, uint64_t pages);

/* Is this number of the domain's one of the device's memory now? Xen does not tell it from one where nothing is. */
bool gnb_xen_tools_is_device(const struct gnb_xen_tools *t, uint64_t gfn);

/*
 * May the domain itself write to pages of its RAM, though Xen says that they are to be read only? So it is while they
 * are logged.
 */
bool gnb_xen_tools_logging(const struct gnb_xen_tools *t);

#endif
