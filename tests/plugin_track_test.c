// SPDX-License-Identifier: GPL-2.0-only
/*
 * The profiling plugin with a stand-in for the emulator: made-up code is "translated" and
 * "executed", and the file is read back.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel-helpers/guest/gnb_mark.h"
#include "../kernel-helpers/qemu/plugin_abi.h"
#include "../kernel-helpers/qemu/track.h"
#include "tap.h"

extern int qemu_plugin_version;

/* ---- the emulator ---- */

#define INSNS 16

struct qemu_plugin_insn {
	uint64_t vaddr;
	uint8_t bytes[16];
	size_t size;
	uint64_t *counter;
	uint64_t add;
	qemu_plugin_exec_cb_t exec;
	qemu_plugin_mem_cb_t mem;
	void *exec_data, *mem_data;
};

struct qemu_plugin_tb {
	struct qemu_plugin_insn insn[INSNS];
	size_t n;
	qemu_plugin_exec_cb_t exec;
	void *data;
};

static qemu_plugin_tb_trans_cb_t translate;
static qemu_plugin_udata_cb_t at_exit;

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_tb_trans_cb_t cb)
{
	(void)id;
	translate = cb;
}

void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_udata_cb_t cb, void *udata)
{
	(void)id;
	(void)udata;
	at_exit = cb;
}

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
	return tb->n;
}

struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i)
{
	return (struct qemu_plugin_insn *)&tb->insn[i];
}

const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn)
{
	return insn->bytes;
}

size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn)
{
	return insn->size;
}

uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn)
{
	return insn->vaddr;
}

void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qemu_plugin_exec_cb_t cb,
					  enum qemu_plugin_cb_flags flags, void *udata)
{
	(void)flags;
	tb->exec = cb;
	tb->data = udata;
}

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, qemu_plugin_exec_cb_t cb,
					    enum qemu_plugin_cb_flags flags, void *udata)
{
	(void)flags;
	insn->exec = cb;
	insn->exec_data = udata;
}

void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
						enum qemu_plugin_op op, void *ptr, uint64_t imm)
{
	(void)op;
	insn->counter = ptr;
	insn->add = imm;
}

void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, qemu_plugin_mem_cb_t cb,
				      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw,
				      void *udata)
{
	(void)flags;
	insn->mem = rw == QEMU_PLUGIN_MEM_RW ? cb : NULL;
	insn->mem_data = udata;
}

/* A block from instructions in hex, "90 e811223344 c3", translated. */
static struct qemu_plugin_tb *block(uint64_t pc, const char *hex)
{
	static struct qemu_plugin_tb pool[64];
	static unsigned used;
	struct qemu_plugin_tb *tb = &pool[used++];
	struct qemu_plugin_insn *insn = tb->insn;
	unsigned v;

	insn->vaddr = pc;
	for (tb->n = 1; *hex; hex++) {
		if (*hex == ' ') {
			insn[1].vaddr = insn->vaddr + insn->size;
			insn++;
			tb->n++;
			continue;
		}
		sscanf(hex++, "%2x", &v);
		insn->bytes[insn->size++] = (uint8_t)v;
	}
	translate(1, tb);
	return tb;
}

/* Its first n instructions are executed; addr is what each reads. */
static void run(const struct qemu_plugin_tb *tb, size_t n, uint64_t addr)
{
	if (tb->exec)
		tb->exec(0, tb->data);
	for (size_t i = 0; i < n; i++) {
		const struct qemu_plugin_insn *insn = &tb->insn[i];

		if (insn->exec)
			insn->exec(0, insn->exec_data);
		if (insn->counter)
			*insn->counter += insn->add;
		if (insn->mem)
			insn->mem(0, 0, addr, insn->mem_data);
	}
}

static void all(const struct qemu_plugin_tb *tb)
{
	run(tb, tb->n, 0);
}

/* ---- the guest ---- */

#define GUEST 0xffffffff81000000ull
#define XEN   0xffff82d040200000ull

static struct qemu_plugin_tb *begin, *end, *name, *cmd, *count;
/* entry -> f (calls g), g, back in f, exit; and an interrupt */
static struct qemu_plugin_tb *entry, *f, *g, *f_back, *leave, *irq, *irq_end;

static struct qemu_plugin_tb *mark(uint64_t pc, const char *opcode, unsigned code)
{
	uint32_t m = GNB_MARK(code);
	char hex[40];

	snprintf(hex, sizeof(hex), "90 %s%02x%02x%02x%02x", opcode, m & 0xff, m >> 8 & 0xff,
		 m >> 16 & 0xff, m >> 24);
	return block(pc, hex);
}

static void make_guest(void)
{
	begin = mark(GUEST, "0f1f80", GNB_MARK_BEGIN);
	end = mark(GUEST + 0x10, "0f1f80", GNB_MARK_END);
	name = mark(GUEST + 0x20, "0fb680", GNB_MARK_NAME);
	cmd = mark(GUEST + 0x30, "0fb680", GNB_MARK_CMD);
	count = mark(GUEST + 0x40, "0fb680", GNB_MARK_COUNT);
	entry = block(XEN, "90 90 e8f9000000");	    /* +2: call f, at +0x100 */
	f = block(XEN + 0x100, "55 e8fa000000");    /* call g, at +0x200 */
	g = block(XEN + 0x200, "90 90 90 c3");	    /* ret */
	f_back = block(XEN + 0x106, "5d c3");	    /* ret, to entry */
	leave = block(XEN + 0x7, "90 480f07");	    /* sysretq */
	irq = block(XEN + 0x800, "90 90 90 90 90"); /* goes on behind itself */
	irq_end = block(XEN + 0x805, "48cf");	    /* iretq */
}

static void say(const char *cell, unsigned op, unsigned n)
{
	for (; *cell; cell++)
		run(name, 2, 0x5000 + (uint8_t)*cell);
	run(name, 2, 0x5000);
	run(cmd, 2, 0x5000 + op);
	run(count, 2, 0x5000 + n);
}

enum { PLAIN, INTERRUPTED, FAULT, LOST };

static void window(int how)
{
	all(begin);
	all(entry);
	all(f);
	if (how == INTERRUPTED) {
		/* At the entry of g, which is not reached before it is over. */
		all(irq);
		all(irq_end);
	}
	if (how == FAULT) {
		/* A device is reached by the second instruction: the emulator begins again behind
		 * it. */
		run(g, 2, 0);
		all(block(XEN + 0x202, "90 c3"));
	} else {
		all(g);
	}
	all(f_back);
	if (how == LOST)
		all(irq);
	else
		all(leave);
	all(end);
}

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

static char *text;

static bool has(const char *line)
{
	return strstr(text, line) != NULL;
}

static void read_back(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t n;

	free(text);
	text = calloc(1, 65536);
	n = file ? fread(text, 1, 65535, file) : 0;
	text[n] = '\0';
	if (file)
		fclose(file);
}

static bool install(qemu_info_t info, const char *arg)
{
	char *copy = strdup(arg), *argv[] = { copy, NULL };
	int rc = qemu_plugin_install(1, &info, 1, argv);

	free(copy);
	return !rc;
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
	other.system.smp_vcpus = 2;
	ok(!install(other, arg), "two CPUs are refused");
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
