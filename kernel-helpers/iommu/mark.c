// SPDX-License-Identifier: GPL-2.0-only
/* gnb_iommu: marks for whoever watches the machine from outside, see gnb_iommu.h. */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "session.h"

#define REGISTERS 8

static ushort mark_port;
module_param(mark_port, ushort, 0400);
MODULE_PARM_DESC(mark_port, "first of eight I/O ports to write marks to, 0: none");

static DEFINE_MUTEX(names);

int gnb_mark_init(void)
{
	if (!mark_port)
		return 0;
	return request_region(mark_port, REGISTERS, "gnb_iommu") ? 0 : -EBUSY;
}

void gnb_mark_exit(void)
{
	if (mark_port)
		release_region(mark_port, REGISTERS);
}

bool gnb_marked(void)
{
	return mark_port;
}

void gnb_mark(u8 mark)
{
	if (mark_port)
		outb(mark, mark_port + GNB_IOMMU_MARK_AT);
}

void gnb_mark_name(const char *name)
{
	if (!mark_port)
		return;
	/* Two at once would be told as one. */
	mutex_lock(&names);
	do
		outb(*name, mark_port + GNB_IOMMU_LETTER_AT);
	while (*name++);
	mutex_unlock(&names);
}
