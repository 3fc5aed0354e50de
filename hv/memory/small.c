// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for structures smaller than a page. What a vCPU frees it keeps: so who allocates and frees in turn does the same
 * work each time, whatever the C library's allocator has seen before, and instructions of an operation stay exact. Under
 * AddressSanitizer nothing is kept, or a use after the end would not be seen.
 */
#include "page.h"

#include <stdlib.h>
#include <string.h>

#define CLASS_SHIFT 6	 /* sizes are multiples of 64 */
#define KEPT_MOST   1024 /* blocks of a size */

#ifdef __has_feature /* clang's; gcc has a macro */
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define KEEPS false
#else
#define KEEPS true
#endif

static struct hv_kept *kept_of(struct hv_vcpu *v, size_t bytes)
{
	size_t k = (bytes - 1) >> CLASS_SHIFT;

	return KEEPS && bytes && k < HV_KEPT_SIZES ? &v->kept[k] : NULL;
}

void *hv_zalloc(struct hv_vcpu *cur, struct hv_domain *d, size_t bytes)
{
	struct hv_kept *k = kept_of(cur, bytes);
	void *p;

	if (!hv_may_alloc(cur, d, bytes))
		return NULL;
	p = k ? k->first : NULL;
	if (p) {
		memcpy(&k->first, p, sizeof(k->first));
		k->blocks--;
		memset(p, 0, bytes);
	} else {
		p = calloc(1, k ? ((bytes - 1) | ((1u << CLASS_SHIFT) - 1)) + 1 : bytes);
	}
	if (!p && d)
		hv_account_sub(&d->heap_bytes, bytes);
	if (p)
		cur->count.bytes_allocated += bytes;
	return p;
}

void hv_free(struct hv_vcpu *cur, struct hv_domain *d, void *p, size_t bytes)
{
	struct hv_kept *k = kept_of(cur, bytes);

	if (!p)
		return;
	if (d)
		hv_account_sub(&d->heap_bytes, bytes);
	if (!k || k->blocks == KEPT_MOST) {
		free(p);
		return;
	}
	memcpy(p, &k->first, sizeof(k->first));
	k->first = p;
	k->blocks++;
}

void hv_free_kept(struct hv_vcpu *v)
{
	for (unsigned i = 0; i < HV_KEPT_SIZES; i++) {
		struct hv_kept *k = &v->kept[i];

		while (k->first) {
			void *p = k->first;

			memcpy(&k->first, p, sizeof(k->first));
			free(p);
		}
		k->blocks = 0;
	}
}
