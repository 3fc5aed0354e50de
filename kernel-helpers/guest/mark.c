// SPDX-License-Identifier: GPL-2.0-only
/* gnb_guest: marks for an instrument outside of the guest, see gnb_mark.h. */
#include <linux/gfp.h>
#include <linux/mutex.h>

#include "gnb_mark.h"
#include "session.h"

/* What the loads of marks read. Nothing is ever written to it. */
static u8 *page;
static DEFINE_MUTEX(names);

int gnb_mark_init(void)
{
	page = (u8 *)get_zeroed_page(GFP_KERNEL);
	return page ? 0 : -ENOMEM;
}

void gnb_mark_exit(void)
{
	free_page((unsigned long)page);
}

void gnb_mark_call(u32 cmd, u32 count)
{
	GNB_MARK_NUMBER(page, GNB_MARK_CMD, cmd % PAGE_SIZE);
	GNB_MARK_NUMBER(page, GNB_MARK_COUNT, count % PAGE_SIZE);
}

void gnb_mark_name(const char *name)
{
	/* Two at once would be told as one. */
	mutex_lock(&names);
	do
		GNB_MARK_NUMBER(page, GNB_MARK_NAME, (u8)*name);
	while (*name++);
	mutex_unlock(&names);
}
