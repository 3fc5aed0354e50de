/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments of hypercalls: copied from where a guest's linear address says, and back. A PV guest's
 * are read where they are, as Xen does it, which runs on its page tables. A translated guest's page
 * tables are its own: each copy walks them (guest_pt.h), and what they say is looked up in its p2m, unless it was made
 * with args_direct.
 */
#ifndef HV_ARGS_H
#define HV_ARGS_H

#include "words.h"

/* Structures that who takes them in blocks copies at once, one look through page tables for each page they lie in. */
#define HV_ARGS_BLOCK 32

int hv_copy_translated(struct hv_vcpu *cur, void *buf, uint64_t linear, size_t size, bool to_guest);

/*
 * copy_from_guest() and copy_to_guest(). -EFAULT: there is nothing that may be read or written; a
 * part before it may have been. An address that is not walked to was found good before (hv_guest_handle_okay()).
 */
__attribute__((warn_unused_result)) static inline int
hv_copy_from_guest(struct hv_vcpu *cur, void *to, uint64_t from, size_t size)
{
	cur->count.arg_copies++;
	if (cur->d->args_walked)
		return hv_copy_translated(cur, to, from, size, false);
	hv_words_from_guest(to, (const void *)(uintptr_t)from, size);
	return 0;
}

__attribute__((warn_unused_result)) static inline int
hv_copy_to_guest(struct hv_vcpu *cur, uint64_t to, const void *from, size_t size)
{
	cur->count.arg_copies++;
	if (cur->d->args_walked)
		return hv_copy_translated(cur, (void *)(uintptr_t)from, to, size, true);
	hv_words_to_guest((void *)(uintptr_t)to, from, size);
	return 0;
}

/*
 * guest_handle_okay() of a list: it does not begin in what a PV guest may not name. What is there
 * is seen when it is written to.
 */
bool hv_guest_address_okay(const struct hv_domain *d, uint64_t at);

/*
 * Does the list lie in the domain's argument memory, aligned for its words? Of one that walks to it
 * nothing is known before it is looked at.
 */
bool hv_guest_handle_okay(const struct hv_domain *d, uint64_t at, uint64_t count, size_t size);

#endif
