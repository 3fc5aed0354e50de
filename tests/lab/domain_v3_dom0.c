// SPDX-License-Identifier: GPL-2.0-only
/* Part of lab_domain: dom0 as a party of version 3, by hypercalls of this process. */
#include "v3.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <xen/sys/privcmd.h>

static uint64_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

/* Linux's way into the hypercall and back is in the ticks. */
int64_t v3_dom0_op(unsigned cmd, void *args, size_t bytes, unsigned count, uint64_t *ticks)
{
	static char buf[V3_REGION * sizeof(struct gnttab_v3_map)] __attribute__((aligned(4096)));
	static int fd = -1;
	privcmd_hypercall_t call = { .op = __HYPERVISOR_grant_table_op,
				     .arg = { cmd, (uintptr_t)buf, count } };
	uint64_t before, after;
	int rc;

	if (fd < 0) {
		fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
		must(NULL, fd < 0 || mlock(buf, sizeof(buf)) ? -errno : 0, "privcmd");
		memset(buf, 0, sizeof(buf));
	}
	must(NULL, bytes > sizeof(buf) ? -E2BIG : 0, "an operation of dom0");
	memcpy(buf, args, bytes);
	before = tsc();
	rc = ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call);
	after = tsc();
	memcpy(args, buf, bytes);
	if (ticks)
		*ticks = after - before;
	return rc < 0 ? -errno : rc;
}

void v3_dom0(unsigned rounds, bool revoke)
{
	struct gnb_domain *granter = make(GNB_DOMAIN_PVH);
	struct gnttab_v3_revoke r;
	struct gnttab_v3_unmap u;
	struct gnttab_v3_map m;
	struct v3_pair p;
	unsigned i, bad = 0;

	if (!rounds)
		v3_measure(NULL, granter);
	v3_begin(&p, NULL, granter, 0);
	for (i = 0; i < rounds; i++) {
		bad += v3_map(&p, 0, V3_LARGE, V3_REGION, GNTV3_ACCEPT_2M | GNTV3_ACCEPT_HOLE,
			      &m) != OK;
		bad += m.large != 1;
		if (revoke)
			bad += v3_revoke(&p, V3_LARGE, V3_REGION, 0, &r) != OK ||
			       r.pages != V3_REGION;
		bad += v3_unmap(&p, &m, &u) != OK;
	}
	check(!bad, "%s: 2 MiB, %u times%s", p.name, rounds, revoke ? ", and revoked" : "");
	v3_end(&p);
	end(granter);
}
