/* SPDX-License-Identifier: GPL-2.0-only */
/* gnb_guest, inside: a session belongs to one open file and lives as long as the file. */
#ifndef GNB_GUEST_SESSION_H
#define GNB_GUEST_SESSION_H

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/xarray.h>
#include <xen/grant_table.h>
#include <xen/interface/grant_table.h>
#include <xen/xen.h>

#include "gnb_guest.h"
#include "gnb_mark.h"

#define GNB_DOMID_UNKNOWN 0x7ff4 /* DOMID_INVALID of Xen's headers, which Linux' copy lacks */

/* A slot is owned by whoever moved it to BUSY, for the length of one call. */
enum { GNB_SLOT_FREE, GNB_SLOT_BUSY, GNB_SLOT_MAPPED, GNB_SLOT_LOST };

struct gnb_slot {
	atomic_t state;
	grant_handle_t handle; /* while MAPPED, and: */
	bool readonly;
};

struct gnb_session {
	struct mutex lock; /* set-up, and the entries written by ioctl */
	bool ready; /* set once, with release; all below is constant then, slots and granted apart */
	u16 version, domid;
	struct gnb_guest_setup cfg;

	grant_ref_t alloc_first; /* as allocated: more than refs, for the alignment */
	u32 alloc_count;
	unsigned long *granted; /* by ioctl, not ended; one bit per reference of the file */

	struct page **page[2]; /* GNB_GUEST_RAM, GNB_GUEST_OWN */
	struct xarray gfns;    /* frame number -> page, of both regions */

	struct page **slot_page;
	struct gnb_slot *slot;

	void *args; /* pages for the arguments of a submit, NULL while one has them */
};

/* memory.c */
extern atomic_t gnb_refs_held; /* by all sessions, and what could not be freed */
int gnb_session_setup(struct gnb_session *m, struct gnb_guest_setup *cfg);
void gnb_session_release(struct gnb_session *m);
int gnb_session_mmap(struct gnb_session *m, struct vm_area_struct *vma);
int gnb_table_size(u32 *nr, u32 *max);
int gnb_table_version(u16 *version);
u16 gnb_own_domid(void);

/* The address of a slot as Xen wants it in host_addr: virtual for PV, physical if translated. */
static inline u64 gnb_slot_host_addr(const struct gnb_session *m, u32 slot)
{
	u64 pfn = page_to_pfn(m->slot_page[slot]);

	return xen_feature(XENFEAT_auto_translated_physmap) ? pfn << PAGE_SHIFT
							    : (u64)(uintptr_t)pfn_to_kaddr(pfn);
}

/* lost.c */
/* May Linux have the page back? A translated domain's page that was lost is replaced; false if that failed. */
bool gnb_page_is_back(struct page *page);

/* submit.c */
int gnb_session_submit(struct gnb_session *m, struct gnb_guest_submit *s);
int gnb_session_access(struct gnb_session *m, const struct gnb_guest_access *a);
u32 gnb_session_mapped(struct gnb_session *m);
/* Undo every mapping; slots that cannot be undone become LOST. Their number. */
u32 gnb_session_unmap_all(struct gnb_session *m);

/* mark.c */
int gnb_mark_init(void);
void gnb_mark_exit(void);
/* Tell what the next hypercall is, and the name of the cell that it belongs to. */
void gnb_mark_call(u32 cmd, u32 count);
void gnb_mark_name(const char *name);

#endif
