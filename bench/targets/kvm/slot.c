// SPDX-License-Identifier: GPL-2.0-only
/* Memory, and the slots by which a guest has it. */
#include <errno.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "here.h"
#include "slot.h"

#define LARGE ((size_t)2 << 20)

void *gnb_kvm_memory(size_t bytes, bool large, bool hugetlb)
{
	size_t room = (bytes + LARGE - 1) / LARGE * LARGE;
	uint8_t *p, *at;

	if (hugetlb) {
		p = mmap(NULL, room, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
		return p == MAP_FAILED ? NULL : p;
	}
	/* So much that a part of it begins at such a multiple; the rest goes again. */
	p = mmap(NULL, room + LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	at = (uint8_t *)(((uintptr_t)p + LARGE - 1) & ~(LARGE - 1));
	if (at > p)
		munmap(p, (size_t)(at - p));
	munmap(at + room, (size_t)(p + LARGE - at));
	madvise(at, room, large ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return at;
}

long gnb_kvm_timed(struct gnb_machine *m, int fd, unsigned long request, void *arg)
{
	uint64_t before = gnb_kvm_tsc();
	long rc = ioctl(fd, request, arg);

	m->ticks += gnb_kvm_tsc() - before;
	return rc < 0 ? -errno : rc;
}

int gnb_kvm_set_slot(struct gnb_machine *m, unsigned slot, uint64_t at, void *memory,
		     uint64_t bytes, unsigned flags)
{
	struct kvm_userspace_memory_region r = { .slot = slot,
						 .flags = flags,
						 .guest_phys_addr = at,
						 .memory_size = bytes,
						 .userspace_addr = (uintptr_t)memory };

	return (int)gnb_kvm_timed(m, m->vm, KVM_SET_USER_MEMORY_REGION, &r);
}

uint64_t gnb_kvm_large(const struct gnb_machine *m)
{
	return gnb_kvm_stats_read(&m->stats, GNB_KVM_PAGES_2M);
}

void gnb_kvm_large_gone(struct gnb_machine *m, uint64_t since)
{
	uint64_t left = gnb_kvm_large(m);

	m->parted += left < since ? since - left : 0;
}

void gnb_kvm_memory_end(void *p, size_t bytes)
{
	if (p)
		munmap(p, (bytes + LARGE - 1) / LARGE * LARGE);
}
