/* SPDX-License-Identifier: MIT */
/*
 * /dev/gnb_guest: a session of grant benchmarks in a Linux guest of Xen (user interface, ABI 1).
 *
 * One open file is one session: some references of this domain's grant table, pages that they can grant,
 * pages of the mapper, and slots of kernel address space to map grants at. The file gives back all of it when
 * its last user closes it; mappings that are still there are undone first. What another domain still has
 * mapped then is kept, never freed, and said in the kernel's log.
 *
 * Every operation needs CAP_SYS_ADMIN in the initial user namespace, at the time of the call as well as of
 * open(). Mapping the grant table itself (GNB_GUEST_TABLE, GNB_GUEST_STATUS) needs CAP_SYS_RAWIO too, and a
 * kernel that is not locked down: who writes entries can name any page of this domain, as with /dev/mem. Everything else is checked: user memory
 * is read once, into the kernel, and what was read is what was checked and used; lengths are bounded by the
 * limits below; an operation reaches only this file's references, pages and slots, or another domain's grants.
 *
 * References are counted from the file's first one, in whole frames of the table: reference 0 is the first
 * entry of the file's first frame. The module adds the offset to references of this domain in submitted
 * operations; those of another domain go to Xen as they are. Host addresses are cookies, slot number * 4096; no
 * kernel address is told or taken.
 *
 * A translated domain (PVH, HVM) loses a page that it maps from itself: the first map takes the page from its
 * frame number, later ones are bad_page. The file's end gives the frame a new page. See docs/xen.md.
 *
 * Errors common to all: -EPERM without the right, -EFAULT for bad user memory, -EINVAL for a field or bit that
 * is not allowed (reserved fields must be 0), -ENODATA before GNB_GUEST_SETUP, -ENOTTY for another request.
 */
#ifndef GNB_GUEST_UAPI_H
#define GNB_GUEST_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define GNB_GUEST_DEVICE "/dev/gnb_guest"
#define GNB_GUEST_ABI	 1

#define GNB_GUEST_MAX_OPS    1024  /* operations in one GNB_GUEST_SUBMIT */
#define GNB_GUEST_MAX_PAGES  16384 /* pages of one region, and slots */
#define GNB_GUEST_MAX_FRAMES 32	   /* grant frames of one file */

/* Regions, for mmap() at offset gnb_guest_offset(region, page) and for GNB_GUEST_GFNS. Shared mappings only. */
#define GNB_GUEST_RAM 0 /* the granter's pages */
#define GNB_GUEST_OWN 1 /* the mapper's own pages, the far side of a copy */
#define GNB_GUEST_TABLE                                                                            \
	2 /* the file's shared frames, as Xen sees them; PV only, else -EOPNOTSUPP */
#define GNB_GUEST_STATUS 3 /* version 2: their status frames */

static inline __u64 gnb_guest_offset(__u32 region, __u32 page)
{
	return ((__u64)region << 32) | ((__u64)page << 12);
}

/* flags of struct gnb_guest_info */
#define GNB_GUEST_TRANSLATED (1u << 0) /* PVH or HVM; otherwise PV */
#define GNB_GUEST_INITIAL    (1u << 1) /* the domain that Xen started, dom0 */

/* What is here; works before GNB_GUEST_SETUP. Xen's version and build: /sys/hypervisor. */
struct gnb_guest_info {
	__u32 abi;
	__u32 flags;
	__u32 xen_version;   /* major << 16 | minor */
	__u16 domid;	     /* of this domain */
	__u16 grant_version; /* 1 or 2, chosen by Linux at boot */
	__u32 nr_frames;     /* shared frames that the table has, and may have */
	__u32 max_frames;
	__u32 tsc_khz;
	__u32 refs_held; /* references of the table that all files have now, with those kept for good */
};

/*
 * Make the session, once per file: -EBUSY the second time. -ENOSPC if the table has no room for so many
 * references in a row, -ENOMEM, -EOPNOTSUPP in a guest that cannot (see docs/xen.md): a domain whose number is not
 * known, a translated domain with version 2 that wants frames.
 */
struct gnb_guest_setup {
	__u32 frames; /* in: shared frames, 0 .. GNB_GUEST_MAX_FRAMES; 0 for a session that only maps and copies */
	__u32 pages;	 /* in: pages to grant, 0 .. GNB_GUEST_MAX_PAGES, as own_pages and slots */
	__u32 own_pages; /* in */
	__u32 slots;	 /* in */
	__u32 refs;	 /* out: references, from 0 */
	__u32 first_ref; /* out: what reference 0 is in the domain's table */
};

/* Frame numbers as they belong in grant entries and copies, of pages first .. first + count - 1. */
struct gnb_guest_gfns {
	__u32 region; /* GNB_GUEST_RAM or GNB_GUEST_OWN */
	__u32 first;
	__u32 count;
	__u32 reserved;
	__u64 gfns; /* pointer to count of __u64 */
};

#define GNB_GUEST_READONLY (1u << 0)

/* Write the entry of ref: domid may map the granter's page. -EBUSY if it was granted and not ended. */
struct gnb_guest_grant {
	__u32 ref;
	__u32 page;
	__u16 domid;
	__u16 flags; /* GNB_GUEST_READONLY or 0 */
	__u32 reserved;
};

/* End the entry of ref. -EBUSY: it is mapped. */
struct gnb_guest_end {
	__u32 ref;
	__u32 reserved;
};

/*
 * HYPERVISOR_grant_table_op(cmd, args, count). args is an array of Xen's structures; it is copied in once,
 * checked, handed to Xen from the kernel's memory, and copied back with what Xen wrote.
 *
 *  map         flags host_map, with or without readonly; host_addr a free slot's cookie
 *  unmap       host_addr and handle of a mapped slot; dev_bus_addr 0
 *  copy        ends: references, of this domain or another, and this file's pages by frame with DOMID_SELF
 *  query_size  count 1
 *  get_version count 1
 *  13 .. 47    count 0 and no args: what does Xen say to an operation that it may not know?
 *
 * Anything else is -EOPNOTSUPP here: Linux has users of its own of the same table. -EBUSY: a slot that is not
 * free, or not mapped, or twice in one array. Nothing has been done when the ioctl itself fails, with one
 * exception: -EFAULT may also come from copying back, when the operations are done.
 */
struct gnb_guest_submit {
	__u32 cmd;
	__u32 count;
	__u64 args;
	__s64 result; /* out: what the hypercall returned */
	/* out: the time-stamp counter around the hypercall alone, with interrupts of the guest held back */
	__u64 tsc_before;
	__u64 tsc_after;
};

#define GNB_GUEST_WRITE (1u << 0)

/* Read or write through a slot, as the kernel would. -EFAULT: no mapping there, or no right. */
struct gnb_guest_access {
	__u32 slot;
	__u32 offset; /* offset + len <= 4096, len at least 1 */
	__u32 len;
	__u32 flags; /* GNB_GUEST_WRITE or 0 */
	__u64 buf;
};

/* What is in use now. */
struct gnb_guest_state {
	__u32 mapped;  /* slots with a grant mapped */
	__u32 granted; /* references granted by GNB_GUEST_GRANT and not ended */
};

#define GNB_GUEST_MARK_NAME 384

/*
 * Tell an instrument outside of the guest (gnb_mark.h) the name of what follows, for all files until another name.
 * name: printable ASCII without spaces, ended by 0, nothing but 0 behind; not empty. Works before GNB_GUEST_SETUP.
 * Without an instrument it does nothing.
 */
struct gnb_guest_mark {
	char name[GNB_GUEST_MARK_NAME];
};

#define GNB_GUEST_GET_INFO  _IOR('G', 0xb0, struct gnb_guest_info)
#define GNB_GUEST_SETUP	    _IOWR('G', 0xb1, struct gnb_guest_setup)
#define GNB_GUEST_GET_GFNS  _IOW('G', 0xb2, struct gnb_guest_gfns)
#define GNB_GUEST_GRANT	    _IOW('G', 0xb3, struct gnb_guest_grant)
#define GNB_GUEST_END	    _IOW('G', 0xb4, struct gnb_guest_end)
#define GNB_GUEST_SUBMIT    _IOWR('G', 0xb5, struct gnb_guest_submit)
#define GNB_GUEST_ACCESS    _IOW('G', 0xb6, struct gnb_guest_access)
#define GNB_GUEST_GET_STATE _IOR('G', 0xb7, struct gnb_guest_state)
#define GNB_GUEST_MARK	    _IOW('G', 0xb8, struct gnb_guest_mark)

#endif
