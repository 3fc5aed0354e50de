/* SPDX-License-Identifier: MIT */
/*
 * /dev/gnb_iommu: what a Linux driver's mappings of memory for its device cost (user interface, ABI 1).
 *
 * The module is the driver of one PCI device, which is given to it by name (driver_override) and never by what it is. It
 * does nothing with the device but map memory for it and unmap it again. An open file has 2 MiB of memory to map.
 * Whatever it maps is unmapped before the ioctl returns, so that nothing is left whenever and however the process ends.
 *
 * Every operation needs CAP_SYS_ADMIN in the initial user namespace, at the time of the call as well as of open(). User
 * memory is read once; what was read is what was checked and used; lengths are bounded by the limits below.
 *
 * Errors common to all: -EPERM without the right, -EFAULT for bad user memory, -EINVAL for a field or bit that is not
 * allowed (reserved fields must be 0), -ENODEV while no device is bound to the module, -ENOTTY for another request.
 */
#ifndef GNB_IOMMU_UAPI_H
#define GNB_IOMMU_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define GNB_IOMMU_DEVICE "/dev/gnb_iommu"
#define GNB_IOMMU_ABI	 1

#define GNB_IOMMU_MAX_ROW     1024    /* times in a row */
#define GNB_IOMMU_MAX_CALLS   512     /* calls of one time */
#define GNB_IOMMU_MAX_ENTRIES 256     /* of a scatter list */
#define GNB_IOMMU_MAX_WORK    4096    /* times by calls: interrupts are held back all the while */
#define GNB_IOMMU_BLOCK	      2097152 /* bytes of memory that a file has */
#define GNB_IOMMU_NAME	      32

/* flags of struct gnb_iommu_info */
#define GNB_IOMMU_BEHIND   (1u << 0) /* the device is behind an IOMMU */
#define GNB_IOMMU_IDENTITY (1u << 1) /* which passes its addresses through as they are */
#define GNB_IOMMU_MARKED   (1u << 2) /* marks are told: the module has the parameter mark_port */

/* What is here. */
struct gnb_iommu_info {
	__u32 abi;
	__u32 flags;
	__u32 tsc_khz;
	__u32 files;		     /* that are open, with 2 MiB each */
	__u64 mapped;		     /* mappings that there are now, of all files */
	char device[GNB_IOMMU_NAME]; /* by its PCI address, "0000:00:03.0" */
};

enum gnb_iommu_op {
	GNB_IOMMU_PAGE, /* calls times dma_map_page() of so many bytes, then as often dma_unmap_page() */
	GNB_IOMMU_LIST, /* dma_map_sg() of a list of `calls` pages of 4096 bytes, no two of them neighbours; its unmap */
	GNB_IOMMU_EACH, /* in a domain of the module's own: calls times iommu_map(), then iommu_unmap() */
	GNB_IOMMU_FAST, /* the same, but iommu_unmap_fast(), and one iommu_iotlb_sync() for all */
	GNB_IOMMU_PART, /* iommu_map() of 2 MiB at once, then iommu_unmap() of so many bytes within */
	GNB_IOMMU_OPS
};

/* flags of struct gnb_iommu_row */
#define GNB_IOMMU_MARK (1u << 0) /* tell marks around each phase */
#define GNB_IOMMU_CHECK                                                                            \
	(1u                                                                                        \
	 << 1) /* look at what is mapped, which takes time within the readings: none are written */

/*
 * n times in a row with interrupts held back: map, then unmap, each between two readings of the time-stamp counter.
 * bytes: 4096, 65536 or 2097152, of LIST 4096; calls: 1 to MAX_CALLS, of LIST to MAX_ENTRIES, of PART 1. n times calls is
 * at most MAX_WORK.
 *
 * -EOPNOTSUPP: EACH, FAST and PART need an IOMMU. -ENOSPC: the IOMMU, or Linux, has no room for so many; what was mapped
 * has been unmapped. -EBUSY: the device is in no domain of its own, so it cannot go into another.
 */
struct gnb_iommu_row {
	__u32 op;
	__u32 n;
	__u32 bytes;
	__u32 calls;
	__u32 flags;
	__u32 reserved;
	__u64 map;   /* pointer to n of __u64: ticks that mapping took */
	__u64 unmap; /* the same of unmapping */
	/* out, of the last time: */
	__u64 unmapped; /* bytes that the unmap said it took away; of PAGE and LIST all */
	/* out, with CHECK, of the last time: pages of 4096 bytes */
	__u64 reached; /* that were found at their addresses, after mapping */
	__u64 left;    /* that still were after unmapping; 0 where addresses are passed through */
};

/*
 * Marks for whoever watches the machine from outside, such as an emulator's trace: bytes that are written to an I/O port
 * that nothing else answers to. They are outside of the readings.
 */
#define GNB_IOMMU_MARK_AT    3 /* register behind mark_port, for what follows */
#define GNB_IOMMU_LETTER_AT  4 /* register for a letter of a name; 0 ends it */
#define GNB_IOMMU_MARK_MAP   'm'
#define GNB_IOMMU_MARK_UNMAP 'u'
#define GNB_IOMMU_MARK_END   'e'

#define GNB_IOMMU_MARK_NAME 384

/*
 * Tell a mark: one of the above, or, with 0, the name of what follows, for all files until another name. name: printable
 * ASCII without spaces, ended by 0, nothing but 0 behind; empty where there is a mark. Without mark_port it does nothing.
 */
struct gnb_iommu_told {
	__u32 mark;
	__u32 reserved;
	char name[GNB_IOMMU_MARK_NAME];
};

#define GNB_IOMMU_GET_INFO _IOR('G', 0xc0, struct gnb_iommu_info)
#define GNB_IOMMU_ROW	   _IOWR('G', 0xc1, struct gnb_iommu_row)
#define GNB_IOMMU_TELL	   _IOW('G', 0xc2, struct gnb_iommu_told)

#endif
