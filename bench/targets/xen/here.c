// SPDX-License-Identifier: GPL-2.0-only
/* What this domain and its hypervisor are, found out once. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/arch-x86/cpuid.h>

#include "channel.h"
#include "pci.h"
#include "maker.h"
#include "here.h"
#include "offers.h"
#include "tools.h"

static struct gnb_guest_info info;
static struct gnb_xen_means means;
static struct gnb_guest_mark mark; /* of the machine that is opened next */
static unsigned long per_instruction;

int gnb_xen_device(const char **why)
{
	static char text[100];
	int fd = open(GNB_GUEST_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == EPERM || errno == EACCES) {
		*why = "/dev/gnb_guest is for root only (CAP_SYS_ADMIN and CAP_SYS_RAWIO)";
		return -EPERM;
	}
	if (errno != ENOENT && errno != ENODEV && errno != ENXIO) {
		int rc = -errno;

		snprintf(text, sizeof(text), "/dev/gnb_guest cannot be opened: %s", strerror(-rc));
		*why = text;
		return rc;
	}
	*why = gnb_xen_is_here()
		       ? "there is no /dev/gnb_guest: load the module gnb_guest.ko, see docs/xen.md"
		       : "this is not a domain of Xen";
	return -EOPNOTSUPP;
}

/* Which operations Xen answers to, that do nothing. A module that does not pass one on says what Xen would without it. */
static unsigned answered(int fd)
{
	struct gnb_guest_setup nothing = { 0 };
	unsigned offers = 0;

	if (ioctl(fd, GNB_GUEST_SETUP, &nothing))
		return 0;
	for (const struct gnb_xen_question *q = gnb_xen_questions; q->cmd; q++) {
		struct gnb_guest_submit s = { .cmd = q->cmd };

		if (!ioctl(fd, GNB_GUEST_SUBMIT, &s) && !s.result)
			offers |= q->offer;
	}
	return offers;
}

/* The rivals that it says it has, in dom0. */
static unsigned said(void)
{
	char *argv[] = { (char *)gnb_domain_maker(), "rivals", NULL };
	char line[GNB_DOMAIN_LINE];

	if (!(info.flags & GNB_GUEST_INITIAL) || !means.privcmd || !means.maker ||
	    gnb_domain_ask(argv, line) || strncmp(line, "rivals", 6))
		return 0;
	return gnb_xen_rivals(line + 6 + (line[6] == ' '));
}

/* Who opens /dev/xen/privcmd elsewhere may wait for a xenstore. */
static int domctl(void)
{
	unsigned version = 0;
	int rc = -EPERM;

	if (info.flags & GNB_GUEST_INITIAL)
		rc = gnb_xen_domctl_version(&version);
	return rc ? rc : (int)version;
}

/* The memory of the device that was named. */
static void look_for_device(void)
{
	const char *name = gnb_xen_choice(&info, &means).device, *why;

	if (name && (gnb_xen_device_memory(GNB_XEN_PCI, name, &means.device_first,
					   &means.device_pages, &why) ||
		     gnb_xen_device_enable(GNB_XEN_PCI, name, &why))) {
		means.device_pages = 0;
		means.device_why = why;
	}
}

int gnb_xen_look(const char **why)
{
	const char *ticks = getenv("GNB_TICKS_PER_INSTRUCTION");
	int fd, rc = 0;

	if (info.abi)
		return 0;
	fd = gnb_xen_device(why);
	if (fd < 0)
		return fd;
	if (ioctl(fd, GNB_GUEST_GET_INFO, &info) || info.abi != GNB_GUEST_ABI) {
		*why = "the module gnb_guest.ko is of another version than this program";
		rc = -EOPNOTSUPP;
		info.abi = 0;
	}
	means.privcmd =
		!access("/dev/xen/privcmd", R_OK | W_OK) && !access("/dev/xen/evtchn", R_OK | W_OK);
	means.maker = gnb_domain_maker_is_here();
	means.cpus = gnb_xen_cpus();
	if (!rc)
		means.offered = gnb_xen_offered(answered(fd), said());
	means.domctl = domctl();
	look_for_device();
	close(fd);
	per_instruction = ticks ? strtoul(ticks, NULL, 10) : 0;
	return rc;
}

const struct gnb_guest_info *gnb_xen_info(void)
{
	return &info;
}

const struct gnb_xen_means *gnb_xen_means(void)
{
	return &means;
}

unsigned long gnb_xen_ticks_per_instruction(void)
{
	return per_instruction;
}

uint64_t gnb_xen_spent(uint64_t ticks)
{
	if (per_instruction)
		return ticks / per_instruction;
	return info.tsc_khz ? (uint64_t)((double)ticks * 1e6 / info.tsc_khz) : ticks;
}

const struct gnb_fixed *gnb_xen_fixed(void)
{
	return gnb_xen_choice_fixed(&info, &means);
}

void gnb_xen_cell(const char *cell, const struct gnb_version *version)
{
	memset(&mark, 0, sizeof(mark));
	snprintf(mark.name, sizeof(mark.name), "%s#%s", cell, version->name);
}

const struct gnb_guest_mark *gnb_xen_mark(void)
{
	return &mark;
}

/* The first line of a file under /sys/hypervisor; false if there is none, or Xen denies it. */
static bool line(const char *name, char *buf, size_t len)
{
	char path[128];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "/sys/hypervisor/%s", name);
	f = fopen(path, "re");
	ok = f && fgets(buf, (int)len, f);
	if (f)
		fclose(f);
	if (!ok)
		return false;
	for (size_t n = strcspn(buf, "\n"); n && buf[n - 1] == ' '; n--)
		buf[n - 1] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return *buf && strcmp(buf, "<denied>");
}

bool gnb_xen_is_here(void)
{
	char type[32];

	return line("type", type, sizeof(type)) && !strncmp(type, "xen", 3);
}

static bool version(char *buf, size_t len)
{
	char major[32], minor[32], extra[64];

	if (!line("version/major", major, sizeof(major)) ||
	    !line("version/minor", minor, sizeof(minor)))
		return false;
	if (!line("version/extra", extra, sizeof(extra)))
		extra[0] = '\0';
	snprintf(buf, len, "%s.%s%s", major, minor, extra);
	return true;
}

/* Linux shows the bytes as they are, up to the first zero: most often all 20 of them. */
static bool build_id(char *buf, size_t len)
{
	unsigned char raw[64];
	FILE *f = fopen("/sys/hypervisor/properties/buildid", "re");
	size_t n = f ? fread(raw, 1, sizeof(raw), f) : 0;

	if (f)
		fclose(f);
	if (!n || (n == 8 && !memcmp(raw, "<denied>", 8)) || 2 * n >= len)
		return false;
	for (size_t i = 0; i < n; i++)
		snprintf(buf + 2 * i, 3, "%02x", raw[i]);
	return true;
}

/* A PV domain may be shown the processor's own leaves; the prefix asks Xen. */
static void cpuid(uint32_t leaf, uint32_t r[4])
{
	if (info.flags & GNB_GUEST_TRANSLATED)
		__asm__ volatile("cpuid"
				 : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
				 : "a"(leaf), "c"(0));
	else
		__asm__ volatile(XEN_CPUID
				 : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
				 : "a"(leaf), "c"(0));
}

/* Does Xen emulate the clock that figures are taken with? Then they hold that, too. */
static const char *tsc(void)
{
	uint32_t r[4];

	/* Another hypervisor's leaves, which Xen can show beside its own, come before. */
	for (uint32_t base = 0x40000000; base < 0x40010000; base += 0x100) {
		cpuid(base, r);
		if (r[1] != XEN_CPUID_SIGNATURE_EBX || r[2] != XEN_CPUID_SIGNATURE_ECX ||
		    r[3] != XEN_CPUID_SIGNATURE_EDX)
			continue;
		if (r[0] < base + 3)
			return NULL;
		cpuid(base + 3, r);
		return r[0] & 1 ? "emulated" : "native";
	}
	return NULL;
}

/* Who has which role. */
static void add_roles(void (*add)(void *arg, const char *key, const char *value), void *arg)
{
	static const char *const modes[] = {
		[GNB_IOMMU_NONE] = "none",
		[GNB_IOMMU_SHARED] = "shared",
		[GNB_IOMMU_STRICT] = "strict",
	};
	struct gnb_xen_choice c = gnb_xen_choice(&info, &means);

	add(arg, "granter", c.granter_guest ? "guest" : "self");
	if (c.granter_guest)
		add(arg, "granter_type", c.granter_type == GNB_DOMAIN_PV ? "pv" : "pvh");
	add(arg, "mapper", c.mapper_guest ? "guest" : "here");
	add(arg, "iommu", c.iommu < 0 ? NULL : modes[c.iommu]);
}

void gnb_xen_facts(void (*add)(void *arg, const char *key, const char *value), void *arg)
{
	static const char *const files[][2] = {
		{ "changeset", "properties/changeset" },
		{ "compiled_by", "compilation/compiler" },
		{ "capabilities", "properties/capabilities" },
		{ "guest_type", "guest_type" },
	};
	char buf[1024];

	add(arg, "xen_version", version(buf, sizeof(buf)) ? buf : NULL);
	add(arg, "build_id", build_id(buf, sizeof(buf)) ? buf : NULL);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		add(arg, files[i][0], line(files[i][1], buf, sizeof(buf)) ? buf : NULL);
	if (!info.abi)
		return;
	add_roles(add, arg);
	add(arg, "versions", gnb_xen_offer_list(means.offered));
	snprintf(buf, sizeof(buf), "%u", info.grant_version);
	add(arg, "grant_version", buf);
	snprintf(buf, sizeof(buf), "%u", info.max_frames);
	add(arg, "max_grant_frames", buf);
	add(arg, "initial_domain", info.flags & GNB_GUEST_INITIAL ? "yes" : "no");
	add(arg, "tsc", tsc());
	snprintf(buf, sizeof(buf), "%lu", per_instruction);
	add(arg, "ticks_per_instruction", per_instruction ? buf : NULL);
}

unsigned gnb_xen_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned)n : 1;
}

bool gnb_xen_go(int cpu, cpu_set_t *home)
{
	cpu_set_t there;

	CPU_ZERO(&there);
	CPU_SET(cpu, &there);
	return !sched_getaffinity(0, sizeof(*home), home) &&
	       !sched_setaffinity(0, sizeof(there), &there);
}
