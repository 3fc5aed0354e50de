// SPDX-License-Identifier: GPL-2.0-only
/* What this machine is to the linux target: its devices, their IOMMU, the clock. Found out once. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "here.h"

#define PCI	"/sys/bus/pci/devices/"
#define VFIO	"/sys/bus/pci/drivers/vfio-pci"
#define ADDRESS 16 /* "0000:00:03.0" and its end */

static struct gnb_iommu_info info;
static char vfio[ADDRESS];
static unsigned vfio_group;
static const char *no_module, *no_vfio;
static unsigned long per_instruction;
static double khz; /* of the time-stamp counter */
static bool looked;

static bool is_address(const char *s)
{
	unsigned domain, bus, device, function;
	int n = 0;

	return sscanf(s, "%4x:%2x:%2x.%1x%n", &domain, &bus, &device, &function, &n) == 4 &&
	       n == 12 && !s[n];
}

/* The last part of where a link of a device leads: a group's number, a unit's name. */
static bool link_of(const char *device, const char *name, char *buf, size_t len)
{
	char path[128], to[512];
	ssize_t n;

	snprintf(path, sizeof(path), PCI "%s/%s", device, name);
	n = readlink(path, to, sizeof(to) - 1);
	if (n <= 0)
		return false;
	to[n] = '\0';
	snprintf(buf, len, "%.100s", strrchr(to, '/') ? strrchr(to, '/') + 1 : to);
	return true;
}

static bool line_of(const char *device, const char *name, char *buf, size_t len)
{
	char path[128];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), PCI "%s/%s", device, name);
	f = fopen(path, "re");
	ok = f && fgets(buf, (int)len, f);
	if (f)
		fclose(f);
	if (ok)
		buf[strcspn(buf, "\n")] = '\0';
	return ok && *buf;
}

/* The first by its address of those that are vfio-pci's. */
static void look_for_vfio(void)
{
	DIR *d = opendir(VFIO);
	struct dirent *e;
	char group[32];

	no_vfio = "no device is bound to vfio-pci, see docs/iommu.md";
	while (d && (e = readdir(d)))
		if (is_address(e->d_name) && (!*vfio || strcmp(e->d_name, vfio) < 0))
			memcpy(vfio, e->d_name, 13);
	if (d)
		closedir(d);
	if (!*vfio)
		return;
	if (access("/dev/vfio/vfio", R_OK | W_OK)) {
		no_vfio =
			"/dev/vfio/vfio cannot be opened: it is for root, and needs the module vfio_iommu_type1";
		*vfio = '\0';
	} else if (!link_of(vfio, "iommu_group", group, sizeof(group))) {
		no_vfio = "the device of vfio-pci is in no group: it is behind no IOMMU";
		*vfio = '\0';
	} else {
		vfio_group = (unsigned)strtoul(group, NULL, 10);
		no_vfio = NULL;
	}
}

static int look_for_module(void)
{
	int fd = open(GNB_IOMMU_DEVICE, O_RDWR | O_CLOEXEC), rc;

	no_module =
		"there is no " GNB_IOMMU_DEVICE ": load the module gnb_iommu.ko, see docs/iommu.md";
	if (fd < 0) {
		if (errno == ENOMEM)
			no_module = "the module gnb_iommu.ko finds no 2 MiB of memory in one piece";
		if (errno != EPERM && errno != EACCES)
			return 0;
		no_module = GNB_IOMMU_DEVICE " is for root only (CAP_SYS_ADMIN)";
		return -EPERM;
	}
	rc = ioctl(fd, GNB_IOMMU_GET_INFO, &info) ? errno : 0;
	close(fd);
	if (rc == ENODEV)
		no_module =
			"no device is bound to gnb_iommu: give it one by driver_override, see docs/iommu.md";
	else if (rc || info.abi != GNB_IOMMU_ABI)
		no_module = "the module gnb_iommu.ko is of another version than this program";
	else
		no_module = NULL;
	if (no_module)
		info.abi = 0;
	return 0;
}

static double ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The module knows; without it the counter is held against the clock for a moment. */
static void look_at_clock(void)
{
	const char *ticks = getenv("GNB_TICKS_PER_INSTRUCTION");
	double begin;
	uint64_t tsc;

	per_instruction = ticks ? strtoul(ticks, NULL, 10) : 0;
	khz = info.tsc_khz;
	if (per_instruction || info.abi)
		return;
	begin = ns();
	tsc = __rdtsc();
	while (ns() - begin < 20e6)
		;
	khz = (double)(__rdtsc() - tsc) * 1e6 / (ns() - begin);
}

int gnb_linux_look(const char **why)
{
	int rc;

	if (looked)
		return 0;
	rc = look_for_module();
	look_for_vfio();
	if (no_module && no_vfio) {
		*why = no_module;
		return rc ? rc : -EOPNOTSUPP;
	}
	look_at_clock();
	looked = true;
	return 0;
}

const struct gnb_iommu_info *gnb_linux_info(void)
{
	return &info;
}

const char *gnb_linux_vfio(unsigned *group, const char **why)
{
	*group = vfio_group;
	*why = no_vfio;
	return *vfio ? vfio : NULL;
}

const char *gnb_linux_no_module(void)
{
	return no_module;
}

unsigned long gnb_linux_ticks_per_instruction(void)
{
	return per_instruction;
}

uint64_t gnb_linux_spent(uint64_t ticks)
{
	if (per_instruction)
		return ticks / per_instruction;
	return khz > 0 ? (uint64_t)((double)ticks * 1e6 / khz) : ticks;
}

/* What stands before a device: "dmar0", "ivhd0", or nothing. */
static void add_unit(void (*add)(void *arg, const char *key, const char *value), void *arg,
		     const char *device)
{
	char buf[128];

	add(arg, "unit", link_of(device, "iommu", buf, sizeof(buf)) ? buf : "none");
	/* "DMA" is strict, "DMA-FQ" lazy, "identity" passthrough. */
	add(arg, "domain", line_of(device, "iommu_group/type", buf, sizeof(buf)) ? buf : "none");
}

void gnb_linux_facts(void (*add)(void *arg, const char *key, const char *value), void *arg)
{
	const char *device = info.abi ? info.device : *vfio ? vfio : NULL;
	struct utsname u;
	char buf[32];

	add(arg, "kernel", uname(&u) ? NULL : u.release);
	if (!looked || !device)
		return;
	add(arg, "device", info.abi ? info.device : "none");
	add(arg, "vfio_device", *vfio ? vfio : "none");
	add_unit(add, arg, device);
	snprintf(buf, sizeof(buf), "%lu", per_instruction);
	add(arg, "ticks_per_instruction", per_instruction ? buf : NULL);
}
