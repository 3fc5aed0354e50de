/* SPDX-License-Identifier: GPL-2.0-only */
/* gnb_iommu, inside: a session belongs to one open file and lives as long as the file. */
#ifndef GNB_IOMMU_SESSION_H
#define GNB_IOMMU_SESSION_H

#include <linux/device.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "gnb_iommu.h"

struct gnb_session {
	struct page *block; /* GNB_IOMMU_BLOCK of memory, in one piece and aligned */
	struct scatterlist list[GNB_IOMMU_MAX_ENTRIES];
	/* Of each call: what is mapped, and where it is for the device. */
	struct page *page[GNB_IOMMU_MAX_CALLS];
	u64 phys[GNB_IOMMU_MAX_CALLS];
	dma_addr_t at[GNB_IOMMU_MAX_CALLS];
	u64 ticks[2][GNB_IOMMU_MAX_ROW]; /* of mapping, of unmapping */
};

/* row.c */
extern atomic64_t gnb_mapped; /* mappings that there are now */
/* Is the row one that can be done? 0 or -EINVAL. */
int gnb_row_check(const struct gnb_iommu_row *r);
/* Do it; dev stays bound meanwhile. */
int gnb_row_do(struct gnb_session *s, struct device *dev, struct gnb_iommu_row *r);

/* mark.c */
int gnb_mark_init(void);
void gnb_mark_exit(void);
bool gnb_marked(void);
void gnb_mark(u8 mark);
void gnb_mark_name(const char *name);

#endif
