// SPDX-License-Identifier: GPL-2.0-only
/* Memory of this process, mapped for a device that it drives by itself. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#include "gnb_iommu.h"
#include "vfio.h"

#define IOVA  0x40000000ull /* where the region lies for the device */
#define LARGE (2ull << 20)

/* How much there is of small pages, and of large ones. */
static const size_t most[2] = { LARGE, 16 * LARGE };

struct gnb_vfio {
	int container, group;
	unsigned users;
	char *memory[2]; /* made when first asked for */
};

static struct gnb_vfio only = { .container = -1, .group = -1 };

int gnb_vfio_open(unsigned group, struct gnb_vfio **out, const char **why)
{
	struct vfio_group_status st = { .argsz = sizeof(st) };
	struct gnb_vfio *v = &only;
	char path[32];
	int rc;

	*out = v;
	if (v->users++)
		return 0;
	snprintf(path, sizeof(path), "/dev/vfio/%u", group);
	v->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	v->group = open(path, O_RDWR | O_CLOEXEC);
	*why = "the group of the device cannot be opened: it is for root, and for one process at a time";
	if (v->container < 0 || v->group < 0)
		goto fail;
	*why = "not all devices of the group are bound to vfio-pci";
	if (ioctl(v->group, VFIO_GROUP_GET_STATUS, &st))
		goto fail;
	errno = EBUSY;
	if (!(st.flags & VFIO_GROUP_FLAGS_VIABLE))
		goto fail;
	*why = "the group has no IOMMU that VFIO takes: without remapping of interrupts it wants "
	       "vfio_iommu_type1.allow_unsafe_interrupts=1";
	if (ioctl(v->group, VFIO_GROUP_SET_CONTAINER, &v->container) ||
	    ioctl(v->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		goto fail;
	return 0;
fail:
	rc = -errno;
	gnb_vfio_close(v);
	return rc;
}

void gnb_vfio_close(struct gnb_vfio *v)
{
	if (--v->users)
		return;
	if (v->group >= 0)
		close(v->group);
	if (v->container >= 0)
		close(v->container);
	for (unsigned i = 0; i < 2; i++)
		if (v->memory[i])
			munmap(v->memory[i], most[i]);
	only = (struct gnb_vfio){ .container = -1, .group = -1 };
}

/* All of it is there before anything is timed. */
static int region(char **at, bool huge)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | (huge ? MAP_HUGETLB | MAP_POPULATE : 0);
	char *p;

	if (*at)
		return 0;
	p = mmap(NULL, most[huge], PROT_READ | PROT_WRITE, flags, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	if (!huge)
		madvise(p, most[huge], MADV_NOHUGEPAGE);
	for (size_t i = 0; i < most[huge]; i += huge ? LARGE : 4096)
		p[i] = 1;
	*at = p;
	return 0;
}

static uint64_t ticks(void)
{
	uint64_t t;

	_mm_lfence();
	t = __rdtsc();
	_mm_lfence();
	return t;
}

int gnb_vfio_row(struct gnb_vfio *v, struct gnb_driver_row *r, gnb_vfio_mark *mark, void *arg)
{
	int rc = r->bytes <= most[r->huge] ? region(&v->memory[r->huge], r->huge) : -EINVAL;

	if (rc)
		return rc;
	for (unsigned i = 0; i < r->n; i++) {
		struct vfio_iommu_type1_dma_map map = {
			.argsz = sizeof(map),
			.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
			.vaddr = (uintptr_t)v->memory[r->huge],
			.iova = IOVA,
			.size = r->bytes,
		};
		struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap),
							    .iova = IOVA,
							    .size = r->bytes };
		uint64_t begin;

		if (mark)
			mark(arg, GNB_IOMMU_MARK_MAP);
		begin = ticks();
		if (ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map))
			return -errno;
		r->map[i] = ticks() - begin;
		if (mark)
			mark(arg, GNB_IOMMU_MARK_UNMAP);
		begin = ticks();
		if (ioctl(v->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
			return -errno;
		r->unmap[i] = ticks() - begin;
		if (mark)
			mark(arg, GNB_IOMMU_MARK_END);
		r->unmapped = unmap.size;
	}
	return 0;
}
