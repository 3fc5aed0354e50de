/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in for the emulator, for tests of the profiling plugin: made-up code is "translated" and
 * "executed", on the CPU that this thread is.
 */
#ifndef PLUGIN_FAKE_H
#define PLUGIN_FAKE_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gnb_mark.h"
#include "plugin_abi.h"
#include "track.h"
#include "tap.h"

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

static _Thread_local unsigned cpu;
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
		tb->exec(cpu, tb->data);
	for (size_t i = 0; i < n; i++) {
		const struct qemu_plugin_insn *insn = &tb->insn[i];

		if (insn->exec)
			insn->exec(cpu, insn->exec_data);
		if (insn->counter)
			*insn->counter += insn->add;
		if (insn->mem)
			insn->mem(cpu, 0, addr, insn->mem_data);
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

#endif
