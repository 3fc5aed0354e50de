/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything the hypervisor reads from and writes to memory that a guest can change at any time.
 * Each guest-owned word is read once, through here; what was read is validated and the word never
 * trusted again. A fuzzing build decides here what a second read of a word returns.
 */
#ifndef HV_WORDS_H
#define HV_WORDS_H

#include "atomic.h"
#include <string.h>

#ifdef HV_FUZZ
uint64_t hv_fuzz_read(const void *p, uint64_t value, unsigned size);
#define hv_guest_value(p, v) ((__typeof__(v))hv_fuzz_read(p, v, sizeof(v)))
#else
#define hv_guest_value(p, v) (v)
#endif

/* ACCESS_ONCE() of a word in a shared entry. */
#define hv_guest_read(cur, p)                                                                      \
	({                                                                                         \
		(cur)->count.guest_reads++;                                                        \
		hv_guest_value(p, hv_load(p));                                                     \
	})

/* guest_cmpxchg(); true if it was *old, else *old is what was found. */
#define hv_guest_cmpxchg(cur, p, old, new)                                                         \
	({                                                                                         \
		(cur)->count.guest_cmpxchgs++;                                                     \
		hv_cmpxchg(cur, p, old, new);                                                      \
	})

/* gnttab_clear_flags(): a locked and. */
static inline void hv_guest_clear_flags(struct hv_vcpu *cur, uint16_t *p, uint16_t flags)
{
	cur->count.status_clears++;
	hv_fetch_and(cur, p, (uint16_t)~flags);
}

/* copy_from_guest(): the words of an argument structure, each once. size is a multiple of 4. */
static inline void hv_copy_from_guest(struct hv_vcpu *cur, void *to, const void *from, size_t size)
{
	cur->count.arg_copies++;
	for (size_t i = 0; i < size; i += 4) {
		uint32_t w = hv_guest_value((const uint32_t *)((const uint8_t *)from + i),
					    hv_load((const uint32_t *)((const uint8_t *)from + i)));

		memcpy((uint8_t *)to + i, &w, 4);
	}
}

/* copy_to_guest(). size is a multiple of 2. */
static inline void hv_copy_to_guest(struct hv_vcpu *cur, void *to, const void *from, size_t size)
{
	cur->count.arg_copies++;
	for (size_t i = 0; i < size; i += 2) {
		uint16_t w;

		memcpy(&w, (const uint8_t *)from + i, 2);
		hv_store((uint16_t *)((uint8_t *)to + i), w);
	}
}

/*
 * guest_handle_okay() of a list: it does not begin in what a PV guest may not name. What is there
 * is seen when it is written to.
 */
bool hv_guest_address_okay(const struct hv_domain *d, const void *p);

/* Does [p, p + bytes) lie in the domain's argument memory, aligned for its words? */
bool hv_guest_handle_okay(const struct hv_domain *d, const void *p, uint64_t count, size_t size);

#endif
