/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses that a guest hands to the hypervisor, before they are used. */
#include "words.h"
#include "page.h"

#define HV_PV_HYPERVISOR_END 0xffff880000000000ull /* HYPERVISOR_VIRT_END */

bool hv_guest_address_okay(const struct hv_domain *d, const void *p)
{
	return hv_translated(d) || (uintptr_t)p < 1ull << 47 ||
	       (uintptr_t)p >= HV_PV_HYPERVISOR_END;
}

bool hv_guest_handle_okay(const struct hv_domain *d, const void *p, uint64_t count, size_t size)
{
	uintptr_t base = (uintptr_t)hv_virt(d->host, d->first_args_mfn), a = (uintptr_t)p;
	uint64_t room = (uint64_t)d->args_pages << HV_PAGE_SHIFT;

	return !(a & 3) && a >= base && a - base <= room && count <= (room - (a - base)) / size;
}
