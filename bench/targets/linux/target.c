// SPDX-License-Identifier: GPL-2.0-only
/*
 * A Linux with an IOMMU as a target: no hypervisor is asked for anything. What is measured is what a driver's mappings
 * for its device cost, through /dev/gnb_iommu (kernel-helpers/iommu), and a process's, through VFIO. See docs/iommu.md.
 *
 * The clock is what passes on the time-stamp counter between two readings right around each operation: nanoseconds, or
 * instructions where GNB_TICKS_PER_INSTRUCTION says how many ticks one takes (an emulator with an instruction clock). A
 * row of operations is done at once, with interrupts held back; each reading is then spent on the clock by who asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "here.h"
#include "vfio.h"

/* Of the processor, for who asks for one: an operation is done by the thread that asks. */
struct gnb_vcpu {
	struct gnb_machine *m;
};

struct gnb_machine {
	struct gnb_vcpu vcpu;
	int fd; /* of the module, -1: it is not here */
	struct gnb_vfio *vfio;
	uint64_t ticks;
	struct gnb_iommu_told told; /* whose marks these are */
};

_Static_assert((int)GNB_DRIVER_PAGE == GNB_IOMMU_PAGE && (int)GNB_DRIVER_LIST == GNB_IOMMU_LIST &&
		       (int)GNB_DRIVER_EACH == GNB_IOMMU_EACH &&
		       (int)GNB_DRIVER_FAST == GNB_IOMMU_FAST &&
		       (int)GNB_DRIVER_PART == GNB_IOMMU_PART,
	       "rows are numbered as the module does");

/* Set where the clock is one of instructions; else there are no counts. */
static const char *count_names[2];
static struct gnb_iommu_told told; /* of the machine that is opened next */

static const char *t_lacks(enum gnb_op_kind kind, unsigned nr)
{
	const char *why;
	unsigned group;

	if (kind != GNB_OP_DRIVER || nr > GNB_DRIVER_SPEND)
		return "a Linux without a hypervisor has mappings for devices only";
	if (gnb_linux_look(&why))
		return why;
	if (nr == GNB_DRIVER_SPEND)
		return NULL;
	if (nr == GNB_DRIVER_VFIO)
		return gnb_linux_vfio(&group, &why) ? NULL : why;
	why = gnb_linux_no_module();
	if (!why && nr >= GNB_DRIVER_EACH && !(gnb_linux_info()->flags & GNB_IOMMU_BEHIND))
		why = "the device is behind no IOMMU";
	return why;
}

static int t_supported(const struct gnb_machine_config *c, const char **why)
{
	int rc = gnb_linux_look(why);

	if (rc)
		return rc;
	count_names[0] = gnb_linux_ticks_per_instruction() ? "instructions" : NULL;
	if (!c->version || c->driver)
		return 0;
	*why = "a Linux without a hypervisor has no grants, only mappings for devices";
	return -EOPNOTSUPP;
}

static void t_cell(const char *cell, const struct gnb_version *version)
{
	(void)version;
	memset(&told, 0, sizeof(told));
	snprintf(told.name, sizeof(told.name), "%s", cell);
}

static int t_open(const struct gnb_machine_config *cfg, struct gnb_machine **out, const char **why)
{
	struct gnb_machine *m;
	int rc = t_supported(cfg, why);
	unsigned group;

	if (rc)
		return rc;
	m = calloc(1, sizeof(*m));
	*why = "not enough memory for a machine";
	if (!m)
		return -ENOMEM;
	m->vcpu.m = m;
	m->told = told;
	m->fd = gnb_linux_no_module() ? -1 : open(GNB_IOMMU_DEVICE, O_RDWR | O_CLOEXEC);
	if (m->fd < 0 && !gnb_linux_no_module()) {
		rc = -errno;
		*why = GNB_IOMMU_DEVICE " cannot be opened a second time";
		free(m);
		return rc;
	}
	if (gnb_linux_vfio(&group, why))
		rc = gnb_vfio_open(group, &m->vfio, why);
	if (rc && m->fd >= 0)
		close(m->fd);
	if (rc)
		free(m);
	else
		*out = m;
	return rc;
}

static int t_close(struct gnb_machine *m, char *why, size_t len)
{
	struct gnb_iommu_info i = { 0 };
	int rc = 0;

	if (m->fd >= 0 && ioctl(m->fd, GNB_IOMMU_GET_INFO, &i)) {
		snprintf(why, len, "the module does not tell its state: %s", strerror(errno));
		rc = -EBUSY;
	} else if (i.mapped) {
		snprintf(why, len, "%llu mappings were left", (unsigned long long)i.mapped);
		rc = -EBUSY;
	}
	if (m->fd >= 0)
		close(m->fd);
	if (m->vfio)
		gnb_vfio_close(m->vfio);
	free(m);
	return rc;
}

static struct gnb_vcpu *t_vcpu(struct gnb_machine *m, enum gnb_role role, unsigned i)
{
	(void)role;
	return i ? NULL : &m->vcpu;
}

/* Machines take turns, and each says whose its marks are. */
static int say_whose(struct gnb_machine *m)
{
	return m->fd >= 0 && m->told.name[0] && ioctl(m->fd, GNB_IOMMU_TELL, &m->told) ? -errno : 0;
}

static void mark(void *arg, char what)
{
	struct gnb_machine *m = arg;
	struct gnb_iommu_told t = { .mark = (unsigned char)what };

	ioctl(m->fd, GNB_IOMMU_TELL, &t);
}

static long module_row(struct gnb_machine *m, unsigned nr, struct gnb_driver_row *r)
{
	struct gnb_iommu_row row = {
		.op = nr,
		.n = r->n,
		.bytes = (uint32_t)r->bytes,
		.calls = r->calls,
		.flags = (r->marked ? GNB_IOMMU_MARK : 0) | (r->check ? GNB_IOMMU_CHECK : 0),
		.map = (uintptr_t)r->map,
		.unmap = (uintptr_t)r->unmap,
	};
	long rc = ioctl(m->fd, GNB_IOMMU_ROW, &row) ? -errno : 0;

	r->unmapped = row.unmapped;
	r->reached = row.reached;
	r->left = row.left;
	return rc;
}

static long t_operation(struct gnb_machine *m, struct gnb_vcpu *v, enum gnb_op_kind kind,
			unsigned nr, void *args)
{
	struct gnb_driver_row *r = args;
	int rc;

	if (t_lacks(kind, nr) || v->m != m)
		return -EOPNOTSUPP;
	if (nr == GNB_DRIVER_SPEND) {
		m->ticks += *(uint64_t *)args;
		return 0;
	}
	rc = r->marked ? say_whose(m) : 0;
	if (rc)
		return rc;
	if (nr == GNB_DRIVER_VFIO)
		return gnb_vfio_row(m->vfio, r, r->marked && m->fd >= 0 ? mark : NULL, m);
	return module_row(m, nr, r);
}

static uint64_t t_now(struct gnb_machine *m)
{
	return gnb_linux_spent(m->ticks);
}

static const struct gnb_clock *t_clock(void)
{
	static const struct gnb_clock time = { "mappings", "ns", t_now, false },
				      exact = { "instructions", "instructions", t_now, true };

	return gnb_linux_ticks_per_instruction() ? &exact : &time;
}

static void t_counts(struct gnb_machine *m, struct gnb_counts *out)
{
	memset(out, 0, sizeof(*out));
	if (gnb_linux_ticks_per_instruction())
		out->v[0] = t_now(m);
}

static const struct gnb_fixed *t_fixed(void)
{
#define NOTHING(param_)                                                                            \
	{                                                                                          \
		param_, NULL, "there is no hypervisor"                                             \
	}
	static const struct gnb_fixed fixed[] = { NOTHING("mapper"),
						  NOTHING("iommu"),
						  NOTHING("flush"),
						  NOTHING("entry"),
						  NOTHING("args"),
						  NOTHING("cpus"),
						  { 0 } };

	return fixed;
#undef NOTHING
}

static const struct gnb_target target_linux = {
	.name = "linux",
	.summary =
		"a Linux with an IOMMU: what mappings for a device cost in a driver, and by VFIO",
	.count_names = count_names,
	.clock = t_clock,
	.fixed = t_fixed,
	.facts = gnb_linux_facts,
	.supported = t_supported,
	.cell = t_cell,
	.open = t_open,
	.close = t_close,
	.vcpu = t_vcpu,
	.operation = t_operation,
	.lacks = t_lacks,
	.counts = t_counts,
};
GNB_TARGET(target_linux);
