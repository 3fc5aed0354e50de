/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rivals of grant tables version 3 need of a p2m, besides what that needs (gv3_arch.h). */
#ifndef X86_P2M_RIVALS_H
#define X86_P2M_RIVALS_H

#include <xen/mm.h>
#include <asm/p2m.h>

/* When the domain is made. */
void p2m_rivals_init(struct domain *d);

/*
 * From defer to resume this CPU does not flush d's TLBs when it takes entries
 * of one page or of one superpage away; owed does it, once, if there were any.
 * Nothing else may be done to d's p2m meanwhile. PV and shadow: nothing.
 */
void p2m_rivals_flush_defer(struct domain *d);
void p2m_rivals_flush_owed(struct domain *d);
/* What gv3_arch.h took away goes with it; false: nothing is put off. */
bool p2m_rivals_flush_owe(const struct domain *d);
void p2m_rivals_flush_resume(struct domain *d);

/*
 * Entries of version 1 taken away from a domain by another one's vCPU. revoke:
 * that of mfn leads to another frame with the same rights, or nowhere
 * (INVALID_MFN); -EILSEQ: something else is there, and stays. What was taken
 * away is out of everybody's reach after end.
 */
void p2m_rivals_revoke_begin(struct domain *d);
int p2m_rivals_revoke(struct domain *d, gfn_t gfn, mfn_t mfn, mfn_t to);
void p2m_rivals_revoke_end(struct domain *d);

/* Frames of a granter that lie together: what one look at its p2m found. */
struct p2m_rivals_run {
    unsigned long gfn, mfn, nr;
};

/* Look, for a run that begins anew. */
struct page_info *p2m_rivals_look(struct domain *d, unsigned long gfn,
                                  struct p2m_rivals_run *run);

/* The page of d's RAM at gfn, with a reference; NULL: ask for it otherwise. */
static always_inline struct page_info *p2m_rivals_page(
    struct domain *d, unsigned long gfn, struct p2m_rivals_run *run)
{
    struct page_info *pg;

    if ( gfn - run->gfn < run->nr )
    {
        pg = mfn_to_page(_mfn(run->mfn + (gfn - run->gfn)));
        if ( get_page(pg, d) )
            return pg;
    }

    return p2m_rivals_look(d, gfn, run);
}

#endif
