/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the domain: its parts, and the instructions that C has no words for. */
#ifndef GNB_DOMAIN_INSIDE_H
#define GNB_DOMAIN_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#include "gnb_domain.h"

#define PAGE 4096ul

/* What Xen pushes, with the vector in front: the same in both types once the entry code is through. */
struct trap_frame {
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* The linker's and the entry code's. */
extern struct gnb_domain_control control;
extern char image_end[];
extern char hypercall_page[4096];
extern char trap_stubs[32][16];
extern char guard_insn[];
int64_t guarded_copy(void *to, const void *from, uint64_t len);

/* start.c of each type calls serve() at its end. */
_Noreturn void serve(const char *cmdline);
void trap(struct trap_frame *f);
_Noreturn void crash(const char *message);

/* What differs between the types. */
extern struct shared_info *const shared;
uint64_t fault_address(void);
bool may_access(uint64_t address, bool write);
void debug_line(const char *line);

static inline int64_t hypercall(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
				uint64_t e)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	int64_t rc;

	__asm__ volatile("call *%[entry]"
			 : "=a"(rc), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8)
			 : [entry] "0"(hypercall_page + nr * 32)
			 : "rcx", "r9", "r11", "memory", "cc");
	return rc;
}

/* As Linux's rdtsc_ordered(): what is before has happened. */
static inline uint64_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

#endif
