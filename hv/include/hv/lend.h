/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory lent to a translated domain and taken back, whatever the borrower does (docs/p2m.md). Not in Xen. */
#ifndef HV_LEND_PUBLIC_H
#define HV_LEND_PUBLIC_H

#include <stdint.h>

struct hv_domain;
struct hv_vcpu;

/*
 * An operation of lend_op.h (kernel-helpers/include), whose structure is in the caller's memory for arguments. The caller is the
 * borrower's lender: made with `lends`, and privileged or named by hv_domain_set_lender(). 0, or: -EFAULT; -ESRCH: no such
 * borrower; -EPERM: not its lender, or no permission for a device's frames; -EINVAL; -ENOENT: there is no such loan, revoke or
 * fault; -EOPNOTSUPP: the borrower is a PV domain, or its device's tables are its p2m, by which the device would reach what is lent;
 * -EEXIST: something is there; -EBUSY: not the lender's page, or another page is there; -ENOSPC: too many loans; -ENOMEM;
 * -EAGAIN: the page was looked up before a revoke of it ended, and has to be looked up again.
 */
long hv_lend_op(struct hv_vcpu *v, unsigned cmd, void *uop);

/* By the toolstack: which domain beside the privileged ones may lend to it; NULL: none. -EINVAL: that one does not lend. */
int hv_domain_set_lender(struct hv_domain *borrower, const struct hv_domain *lender);

/* What happened to a borrower so far. */
struct hv_lend_stats {
	uint64_t loans, revokes, served;    /* operations that were done; of the last pages */
	uint64_t revoked_entries, work_max; /* entries that revokes changed, and the most by one */
	uint64_t held_max; /* the most that were changed with the p2m's lock held */
	uint64_t faults;   /* accesses that met what was absent */
	uint64_t stale;	   /* pages that came too late to be entered */
	uint64_t answered, failed;
};
void hv_lend_stats(const struct hv_domain *d, struct hv_lend_stats *out);

#endif
