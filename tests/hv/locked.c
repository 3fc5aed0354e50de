// SPDX-License-Identifier: GPL-2.0-only
/* Single steps, and the little of an x86 decoder that locked instructions need. */
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "locked.h"

#define STACK 65536u /* as far as this from its pointer it is that */

static struct locked *now;

/* Bytes of an immediate behind the operand: what is relative to the next instruction has to know. */
static unsigned immediate(bool two, uint8_t op, bool narrow)
{
	if (two)
		return op == 0xba ? 1 : 0;
	if (op == 0x80 || op == 0x83)
		return 1;
	return op == 0x81 ? (narrow ? 2 : 4) : 0;
}

static int64_t signed_at(const uint8_t *p, unsigned bytes)
{
	int32_t wide = 0;

	memcpy(&wide, p, bytes);
	return bytes == 1 ? (int8_t)wide : wide;
}

/* The memory operand whose ModRM byte is at p; 0: it is a register. */
static uint64_t operand(const uint8_t *p, uint8_t rex, unsigned imm, const uint64_t regs[16])
{
	uint8_t mod = *p >> 6, rm = *p & 7, sib = 0;
	uint64_t at = 0;
	unsigned disp;

	p++;
	if (mod == 3)
		return 0;
	disp = mod == 1 ? 1 : mod == 2 ? 4 : 0;
	if (rm == 4) {
		uint8_t index, base;

		sib = *p++;
		index = (uint8_t)((sib >> 3 & 7) | (rex & 2) << 2);
		base = (uint8_t)((sib & 7) | (rex & 1) << 3);
		if (index != 4)
			at = regs[index] << (sib >> 6);
		if ((sib & 7) == 5 && !mod)
			disp = 4;
		else
			at += regs[base];
	} else if (rm == 5 && !mod) {
		disp = 4;
		at = (uint64_t)(uintptr_t)p + disp + imm;
	} else {
		at = regs[rm | (rex & 1) << 3];
	}
	return disp ? at + (uint64_t)signed_at(p, disp) : at;
}

uint64_t locked_address(const uint8_t *p, const uint64_t regs[16])
{
	bool lock = false, narrow = false, two;
	uint8_t rex = 0, op;

	for (; *p == 0xf0 || *p == 0x66 || *p == 0xf2 || *p == 0xf3 || *p == 0x2e || *p == 0x3e;
	     p++) {
		lock |= *p == 0xf0;
		narrow |= *p == 0x66;
	}
	if ((*p & 0xf0) == 0x40)
		rex = *p++;
	two = *p == 0x0f;
	p += two;
	op = *p++;
	/* An exchange with memory is locked by itself. */
	if (!lock && (two || (op != 0x86 && op != 0x87)))
		return 0;
	return operand(p, rex, immediate(two, op, narrow), regs);
}

static void note(struct locked *l, uint64_t line)
{
	l->insns++;
	for (unsigned i = 0; i < l->n; i++)
		if (l->line[i] == line)
			return;
	if (l->n < LOCKED_MAX)
		l->line[l->n++] = line;
	else
		l->full = true;
}

static void step(int sig, siginfo_t *info, void *context)
{
	static const int reg[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
				     REG_RSI, REG_RDI, REG_R8,	REG_R9,	 REG_R10, REG_R11,
				     REG_R12, REG_R13, REG_R14, REG_R15 };
	const greg_t *g = ((const ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t regs[16], at;

	(void)sig;
	(void)info;
	for (unsigned i = 0; i < 16; i++)
		regs[i] = (uint64_t)g[reg[i]];
	now->steps++;
	/* What is locked on the own stack is a barrier. */
	at = locked_address((const uint8_t *)(uintptr_t)g[REG_RIP], regs);
	if (at && at - regs[4] + STACK > 2 * STACK)
		note(now, at / 64);
}

/* Not inline: what runs of the test itself between them has no locked instruction. */
__attribute__((noinline)) bool locked_begin(struct locked *l)
{
	struct sigaction sa = { .sa_sigaction = step, .sa_flags = SA_SIGINFO };

	memset(l, 0, sizeof(*l));
	now = l;
	if (sigaction(SIGTRAP, &sa, NULL))
		return false;
	__asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop" ::: "memory", "cc");
	return l->steps > 0;
}

__attribute__((noinline)) void locked_end(void)
{
	__asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq; nop" ::: "memory", "cc");
}
