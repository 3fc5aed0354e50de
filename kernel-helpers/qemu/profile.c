// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TCG plugin of QEMU 7.2: where the instructions of an unmodified hypervisor go, in windows that a guest marks.
 * docs/profile.md.
 *
 *   -plugin gnb_profile.so,out=FILE[,low=ADDRESS][,high=ADDRESS][,skip=WINDOWS]
 *
 * out is written when the emulator ends. low and high are what the hypervisor's code lies between (those of
 * Xen 4.17 and later); skip is how many windows of each operation are not counted (1).
 *
 * Every instruction of the hypervisor adds one to a counter (inline; by a call if there are several CPUs, which may
 * be threads of the emulator at the same time), and every block of it calls a function
 * before. So it is known how much of a block was executed when the next one begins: all, or up to an
 * instruction that faulted or reached a device.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gnb_mark.h"
#include "plugin_abi.h"
#include "track.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/*
 * A track for each emulated CPU. The name of what is measured is said on one CPU and is for all: whoever begins a
 * window looks whether there is a new one.
 */
static struct gnb_track tracks[GNB_CPUS];
static unsigned cpus, skip = 1;
static struct gnb_code code;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of code and of the name */
static char cell[GNB_CELL_NAME];
static unsigned cells, seen[GNB_CPUS]; /* names so far, and the last that each CPU has */
static uint64_t low = 0xffff82d040000000, high = 0xffff82d080000000;
static char *out;

static void on_block(unsigned int vcpu, void *block)
{
	gnb_track_block(&tracks[vcpu], block);
}

static void on_insn(unsigned int vcpu, void *arg)
{
	(void)arg;
	tracks[vcpu].begun++;
}

static void on_begin(unsigned int vcpu, void *arg)
{
	(void)arg;
	if (__atomic_load_n(&cells, __ATOMIC_ACQUIRE) != seen[vcpu]) {
		pthread_mutex_lock(&lock);
		strcpy(tracks[vcpu].cell, cell);
		seen[vcpu] = cells;
		pthread_mutex_unlock(&lock);
	}
	gnb_track_begin(&tracks[vcpu]);
}

static void on_end(unsigned int vcpu, void *arg)
{
	(void)arg;
	gnb_track_end(&tracks[vcpu]);
}

static void on_number(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *what)
{
	unsigned number = (unsigned)(uintptr_t)what;

	(void)info;
	gnb_track_number(&tracks[vcpu], number, vaddr & 0xfff);
	if (number != GNB_MARK_NAME || vaddr & 0xfff)
		return;
	/* The end of a name. */
	pthread_mutex_lock(&lock);
	strcpy(cell, tracks[vcpu].cell);
	seen[vcpu] = cells + 1;
	__atomic_store_n(&cells, cells + 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&lock);
}

static void look_for_mark(struct qemu_plugin_insn *insn)
{
	const uint8_t *p = qemu_plugin_insn_data(insn);
	uint32_t mark;

	if (qemu_plugin_insn_size(insn) != GNB_MARK_BYTES || p[0] != 0x0f || p[2] != 0x80)
		return;
	memcpy(&mark, p + 3, sizeof(mark));
	if (p[1] == 0x1f && mark == GNB_MARK(GNB_MARK_BEGIN))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_begin, QEMU_PLUGIN_CB_NO_REGS,
						       NULL);
	else if (p[1] == 0x1f && mark == GNB_MARK(GNB_MARK_END))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_end, QEMU_PLUGIN_CB_NO_REGS, NULL);
	else if (p[1] == 0xb6 && mark >= GNB_MARK(GNB_MARK_NAME) &&
		 mark <= GNB_MARK(GNB_MARK_COUNT) && mark << 8 == GNB_MARK(0) << 8)
		/* 7.2 takes a load for a store here; as both it is called in all versions. */
		qemu_plugin_register_vcpu_mem_cb(insn, on_number, QEMU_PLUGIN_CB_NO_REGS,
						 QEMU_PLUGIN_MEM_RW,
						 (void *)(uintptr_t)(mark >> 24));
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb), at = 0;
	uint8_t len[GNB_BLOCK_INSNS], bytes[GNB_BLOCK_INSNS * GNB_INSN_BYTES];
	uint64_t pc = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
	struct gnb_block *b;

	(void)id;
	if (!n || n > GNB_BLOCK_INSNS)
		return;
	if (pc < low || pc >= high) {
		/* A kernel's: those of a process mean nothing. */
		bool kernel = pc >> 63 || (pc >= GNB_MARK_DOMAIN_LOW && pc < GNB_MARK_DOMAIN_HIGH);

		for (size_t i = 0; kernel && i < n; i++)
			look_for_mark(qemu_plugin_tb_get_insn(tb, i));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		len[i] = (uint8_t)qemu_plugin_insn_size(insn);
		if (!len[i] || len[i] > GNB_INSN_BYTES)
			return;
		memcpy(bytes + at, qemu_plugin_insn_data(insn), len[i]);
		at += len[i];
		/* An inline addition is to one place for all CPUs. */
		if (cpus == 1)
			qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
								   &tracks[0].begun, 1);
		else
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_insn,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
	pthread_mutex_lock(&lock);
	b = gnb_code_block(&code, pc, (unsigned)n, len, bytes);
	pthread_mutex_unlock(&lock);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, b);
}

static void on_exit_(qemu_plugin_id_t id, void *arg)
{
	struct gnb_tree *trees[GNB_CPUS];
	struct gnb_track all = { .open = false };
	char head[400], more[20] = "";
	int rc;

	(void)id;
	(void)arg;
	for (unsigned i = 0; i < cpus; i++) {
		trees[i] = &tracks[i].tree;
		all.windows += tracks[i].windows;
		all.abandoned += tracks[i].abandoned;
		all.open |= tracks[i].open;
		all.begun += tracks[i].begun;
	}
	if (cpus > 1)
		snprintf(more, sizeof(more), "cpus %u\n", cpus);
	snprintf(head, sizeof(head),
		 "gnb-profile 1\nrange %" PRIx64 " %" PRIx64 "\nwindows %" PRIu64
		 " abandoned %" PRIu64 " open %d\ninstructions %" PRIu64 "\nskip %u\n%s",
		 low, high, all.windows, all.abandoned, all.open, all.begun, skip, more);
	rc = gnb_tree_write(&code, trees, cpus, out, head);
	if (rc)
		fprintf(stderr, "gnb_profile: cannot write %s: %s\n", out, strerror(-rc));
}

static bool number(const char *s, uint64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoull(s, &end, 0);
	return *s && !*end && !errno;
}

static bool option(const char *arg)
{
	uint64_t v;

	if (!strncmp(arg, "out=", 4) && arg[4]) {
		free(out);
		out = strdup(arg + 4);
		return out;
	}
	if (!strncmp(arg, "low=", 4))
		return number(arg + 4, &low);
	if (!strncmp(arg, "high=", 5))
		return number(arg + 5, &high);
	if (!strncmp(arg, "skip=", 5) && number(arg + 5, &v) && v < 1000000) {
		skip = (unsigned)v;
		return true;
	}
	return false;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
					   char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!option(argv[i])) {
			fprintf(stderr,
				"gnb_profile: bad option '%s'; there are out=, low=, high=, skip=\n",
				argv[i]);
			return -1;
		}
	if (!out || low >= high) {
		fprintf(stderr, "gnb_profile: out=FILE is needed, and low below high\n");
		return -1;
	}
	if (!info->system_emulation || strcmp(info->target_name, "x86_64") ||
	    info->system.smp_vcpus < 1 || info->system.max_vcpus > GNB_CPUS) {
		fprintf(stderr, "gnb_profile: this is for qemu-system-x86_64 with 1 to %d CPUs\n",
			GNB_CPUS);
		return -1;
	}
	cpus = (unsigned)info->system.max_vcpus;
	for (unsigned i = 0; i < cpus; i++) {
		tracks[i].tree.cpu = i;
		tracks[i].skip = skip;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_exit_, NULL);
	return 0;
}
