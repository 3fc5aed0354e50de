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
 * Every instruction of the hypervisor adds one to a counter, inline, and every block of it calls a function
 * before. So it is known how much of a block was executed when the next one begins: all, or up to an
 * instruction that faulted or reached a device.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../guest/gnb_mark.h"
#include "plugin_abi.h"
#include "track.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct gnb_track track;
static uint64_t low = 0xffff82d040000000, high = 0xffff82d080000000;
static char *out;

static void on_block(unsigned int vcpu, void *block)
{
	(void)vcpu;
	gnb_track_block(&track, block);
}

static void on_begin(unsigned int vcpu, void *arg)
{
	(void)vcpu;
	(void)arg;
	gnb_track_begin(&track);
}

static void on_end(unsigned int vcpu, void *arg)
{
	(void)vcpu;
	(void)arg;
	gnb_track_end(&track);
}

static void on_number(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *code)
{
	(void)vcpu;
	(void)info;
	gnb_track_number(&track, (unsigned)(uintptr_t)code, vaddr & 0xfff);
}

static void look_for_mark(struct qemu_plugin_insn *insn)
{
	const uint8_t *p = qemu_plugin_insn_data(insn);
	uint32_t mark;

	if (qemu_plugin_insn_size(insn) != GNB_MARK_BYTES || p[0] != 0x0f || p[2] != 0x80)
		return;
	memcpy(&mark, p + 3, sizeof(mark));
	if (p[1] == 0x1f && mark == GNB_MARK(GNB_MARK_BEGIN))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_begin, QEMU_PLUGIN_CB_NO_REGS, NULL);
	else if (p[1] == 0x1f && mark == GNB_MARK(GNB_MARK_END))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_end, QEMU_PLUGIN_CB_NO_REGS, NULL);
	else if (p[1] == 0xb6 && mark >= GNB_MARK(GNB_MARK_NAME) && mark <= GNB_MARK(GNB_MARK_COUNT) &&
		 mark << 8 == GNB_MARK(0) << 8)
		/* 7.2 takes a load for a store here; as both it is called in all versions. */
		qemu_plugin_register_vcpu_mem_cb(insn, on_number, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
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
		qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &track.begun, 1);
	}
	b = gnb_tree_block(&track.tree, pc, (unsigned)n, len, bytes);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, b);
}

static void on_exit_(qemu_plugin_id_t id, void *arg)
{
	char head[400];
	int rc;

	(void)id;
	(void)arg;
	snprintf(head, sizeof(head),
		 "gnb-profile 1\nrange %" PRIx64 " %" PRIx64 "\nwindows %" PRIu64 " abandoned %" PRIu64
		 " open %d\ninstructions %" PRIu64 "\nskip %u\n",
		 low, high, track.windows, track.abandoned, track.open, track.begun, track.skip);
	rc = gnb_tree_write(&track.tree, out, head);
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
		track.skip = (unsigned)v;
		return true;
	}
	return false;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	track.skip = 1;
	for (int i = 0; i < argc; i++)
		if (!option(argv[i])) {
			fprintf(stderr, "gnb_profile: bad option '%s'; there are out=, low=, high=, skip=\n", argv[i]);
			return -1;
		}
	if (!out || low >= high) {
		fprintf(stderr, "gnb_profile: out=FILE is needed, and low below high\n");
		return -1;
	}
	if (!info->system_emulation || strcmp(info->target_name, "x86_64") || info->system.smp_vcpus != 1) {
		fprintf(stderr, "gnb_profile: this is for qemu-system-x86_64 with one CPU\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_exit_, NULL);
	return 0;
}
