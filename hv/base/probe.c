/* SPDX-License-Identifier: GPL-2.0-only */
/* The places themselves: a no-op of five bytes each, which the kernel can make a call of. */
#include "probe.h"

#include "types.h"

#if __has_include(<sys/sdt.h>)
/* In registers or constants: libbpf cannot read an argument that is in memory by two registers. */
#define STAP_SDT_ARG_CONSTRAINT nr
#define _SDT_HAS_SEMAPHORES	1
#include <sys/sdt.h>
#undef _SDT_NOP
#define _SDT_NOP .nops 5

/* How many tracers are attached: the kernel writes it. */
#define SEMAPHORE(name)                                                                            \
	extern volatile unsigned short hv_##name##_semaphore;                                      \
	volatile unsigned short hv_##name##_semaphore __attribute__((section(".probes"), used))
SEMAPHORE(lock_waits);
SEMAPHORE(lock_samples);
SEMAPHORE(lock_state);
SEMAPHORE(lock_begin);
SEMAPHORE(lock_end);
#define WANTED(name) (hv_##name##_semaphore != 0)

int hv_lock_probes(void)
{
	return 1;
}
#else
#pragma message("no probes in this build: sys/sdt.h is not here (Debian: systemtap-sdt-dev)")
#define WANTED(name)		      false
#define STAP_PROBE1(p, n, a)	      ((void)(a))
#define STAP_PROBE3(p, n, a, b, c)    ((void)(a), (void)(b), (void)(c))
#define STAP_PROBE4(p, n, a, b, c, d) ((void)(a), (void)(b), (void)(c), (void)(d))

int hv_lock_probes(void)
{
	return 0;
}
#endif

bool hv_probe_wants_waits(void)
{
	return WANTED(lock_waits);
}

bool hv_probe_wants_samples(void)
{
	return WANTED(lock_samples);
}

bool hv_probe_wants_state(void)
{
	return WANTED(lock_state);
}

bool hv_probe_wants_pair(void)
{
	return WANTED(lock_begin);
}

hv_noinline void hv_probe_waits(const struct hv_lock_account *a, unsigned kind, bool final)
{
	STAP_PROBE4(hv, lock_waits, a, kind, &a->waits[kind], (unsigned) final);
}

hv_noinline void hv_probe_samples(const struct hv_lock_account *a, unsigned n)
{
	STAP_PROBE3(hv, lock_samples, a, a->samples, n);
}

hv_noinline void hv_probe_state(const struct hv_lock_account *a)
{
	STAP_PROBE1(hv, lock_state, a);
}

hv_noinline void hv_probe_begin(const struct hv_lock_account *a, const void *l, unsigned kind)
{
	STAP_PROBE3(hv, lock_begin, a, l, kind);
}

hv_noinline void hv_probe_end(const struct hv_lock_account *a, unsigned kind, uint64_t ticks)
{
	STAP_PROBE3(hv, lock_end, a, kind, ticks);
}
