/* SPDX-License-Identifier: GPL-2.0-only */
/* What is handed to the toolstack with a domain's paging lock held. */
#include "log_out.h"
#include "args.h"
#include "lock.h"

int hv_log_out(struct hv_vcpu *cur, uint64_t to, const void *from, size_t size)
{
	unsigned before = hv_lock_order_foreign(cur);
	int rc = -EFAULT;

	if (hv_guest_handle_okay(cur->d, to & ~3ull, 1, size + 3))
		rc = hv_copy_to_guest(cur, to, from, size);
	hv_lock_order_home(cur, before);
	cur->count.bitmap_bytes += rc ? 0 : size;
	return rc;
}
