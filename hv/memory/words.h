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

/* What a CPU or a device moves: word by word and atomic, as others may be at the same data. */
static inline void hv_words_move(uint8_t *to, const uint8_t *from, unsigned len)
{
	unsigned i = 0;

	if (!(((uintptr_t)to | (uintptr_t)from) & 7))
		for (; i + 8 <= len; i += 8)
			hv_store((uint64_t *)(to + i), hv_load((const uint64_t *)(from + i)));
	for (; i < len; i++)
		hv_store(to + i, hv_load(from + i));
}

/* The words of an argument structure, each read once: as large as they can be, bytes where they are not aligned. */
static inline void hv_words_from_guest(uint8_t *to, const uint8_t *from, size_t size)
{
	size_t i = 0;

	if (!((uintptr_t)from & 7))
		for (; i + 8 <= size; i += 8) {
			const uint64_t *p = (const uint64_t *)(from + i);
			uint64_t w = hv_guest_value(p, hv_load(p));

			memcpy(to + i, &w, 8);
		}
	if (!((uintptr_t)from & 3))
		for (; i + 4 <= size; i += 4) {
			const uint32_t *p = (const uint32_t *)(from + i);
			uint32_t w = hv_guest_value(p, hv_load(p));

			memcpy(to + i, &w, 4);
		}
	for (; i < size; i++)
		to[i] = hv_guest_value(from + i, hv_load(from + i));
}

static inline void hv_words_to_guest(uint8_t *to, const uint8_t *from, size_t size)
{
	size_t i = 0;

	if (!((uintptr_t)to & 7))
		for (; i + 8 <= size; i += 8) {
			uint64_t w;

			memcpy(&w, from + i, 8);
			hv_store((uint64_t *)(to + i), w);
		}
	if (!((uintptr_t)to & 1))
		for (; i + 2 <= size; i += 2) {
			uint16_t w;

			memcpy(&w, from + i, 2);
			hv_store((uint16_t *)(to + i), w);
		}
	for (; i < size; i++)
		hv_store(to + i, from[i]);
}

#endif
