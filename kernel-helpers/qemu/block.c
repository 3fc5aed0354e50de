// SPDX-License-Identifier: GPL-2.0-only
/*
 * Only the last instruction of a block can change where control goes, and the emulator ends a block at each that
 * can. So it is enough to know these few opcodes.
 *
 * Two idioms of speculation hardening call a place a few bytes on. A retpoline then writes over the address that
 * this left on the stack, and "returns": an indirect jump. The stuffing of the return predictor does it 16 or 32
 * times in a row, and restores the stack pointer.
 */
#include <string.h>

#include "block.h"

#define NEAR 32 /* bytes between such a call and where it goes, at most */

uint64_t gnb_block_insn(const struct gnb_block *b, unsigned i)
{
	uint64_t pc = b->pc;

	while (i--)
		pc += b->len[i];
	return pc;
}

static int64_t displacement(const uint8_t *p, unsigned bytes)
{
	int32_t v;

	if (bytes == 1)
		return (int8_t)*p;
	memcpy(&v, p, sizeof(v));
	return v;
}

/* mov %reg,(%rsp), before the return of a retpoline. */
static bool writes_return(const uint8_t *p, unsigned len)
{
	return len == 4 && (p[0] & 0xfb) == 0x48 && p[1] == 0x89 && (p[2] & 0xc7) == 0x04 &&
	       p[3] == 0x24;
}

static bool overwritten(const struct gnb_block *b)
{
	unsigned before = b->n > 1 ? b->len[b->n - 2] : 0;

	return before && writes_return(b->bytes + (b->last - b->pc) - before, before);
}

static void direct(struct gnb_block *b, enum gnb_end how, const uint8_t *p, unsigned bytes)
{
	b->target = b->end + (uint64_t)displacement(p, bytes);
	b->how = how;
	b->near = how == GNB_END_CALL && b->target - b->end <= NEAR;
}

static void two_byte(struct gnb_block *b, const uint8_t *p, const uint8_t *end)
{
	if (p == end)
		return;
	if ((*p & 0xf0) == 0x80 && end - p == 5)
		direct(b, GNB_END_BRANCH, p + 1, 4);
	else if (*p == 0x07 || *p == 0x35) /* sysret, sysexit */
		b->how = GNB_END_LEAVE;
	else if (*p == 0x01 && end - p == 2 && p[1] == 0xd8) /* vmrun */
		b->how = GNB_END_LEAVE;
}

/* mov %reg,%rsp, in either encoding. */
static bool restores_stack(const uint8_t *p, unsigned len)
{
	return len == 3 && ((((p[0] & 0xfb) == 0x48) && p[1] == 0x89 && (p[2] & 0xc7) == 0xc4) ||
			    (((p[0] & 0xfe) == 0x48) && p[1] == 0x8b && (p[2] & 0xf8) == 0xe0));
}

void gnb_block_decode(struct gnb_block *b)
{
	const uint8_t *p, *end;

	b->near = b->restores = false;
	p = b->bytes;
	for (unsigned i = 0; i < b->n; p += b->len[i++])
		b->restores |= restores_stack(p, b->len[i]);
	b->last = gnb_block_insn(b, b->n - 1u);
	b->end = b->last + b->len[b->n - 1];
	b->how = GNB_END_NEXT;
	b->target = 0;
	b->pauses = b->len[b->n - 1] == 2 && !memcmp(b->bytes + (b->last - b->pc), "\xf3\x90", 2);
	p = b->bytes + (b->last - b->pc);
	end = b->bytes + (b->end - b->pc);
	/* Prefixes, and REX right before the opcode. */
	while (p < end &&
	       (*p == 0x66 || *p == 0x67 || *p == 0xf2 || *p == 0xf3 || *p == 0x2e || *p == 0x3e))
		p++;
	if (p < end && (*p & 0xf0) == 0x40)
		p++;
	if (p == end)
		return;
	if (*p == 0x0f)
		two_byte(b, p + 1, end);
	else if (*p == 0xe8 && end - p == 5)
		direct(b, GNB_END_CALL, p + 1, 4);
	else if (*p == 0xe9 && end - p == 5)
		direct(b, GNB_END_JUMP, p + 1, 4);
	else if (*p == 0xeb && end - p == 2)
		direct(b, GNB_END_JUMP, p + 1, 1);
	else if (((*p & 0xf0) == 0x70 || (*p & 0xfc) == 0xe0) &&
		 end - p == 2) /* jcc, loop, jrcxz */
		direct(b, GNB_END_BRANCH, p + 1, 1);
	else if (*p == 0xc3 || *p == 0xc2)
		b->how = overwritten(b) ? GNB_END_OVERWRITTEN : GNB_END_RET;
	else if (*p == 0xcf)
		b->how = GNB_END_IRET;
	else if (*p == 0xcb)
		b->how = GNB_END_JUMP_ANY;
	else if (*p == 0xff && end - p > 1 && (p[1] & 0x30) == 0x10)
		b->how = GNB_END_CALL_ANY;
	else if (*p == 0xff && end - p > 1 && (p[1] & 0x30) == 0x20)
		b->how = GNB_END_JUMP_ANY;
}

enum gnb_step gnb_block_step(const struct gnb_block *b, unsigned done, uint64_t pc)
{
	/* Left in the middle: the emulator does an instruction that reaches a device by itself, and goes on. */
	if (done < b->n)
		return done && (pc == gnb_block_insn(b, done) || pc == gnb_block_insn(b, done - 1))
			       ? GNB_STEP_SAME
			       : GNB_STEP_INTERRUPT;
	switch (b->how) {
	case GNB_END_JUMP:
		return pc == b->target ? GNB_STEP_SAME : GNB_STEP_INTERRUPT;
	case GNB_END_BRANCH:
		return pc == b->target || pc == b->end ? GNB_STEP_SAME : GNB_STEP_INTERRUPT;
	case GNB_END_JUMP_ANY:
		return GNB_STEP_SAME;
	case GNB_END_CALL:
		return pc == b->target ? GNB_STEP_CALL : GNB_STEP_INTERRUPT;
	case GNB_END_CALL_ANY:
		return GNB_STEP_CALL;
	case GNB_END_RET:
		return GNB_STEP_RETURN;
	case GNB_END_OVERWRITTEN:
		return GNB_STEP_DROP;
	case GNB_END_IRET:
		return GNB_STEP_IRET;
	case GNB_END_LEAVE:
		return GNB_STEP_ENTRY;
	default:
		return pc == b->end || pc == b->last ? GNB_STEP_SAME : GNB_STEP_INTERRUPT;
	}
}
