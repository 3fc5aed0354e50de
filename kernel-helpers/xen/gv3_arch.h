/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What grant tables version 3 needs of x86: entries of p2ms (mm/p2m-grant.c), and of the page tables of PV domains
 * (pv/pv-grant.c).
 */
#ifndef ASM_X86_GV3_ARCH_H
#define ASM_X86_GV3_ARCH_H

#include <xen/mm.h>
#include <xen/sched.h>

/* ---- p2m, and IOMMU tables of its own; the domain is translated ---- */

/* The p2m's lock, for writing. What is taken away under it is in reach until p2m_grant_flush(). */
void p2m_grant_lock(struct domain *d);
void p2m_grant_unlock(struct domain *d);
/* This CPU's changes: CPUs that run the domain, and its IOMMU. No lock, but for spinlocks of version 3. */
void p2m_grant_flush(struct domain *d);

/* All with the lock. See gv3_as_map(), gv3_as_clear() and gv3_as_point(). */
int p2m_grant_map(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                  bool write);
int p2m_grant_clear(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order);
int p2m_grant_point(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                    mfn_t to, bool write);

/* Tables for splitting, one more or one less: without the lock. -ENOMEM. */
int p2m_grant_keep(struct domain *d);
void p2m_grant_unkeep(struct domain *d);

/* A page of its RAM, with a reference. NULL: -EINVAL, it is none; -EAGAIN, it is paged out. */
struct page_info *p2m_grant_page(struct domain *d, gfn_t gfn, bool write,
                                 int *rc);
/*
 * The first of 1 << order frames that gfn.. names and that lie side by side, each with a reference. -EINVAL: it is not
 * so; -EAGAIN: paged out.
 */
int p2m_grant_run(struct domain *d, gfn_t gfn, unsigned int order, mfn_t *mfn);

/* ---- PV domains: see gv3_pv_lock() and what follows it ---- */

int pv_grant_lock(struct domain *d, uint64_t addr, bool linear, uint64_t *entry);
void pv_grant_unlock(uint64_t entry);
int pv_grant_map(struct domain *d, uint64_t entry, mfn_t mfn, bool write);
bool pv_grant_is(uint64_t entry, mfn_t mfn, bool write);
int pv_grant_clear(struct domain *d, uint64_t entry, mfn_t mfn, bool write);
int pv_grant_point(struct domain *d, uint64_t entry, mfn_t mfn, bool was,
                   mfn_t to, bool write);

#endif
