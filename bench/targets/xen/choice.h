/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The xen target's options, and what they make possible: which domain has which role. Nothing here
 * makes a hypercall. Main thread only.
 */
#ifndef GNB_XEN_CHOICE_H
#define GNB_XEN_CHOICE_H

#include <gnb/target.h>

#include "gnb_domain.h"
#include "gnb_guest.h"

#define GNB_XEN_NO_DOMID 0x7ff4 /* what the module says if it does not know its domain's number */

/* Is there what it takes to make domains? */
struct gnb_xen_means {
	bool privcmd;	  /* /dev/xen/privcmd and /dev/xen/evtchn */
	bool maker;	  /* the program grantbench-domain */
	unsigned cpus;	  /* vCPUs of this domain that are online */
	unsigned offered; /* of versions beside 1 and 2: enum gnb_xen_offer */
	uint64_t device_first,
		device_pages; /* frames of a device's memory that may be mapped into a domain; 0: none */
	const char *device_why; /* of one that was named and has none; else NULL */
	int domctl; /* version of the interface; 0: none that is known; -errno: it cannot be asked for */
};

struct gnb_xen_choice {
	bool granter_guest;		   /* the granter is a domain of our own, not this one */
	bool mapper_guest;		   /* so is the mapper */
	enum gnb_domain_type granter_type; /* of a granter of our own */
	int iommu;	    /* enum gnb_iommu of what the mapper maps, or -1: not known */
	const char *device; /* whose memory may be mapped into the granter, or NULL */
};

/* Hooks of struct gnb_target. */
extern const struct gnb_target_option gnb_xen_options[];
int gnb_xen_option(const char *key, const char *value, const char **why);

/* Forget what was chosen. */
void gnb_xen_choose_nothing(void);

/* What was asked for, and what follows from where this is for the rest. */
struct gnb_xen_choice gnb_xen_choice(const struct gnb_guest_info *info,
				     const struct gnb_xen_means *means);

/* Why this choice cannot be had in this domain, whatever the machine; NULL: it can. */
const char *gnb_xen_choice_refused(const struct gnb_guest_info *info,
				   const struct gnb_xen_means *means);

/* Why this domain cannot be the toolstack of a translated domain of our own; NULL: it can. Valid until the next call. */
const char *gnb_xen_tools_refused(const struct gnb_guest_info *info,
				  const struct gnb_xen_means *means);

/* Why there is no device's memory to map; NULL: there is. */
const char *gnb_xen_device_refused(const struct gnb_xen_means *means);

/* Why there is no machine of this configuration; NULL: there is. All zero is any machine. */
const char *gnb_xen_config_refused(const struct gnb_machine_config *c,
				   const struct gnb_guest_info *info,
				   const struct gnb_xen_means *means);

/* Hook of struct gnb_target, but for where this is. Valid until the next call. */
const struct gnb_fixed *gnb_xen_choice_fixed(const struct gnb_guest_info *info,
					     const struct gnb_xen_means *means);

#endif
