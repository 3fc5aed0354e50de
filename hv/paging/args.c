/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest hands to the hypervisor by an address, and gets back there. */
#include "args.h"
#include "guest_pt.h"
#include "log_trie.h"
#include "p2m.h"
#include "page.h"

#define HV_PV_HYPERVISOR_END 0xffff880000000000ull /* HYPERVISOR_VIRT_END */

bool hv_guest_address_okay(const struct hv_domain *d, uint64_t at)
{
	return hv_translated(d) || at < 1ull << 47 || at >= HV_PV_HYPERVISOR_END;
}

bool hv_guest_handle_okay(const struct hv_domain *d, uint64_t at, uint64_t count, size_t size)
{
	uint64_t base = (uintptr_t)hv_virt(d->host, d->first_args_mfn);
	uint64_t room = (uint64_t)d->args_pages << HV_PAGE_SHIFT;

	/* Of a list of none nothing is read. */
	if (!count)
		return hv_guest_address_okay(d, at);
	return d->args_walked || (!(at & 3) && at >= base && at - base <= room &&
				  count <= (room - (at - base)) / size);
}

/*
 * hvm_translate_get_page(): the page behind a linear address, with a reference. The frame is looked
 * up once more than the walk did it, since its reference is gone. NULL: nothing that arguments may
 * lie in, which a page that is mapped here by a grant is not either.
 */
static struct hv_page *translate(struct hv_vcpu *cur, uint64_t linear, bool write)
{
	uint64_t gfn = hv_guest_walk(cur, linear, write);
	struct hv_page *pg;
	enum hv_p2m_type t;

	if (gfn == HV_INVALID)
		return NULL;
	pg = hv_p2m_get_page(cur, cur->d, gfn, &t);
	if (pg && hv_p2m_is_grant(t) && !hv_mutant(ARGS_IN_GRANT)) {
		hv_put_page(cur, pg);
		return NULL;
	}
	return pg;
}

/* __hvm_copy(): page by page. What was moved before one that fails stays so. */
int hv_copy_translated(struct hv_vcpu *cur, void *buf, uint64_t linear, size_t size, bool to_guest)
{
	uint8_t *own = buf;

	while (size) {
		size_t off = linear & (HV_PAGE_SIZE - 1), n = HV_PAGE_SIZE - off;
		struct hv_page *pg = translate(cur, linear, to_guest);
		uint8_t *p;

		if (hv_unlikely(!pg))
			return -EFAULT;
		if (n > size)
			n = size;
		p = (uint8_t *)hv_map_domain_page(cur, hv_page_mfn(cur->host, pg)) + off;
		if (to_guest) {
			hv_words_to_guest(p, own, n);
			hv_mark_dirty(cur, cur->d, hv_page_mfn(cur->host, pg));
		} else {
			hv_words_from_guest(own, p, n);
		}
		hv_put_page(cur, pg);
		linear += n;
		own += n;
		size -= n;
	}
	return 0;
}
