// SPDX-License-Identifier: GPL-2.0-only
/* gnb_guest: marks for an instrument outside of the guest, see gnb_mark.h. */
#include <linux/gfp.h>
#include <linux/mutex.h>

#include "gnb_mark.h"
#include "machine.h"

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

/* The registers are fixed, so that the encoding is. */
#define MARK_NUMBER(code, value)                                                                    \
	do {                                                                                        \
		unsigned long rax = (unsigned long)page + (value) - GNB_MARK(code);                 \
                                                                                                    \
		asm volatile("movzbl %c1(%%rax), %%eax" : "+a"(rax) : "i"(GNB_MARK(code)) : "memory"); \
	} while (0)

void gnb_mark_call(u32 cmd, u32 count)
{
	MARK_NUMBER(GNB_MARK_CMD, cmd % PAGE_SIZE);
	MARK_NUMBER(GNB_MARK_COUNT, count % PAGE_SIZE);
}

void gnb_mark_name(const char *name)
{
	/* Two at once would be told as one. */
	mutex_lock(&names);
	do
		MARK_NUMBER(GNB_MARK_NAME, (u8)*name);
	while (*name++);
	mutex_unlock(&names);
}
