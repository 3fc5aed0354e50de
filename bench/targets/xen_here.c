// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "xen_here.h"

static const struct gnb_guest_info *info;
static unsigned long per_instruction;

void gnb_xen_here(const struct gnb_guest_info *i, unsigned long ticks_per_instruction)
{
	info = i;
	per_instruction = ticks_per_instruction;
}

uint64_t gnb_xen_spent(uint64_t ticks)
{
	if (per_instruction)
		return ticks / per_instruction;
	return info && info->tsc_khz ? (uint64_t)((double)ticks * 1e6 / info->tsc_khz) : ticks;
}

const struct gnb_fixed *gnb_xen_fixed(void)
{
	static const char own[] = "a domain of Xen is what it was started as";
	static struct gnb_fixed fixed[] = {
		{ "mapper", NULL, own },
		{ "iommu", NULL, "Xen does what IOMMU work the machine and the domain ask for" },
		{ "flush", NULL, "Xen flushes as it does; what it costs is in the figures" },
		{ "entry", NULL, "hypercalls enter Xen; a stand-in for that belongs to hv" },
		{ "cpus", NULL, "the host has the CPUs it has" },
		{ 0 },
	};

	fixed[0].value = info && info->flags & GNB_GUEST_TRANSLATED ? "translated" : "pv";
	return fixed;
}

const struct gnb_target_option gnb_xen_options[] = {
	{ "granter", "self", "whose pages are mapped: those of this domain" },
	{ 0 },
};

int gnb_xen_option(const char *key, const char *value, const char **why)
{
	(void)key;
	if (!strcmp(value, "self"))
		return 0;
	*why = "no other granter is known";
	return -EINVAL;
}

/* Nothing depends on it: a name that is too long, or an older module, is a run without names. */
void gnb_xen_cell(const char *cell, enum gnb_version version)
{
	struct gnb_guest_mark mark = { .name = "" };
	int fd = open(GNB_GUEST_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	snprintf(mark.name, sizeof(mark.name), "%s#%s", cell, gnb_version_names[version]);
	ioctl(fd, GNB_GUEST_MARK, &mark);
	close(fd);
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

void gnb_xen_facts(void (*add)(void *arg, const char *key, const char *value), void *arg)
{
	static const char *const files[][2] = {
		{ "build_id", "buildid" },
		{ "changeset", "properties/changeset" },
		{ "compiled_by", "compilation/compiler" },
		{ "capabilities", "properties/capabilities" },
		{ "guest_type", "guest_type" },
	};
	char buf[1024];

	add(arg, "xen_version", version(buf, sizeof(buf)) ? buf : NULL);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		add(arg, files[i][0], line(files[i][1], buf, sizeof(buf)) ? buf : NULL);
	add(arg, "granter", "self");
	if (!info || !info->abi)
		return;
	snprintf(buf, sizeof(buf), "%u", info->grant_version);
	add(arg, "grant_version", buf);
	snprintf(buf, sizeof(buf), "%u", info->max_frames);
	add(arg, "max_grant_frames", buf);
	add(arg, "initial_domain", info->flags & GNB_GUEST_INITIAL ? "yes" : "no");
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
