/* SPDX-License-Identifier: MIT */
/*
 * Marks for an instrument outside of the guest, such as a plugin of the emulator, which sees instructions and
 * the addresses of loads, but no registers. On any machine they are no-ops and loads of the module's own page.
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

#define GNB_MARK_BYTES 7 /* length of each of these instructions: three of opcode, then MARK */

#endif
