/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of a PCI device, as the kernel of dom0 shows it: to be mapped into a domain by its frames. */
#ifndef GNB_XEN_PCI_H
#define GNB_XEN_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define GNB_XEN_PCI "/sys/bus/pci/devices"

/* Is it written as a device is, "0000:00:03.0"? */
bool gnb_xen_device_name(const char *name);

/*
 * The largest part of the device's memory that may be read ahead: such has no registers, so that what is written there
 * does nothing else. Frames and how many; bus is GNB_XEN_PCI. 0, or -ENOENT or -EOPNOTSUPP with *why.
 */
int gnb_xen_device_memory(const char *bus, const char *name, uint64_t *first, uint64_t *pages,
			  const char **why);

/* Have it answer to accesses of its memory. 0, or -errno with *why. */
int gnb_xen_device_enable(const char *bus, const char *name, const char **why);

#endif
