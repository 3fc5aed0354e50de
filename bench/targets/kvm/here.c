// SPDX-License-Identifier: GPL-2.0-only
/* KVM as this kernel has it, found out once. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "here.h"

enum gnb_kvm_revoke gnb_kvm_revoke = GNB_KVM_MADVISE;
bool gnb_kvm_hugetlb;

static int kvm = -1;
static unsigned long per_instruction;
static long tsc_khz;

/* What the processor's counter does in a millisecond, as a vCPU that has its own sees it. */
static long look_at_clock(void)
{
	int vm = ioctl(kvm, KVM_CREATE_VM, 0), vcpu = -1;
	long khz = 0;

	if (vm >= 0)
		vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu >= 0)
		khz = ioctl(vcpu, KVM_GET_TSC_KHZ, 0);
	close(vcpu);
	close(vm);
	return khz;
}

static int try(const char **why)
{
	static char text[160];
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd < 0 && (errno == EACCES || errno == EPERM)) {
		*why = "/dev/kvm may not be opened: be root, or in its group, which is kvm on most systems";
		return -EPERM;
	}
	if (fd < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO)) {
		*why = "there is no /dev/kvm: it takes a processor with VT-x or SVM that is not switched off, and the "
		       "module kvm_intel or kvm_amd; scripts/lab boot --machine=kvm has both in an emulator";
		return -EOPNOTSUPP;
	}
	if (fd < 0) {
		int rc = -errno;

		snprintf(text, sizeof(text), "/dev/kvm cannot be opened: %s", strerror(-rc));
		*why = text;
		return rc;
	}
	if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
		*why = "/dev/kvm has another interface than this program";
		close(fd);
		return -EOPNOTSUPP;
	}
	return fd;
}

int gnb_kvm_look(const char **why)
{
	const char *ticks = getenv("GNB_TICKS_PER_INSTRUCTION");
	int fd;

	if (kvm >= 0)
		return 0;
	fd = try(why);
	if (fd < 0)
		return fd;
	kvm = fd;
	per_instruction = ticks ? strtoul(ticks, NULL, 10) : 0;
	tsc_khz = look_at_clock();
	return 0;
}

int gnb_kvm_fd(void)
{
	return kvm;
}

int gnb_kvm_has(int cap)
{
	int rc = kvm < 0 ? 0 : ioctl(kvm, KVM_CHECK_EXTENSION, cap);

	return rc > 0 ? rc : 0;
}

const char *gnb_kvm_lacks_way(enum gnb_log_way way)
{
	const char *why;

	if (gnb_kvm_look(&why))
		return why;
	switch (way) {
	case GNB_WAY_MARKS:
		return "KVM marks no entries to be looked at later: it changes each when it is told to";
	case GNB_WAY_GET:
		return NULL;
	case GNB_WAY_MANUAL:
		return gnb_kvm_has(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2)
			       ? NULL
			       : "this KVM protects pages again whenever they are fetched";
	case GNB_WAY_ALL_SET:
		return gnb_kvm_has(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2) & KVM_DIRTY_LOG_INITIALLY_SET
			       ? NULL
			       : "this KVM protects all pages when they begin to be logged";
	case GNB_WAY_RING:
		return gnb_kvm_has(KVM_CAP_DIRTY_LOG_RING) ? NULL
							   : "this KVM has no rings of dirty pages";
	default:
		return "KVM has no such way to log";
	}
}

unsigned long gnb_kvm_ticks_per_instruction(void)
{
	return per_instruction;
}

uint64_t gnb_kvm_spent(uint64_t ticks)
{
	if (per_instruction)
		return ticks / per_instruction;
	return tsc_khz > 0 ? (uint64_t)((double)ticks * 1e6 / (double)tsc_khz) : ticks;
}

/* The first line of a file; NULL if there is none. */
static const char *line(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(buf, (int)len, f);

	if (f)
		fclose(f);
	buf[ok ? strcspn(buf, "\n") : 0] = '\0';
	return ok ? buf : NULL;
}

/* The word in brackets, which is the one that is so. */
static const char *chosen(char *text)
{
	char *from = text ? strchr(text, '[') : NULL, *to = from ? strchr(from, ']') : NULL;

	if (!to)
		return NULL;
	*to = '\0';
	return from + 1;
}

void gnb_kvm_facts(void (*add)(void *arg, const char *key, const char *value), void *arg)
{
	static const char *const params[][2] = {
		{ "kvm_tdp_mmu", "kvm/parameters/tdp_mmu" },
		{ "kvm_eager_page_split", "kvm/parameters/eager_page_split" },
	};
	bool amd = !access("/sys/module/kvm_amd", F_OK);
	struct utsname u;
	char buf[200], path[200];

	add(arg, "linux", uname(&u) ? NULL : u.release);
	add(arg, "kvm_module",
	    amd					     ? "kvm_amd"
	    : !access("/sys/module/kvm_intel", F_OK) ? "kvm_intel"
						     : NULL);
	add(arg, "nested_paging",
	    line(amd ? "/sys/module/kvm_amd/parameters/npt"
		     : "/sys/module/kvm_intel/parameters/ept",
		 buf, sizeof(buf)));
	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s", params[i][1]);
		add(arg, params[i][0], line(path, buf, sizeof(buf)));
	}
	add(arg, "transparent_hugepages",
	    chosen((char *)line("/sys/kernel/mm/transparent_hugepage/enabled", buf, sizeof(buf))));
	snprintf(buf, sizeof(buf), "%lu", per_instruction);
	add(arg, "ticks_per_instruction", per_instruction ? buf : NULL);
}
