/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of this process, mapped for a device that it drives by itself (VFIO, type 1). Belongs to one thread. */
#ifndef GNB_LINUX_VFIO_H
#define GNB_LINUX_VFIO_H

#include <gnb/operations.h>

struct gnb_vfio;

/* Who is told where a map and an unmap begin, and where they end. */
typedef void gnb_vfio_mark(void *arg, char mark);

/*
 * A container with the group in it. 0, or -errno with *why. A group is in one container at a time: who comes second gets
 * the same, which goes with the last.
 */
int gnb_vfio_open(unsigned group, struct gnb_vfio **v, const char **why);
void gnb_vfio_close(struct gnb_vfio *v);

/*
 * n times: bytes are mapped, and unmapped. mark may be NULL. 0, -ENOMEM without memory of that kind, -EINVAL for more
 * than 2 MiB of small pages or 32 MiB of large ones, or what VFIO said.
 */
int gnb_vfio_row(struct gnb_vfio *v, struct gnb_driver_row *r, gnb_vfio_mark *mark, void *arg);

#endif
