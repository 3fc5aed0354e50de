// SPDX-License-Identifier: GPL-2.0-only
/* A device's memory, by its files in /sys. */
#include "pci.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MEMORY	   0x200u /* IORESOURCE_MEM and IORESOURCE_PREFETCH of linux/ioport.h */
#define READ_AHEAD 0x2000u
#define PAGE_SHIFT 12

bool gnb_xen_device_name(const char *name)
{
	unsigned segment, bus, device, function;
	int n = -1;

	return sscanf(name, "%4x:%2x:%2x.%1x%n", &segment, &bus, &device, &function, &n) == 4 &&
	       n == 12 && !name[n];
}

int gnb_xen_device_memory(const char *bus, const char *name, uint64_t *first, uint64_t *pages,
			  const char **why)
{
	unsigned long long start, end, flags;
	static char text[200];
	char path[300];
	FILE *f;

	*first = *pages = 0;
	*why = text;
	snprintf(path, sizeof(path), "%s/%s/resource", bus, name);
	f = fopen(path, "re");
	if (!f) {
		snprintf(text, sizeof(text), "there is no PCI device %.20s", name);
		return -ENOENT;
	}
	while (fscanf(f, "%llx %llx %llx", &start, &end, &flags) == 3) {
		uint64_t n = (end + 1 - start) >> PAGE_SHIFT;

		if (!(flags & MEMORY) || !(flags & READ_AHEAD) || end < start ||
		    start & ((1u << PAGE_SHIFT) - 1) || n <= *pages)
			continue;
		*first = start >> PAGE_SHIFT;
		*pages = n;
	}
	fclose(f);
	snprintf(
		text, sizeof(text),
		"the PCI device %.20s has no memory that may be read ahead, and so may be written to",
		name);
	return *pages ? 0 : -EOPNOTSUPP;
}

int gnb_xen_device_enable(const char *bus, const char *name, const char **why)
{
	char path[300];
	int fd, rc = 0;

	snprintf(path, sizeof(path), "%s/%s/enable", bus, name);
	*why = "the device cannot be enabled";
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}
