/* SPDX-License-Identifier: MIT */
/*
 * Marks for an instrument outside of the guest, such as a plugin of the emulator, which sees instructions and
 * the addresses of loads, but no registers. On any machine they are no-ops and loads of a page of the marker's own.
 *
 *  begin, end    nopl MARK(%rax)          around a hypercall, outside of the readings of the time-stamp counter
 *  others        movzbl MARK(%rax), %eax  a number 0 .. 4095, as the offset into a page of what is loaded
 *
 * MARK is the 32-bit displacement in the instruction's encoding.
 */
#ifndef GNB_MARK_H
#define GNB_MARK_H

#define GNB_MARK(code) (0x00424e47 | (code) << 24) /* "GNB", code */

#define GNB_MARK_BEGIN 1
#define GNB_MARK_END   2
#define GNB_MARK_NAME  3 /* one character of the name of what follows; 0 ends it */
#define GNB_MARK_CMD   4 /* the operation of the next hypercall */
#define GNB_MARK_COUNT 5 /* and how many */

/* Operations beside those of grant_table.h: of a toolstack, by their numbers in gnb/operations.h; and accesses. */
#define GNB_MARK_LOG	 0x100
#define GNB_MARK_MEMORY	 0x110
#define GNB_MARK_MAPPING 0x120
#define GNB_MARK_READ	 0x130
#define GNB_MARK_WRITE	 0x131
#define GNB_MARK_OPS	 0x140 /* there are none from here on */

#define GNB_MARK_BYTES 7 /* length of each of these instructions: three of opcode, then MARK */

/*
 * Marks are heeded in kernels: in the upper half of the address space, and in domains of our own
 * (kernel-helpers/domain), whose code lies here. A process of Linux is above.
 */
#define GNB_MARK_DOMAIN_LOW  0x100000ul
#define GNB_MARK_DOMAIN_HIGH 0x400000ul

/* Right around a hypercall. */
#define GNB_MARK_HERE(code) __asm__ volatile("nopl %c0(%%rax)" : : "i"(GNB_MARK(code)) : "memory")

/* page: an address that is a multiple of 4096. The registers are fixed, so that the encoding is. */
#define GNB_MARK_NUMBER(page, code, value)                                                         \
	do {                                                                                       \
		unsigned long rax_ = (unsigned long)(page) + (value)-GNB_MARK(code);               \
                                                                                                   \
		__asm__ volatile("movzbl %c1(%%rax), %%eax"                                        \
				 : "+a"(rax_)                                                      \
				 : "i"(GNB_MARK(code))                                             \
				 : "memory");                                                      \
	} while (0)

#endif
