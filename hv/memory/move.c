/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes moved by grant copies, of all versions. */
#include "move.h"

/*
 * Xen's memcpy() on x86: words from the front, then the bytes that are left. It shows only where
 * the target begins inside of the source.
 */
__attribute__((no_sanitize("thread"))) static void
move_overlapping(uint8_t *to, const uint8_t *from, unsigned len)
{
	unsigned i;

	for (i = 0; i + 8 <= len; i += 8) {
		uint64_t w;

		__builtin_memcpy(&w, from + i, sizeof(w));
		__builtin_memcpy(to + i, &w, sizeof(w));
	}
	for (; i < len; i++)
		to[i] = from[i];
}

__attribute__((no_sanitize("thread"))) static void move_apart(uint8_t *to, const uint8_t *from,
							      unsigned len)
{
#ifdef __SANITIZE_THREAD__
	/* The library's function is watched all the same. */
	volatile uint8_t *t = to;

	for (unsigned i = 0; i < len; i++)
		t[to > from ? len - 1 - i : i] = from[to > from ? len - 1 - i : i];
#else
	__builtin_memmove(to, from, len);
#endif
}

void hv_move(struct hv_vcpu *cur, uint8_t *to, const uint8_t *from, unsigned len)
{
	if (to > from && to < from + len)
		move_overlapping(to, from, len);
	else
		move_apart(to, from, len);
	cur->count.bytes_copied += len;
}
