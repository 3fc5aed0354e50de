// SPDX-License-Identifier: GPL-2.0-only
/*
 * The profiling plugin with a stand-in for the emulator: made-up code is "translated" and
 * "executed", and the file is read back.
 */
#include "plugin_fake.h"

extern int qemu_plugin_version;

/*
 * Speculation hardening: two calls over a few bytes, whose addresses a new stack pointer throws
 * away, then f, and a retpoline on the way out.
 */
static void hardened_window(void)
{
	static const char *const blocks[] = { "90 e805000000", "e803000000", "4889c4 e8e5000000" };
	const uint64_t at[] = { XEN, XEN + 0xb, XEN + 0x13 };

	all(begin);
	for (unsigned i = 0; i < 3; i++)
		all(block(at[i], blocks[i]));
	all(f);
	all(g);
	all(f_back);
	all(block(XEN + 0x1b, "e805000000"));
	all(block(XEN + 0x25, "48890424 c3"));
	all(block(XEN + 0x300, "480f07"));
	all(end);
}

static enum gnb_end ends(const char *hex)
{
	struct qemu_plugin_tb *tb = block(0x1000, hex);
	uint8_t len[INSNS], bytes[INSNS * 16];
	struct gnb_block b = { .pc = 0x1000, .len = len, .bytes = bytes };
	size_t at = 0;

	for (size_t i = 0; i < tb->n; i++) {
		len[i] = (uint8_t)tb->insn[i].size;
		memcpy(bytes + at, tb->insn[i].bytes, len[i]);
		at += len[i];
	}
	b.n = (uint16_t)tb->n;
	gnb_block_decode(&b);
	return (enum gnb_end)b.how;
}

static void decode(void)
{
	ok(ends("90 90") == GNB_END_NEXT, "a block that goes on");
	ok(ends("f348ab") == GNB_END_NEXT, "rep stos goes on");
	ok(ends("7405") == GNB_END_BRANCH && ends("0f8400010000") == GNB_END_BRANCH, "jcc");
	ok(ends("eb10") == GNB_END_JUMP && ends("e900010000") == GNB_END_JUMP, "jmp");
	ok(ends("ffe0") == GNB_END_JUMP_ANY && ends("41ff24c5") == GNB_END_JUMP_ANY,
	   "jmp through a register or memory");
	ok(ends("ffd0") == GNB_END_CALL_ANY && ends("ff15aabbccdd") == GNB_END_CALL_ANY,
	   "call through them");
	ok(ends("c3") == GNB_END_RET && ends("f3c3") == GNB_END_RET &&
		   ends("c21000") == GNB_END_RET,
	   "ret");
	ok(ends("48890424 c3") == GNB_END_OVERWRITTEN && ends("4c891c24 c3") == GNB_END_OVERWRITTEN,
	   "a retpoline's ret");
	ok(ends("4889442408 c3") == GNB_END_RET, "a store elsewhere on the stack is none");
	ok(ends("48cf") == GNB_END_IRET && ends("480f07") == GNB_END_LEAVE &&
		   ends("0f01d8") == GNB_END_LEAVE,
	   "iret, sysret, vmrun");
	ok(ends("ff4310") == GNB_END_NEXT, "inc of memory is no call");
}

int main(void)
{
	qemu_info_t info = { .target_name = "x86_64",
			     .system_emulation = true,
			     .system = { 1, 1 } },
		    other;
	char path[] = "/tmp/gnb-plugin-XXXXXX", arg[64];

	close(mkstemp(path));
	snprintf(arg, sizeof(arg), "out=%s", path);
	ok(qemu_plugin_version == 1, "the version of the interface");
	ok(!install(info, "skip=x") && !install(info, "nonsense=1") && !install(info, "skip=1"),
	   "bad options, and no out=, are refused");
	other = info;
	other.system.smp_vcpus = other.system.max_vcpus = GNB_CPUS + 1;
	ok(!install(other, arg), "more CPUs than it has counters for are refused");
	other = info;
	other.target_name = "aarch64";
	ok(!install(other, arg), "another target is refused");
	ok(install(info, arg), "installed");

	make_guest();
	all(entry); /* outside of a window: not counted */
	say("a/b:1#v1", 0, 4);
	for (int i = 0; i < 3; i++)
		window(PLAIN); /* the first one is skipped */
	window(INTERRUPTED);
	say("a/b:1#v1", 1, 4);
	window(PLAIN);
	window(FAULT);
	window(LOST);
	all(begin);
	all(entry);
	window(PLAIN); /* the begin before is abandoned */
	/* The first windows, of which one counts, begin with an interrupt of the guest: not where
	 * hypercalls come in. */
	say("early", 5, 1);
	for (int i = 0; i < 2; i++) {
		all(begin);
		all(irq);
		all(irq_end);
		all(entry);
		all(f);
		all(g);
		all(f_back);
		all(leave);
		all(end);
	}
	for (int i = 0; i < 3; i++)
		window(PLAIN);
	say("hardened", 5, 1);
	hardened_window();
	hardened_window();
	at_exit(1, NULL);
	read_back(path);

	ok(has("windows 16 abandoned 1 open 0\n"), "windows");
	/* entry 3, f 2, g 4, f_back 2, leave 2: 13 */
	ok(has("op 0 0 4 3 1 0 13 3 13 39 1 6 a/b:1#v1\n"), "an operation: the interrupt is apart");
	ok(has("op 1 1 4 2 1 2 13 2 13 26 0 0 a/b:1#v1\n"),
	   "another: half a block is half; a lost window is cut");
	ok(has("node 1 0 entry ffff82d040200000\n") && has("node 2 1 call ffff82d040200007\n") &&
		   has("node 3 2 call ffff82d040200106\n"),
	   "the stack: entry, f and g");
	ok(has("interrupt ffff82d040200800\n"), "and the interrupt's");
	ok(has("block 2 ffff82d040200200 90.90.90.c3\n"), "a block's bytes");
	ok(has("count 0 3 2 4 3 3\n"), "g, three times in full");
	ok(has("count 1 3 2 2 1 1\n") && has("count 1 3 2 4 1 1\n"), "g, once in half");
	ok(has("op 2 5 1 2 1 1 13 2 13 26 0 0 early\n"),
	   "an interrupt is not taken for the way in for long");
	/* 2, 1, 2, f 2, g 4, f_back 2, 1, 2, 1 */
	ok(has("op 3 5 1 1 1 0 17 1 17 17 0 0 hardened\n"), "hardened code keeps the track");
	ok(has(" 1 call ffff82d04020001b\n") && !has(" call ffff82d040200006\n") &&
		   !has(" call ffff82d040200010\n") && !has(" call ffff82d040200020\n"),
	   "and its calls that are none are not in the stack");
	ok(strlen(text) > 4 && !strcmp(text + strlen(text) - 4, "end\n"), "the last line");
	unlink(path);
	decode();
	return tap_done();
}
