// SPDX-License-Identifier: GPL-2.0-only
/* Memory and grant tables of other domains in this process, and hypercalls of dom0, by /dev/xen/privcmd. */
#include "privcmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gnb/target.h>
#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#define RESOURCE_GRANT_TABLE                                                                       \
	1 /* XENMEM_resource_grant_table: xen/memory.h shows it to tools only */

int gnb_privcmd_open(void)
{
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	return fd >= 0 ? fd : -errno;
}

int gnb_privcmd_buffers(void)
{
	int fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);

	return fd >= 0 ? fd : -errno;
}

static int room(int fd, unsigned n, bool write, void **addr)
{
	*addr = mmap(NULL, (size_t)n * GNB_PAGE_SIZE, write ? PROT_READ | PROT_WRITE : PROT_READ,
		     MAP_SHARED, fd, 0);
	if (*addr != MAP_FAILED)
		return 0;
	*addr = NULL;
	return -errno;
}

int gnb_privcmd_map(int fd, uint16_t domid, const uint64_t *frames, unsigned n, bool write,
		    void **addr)
{
	struct privcmd_mmapbatch_v2 batch = { .num = n, .dom = domid };
	int *err = calloc(n, sizeof(*err)), rc;

	*addr = NULL;
	if (!err)
		return -ENOMEM;
	rc = room(fd, n, write, addr);
	if (!rc) {
		batch.addr = (uintptr_t)*addr;
		batch.arr = (const xen_pfn_t *)frames;
		batch.err = err;
		if (ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch))
			rc = -errno;
		for (unsigned i = 0; !rc && i < n; i++)
			rc = err[i];
		if (rc) {
			gnb_privcmd_unmap(*addr, n);
			*addr = NULL;
		}
	}
	free(err);
	return rc;
}

int gnb_privcmd_map_table(int fd, uint16_t domid, enum gnb_resource what, unsigned n, void **addr)
{
	struct privcmd_mmap_resource r = {
		.dom = domid, .type = RESOURCE_GRANT_TABLE, .id = what, .num = n
	};
	int rc = room(fd, n, true, addr);

	if (rc)
		return rc;
	r.addr = (uintptr_t)*addr;
	if (!ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r))
		return 0;
	rc = -errno;
	gnb_privcmd_unmap(*addr, n);
	*addr = NULL;
	return rc;
}

int gnb_privcmd_buffer(int buffers, unsigned n, void **addr)
{
	int rc = room(buffers, n, true, addr);

	if (!rc)
		memset(*addr, 0, (size_t)n * GNB_PAGE_SIZE);
	return rc;
}

/* What is before has happened. */
static uint64_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

long gnb_privcmd_hypercall(int fd, unsigned nr, const uint64_t arg[5], uint64_t *ticks)
{
	struct privcmd_hypercall h = { .op = nr };
	uint64_t before;
	long rc;

	memcpy(h.arg, arg, sizeof(h.arg));
	before = tsc();
	rc = ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h);
	*ticks = tsc() - before;
	return rc < 0 ? -errno : rc;
}

void gnb_privcmd_unmap(void *addr, unsigned n)
{
	if (addr)
		munmap(addr, (size_t)n * GNB_PAGE_SIZE);
}
