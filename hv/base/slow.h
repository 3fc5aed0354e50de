/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deliberate extra work (-DHV_SLOW=n; `make SLOW=VERSION:n`), to prove that a small slowdown is found: n more
 * instructions for each grant that is mapped, by a range or a tree for each page, of domains that ask for it. It touches
 * no memory. In a normal build there is none of it. Domains ask for it by their version, and with --target=hv:slow=no
 * not at all: two settings of one program.
 */
#ifndef HV_SLOW_H
#define HV_SLOW_H

#include "types.h"

#ifdef HV_SLOW
_Static_assert(HV_SLOW > 0 && HV_SLOW % 4 == 0, "SLOW=VERSION:n takes a multiple of 4");

/* At the end of a hypercall that mapped n grants: who is not slowed pays one look for all of them. */
static inline void hv_slow(const struct hv_vcpu *cur, unsigned n)
{
	unsigned a = n, b = n, c = n, d = n;

	if (hv_likely(!cur->d->slow))
		return;
	/* Four chains, so that they pass as quickly as other instructions do. */
	for (; n; n--)
		__asm__ volatile(
			".rept %c4\n\tadd $1, %0\n\tadd $1, %1\n\tadd $1, %2\n\tadd $1, %3\n\t.endr"
			: "+r"(a), "+r"(b), "+r"(c), "+r"(d)
			: "i"(HV_SLOW / 4));
}
#else
static inline void hv_slow(const struct hv_vcpu *cur, unsigned n)
{
	(void)cur;
	(void)n;
}
#endif

#endif
