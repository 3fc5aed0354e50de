// SPDX-License-Identifier: GPL-2.0-only
/* Machines on KVM: memory, vCPUs, and accesses of the guest. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "here.h"
#include "lend.h"
#include "log.h"
#include "slot.h"
#include "vm.h"

#define OWN ((uint64_t)GNB_KVM_OWN)

/* Whatever it is in the middle of is over: it is at its code's begin. */
static int restart(struct gnb_vcpu *v)
{
	/* What KVM has begun it ends when it is entered; with this word it then comes back at once. */
	v->run->immediate_exit = 1;
	ioctl(v->fd, KVM_RUN, 0);
	v->run->immediate_exit = 0;
	return ioctl(v->fd, KVM_SET_REGS, &v->begin) ? -errno : 0;
}

/* Until the guest says that it is done: 0; -EAGAIN if the page that it wants is not there, -EFAULT if there is none. */
static int go(struct gnb_vcpu *v)
{
	for (;;) {
		int rc = ioctl(v->fd, KVM_RUN, 0) ? -errno : 0;

		if (rc == -EINTR || rc == -EAGAIN)
			continue;
		if (rc == -EFAULT)
			return -EAGAIN;
		if (rc)
			return rc;
		if (v->run->exit_reason == KVM_EXIT_HLT) {
			v->halts++;
			return 0;
		}
		if (v->run->exit_reason == KVM_EXIT_MMIO)
			return -EFAULT;
		if (v->run->exit_reason != KVM_EXIT_DIRTY_RING_FULL)
			return -EIO;
		gnb_kvm_ring_full(v);
	}
}

/* An access that did not end in the guest: what it took until this side knew. */
static int broken_off(struct gnb_vcpu *v, int rc, uint64_t gfn)
{
	uint32_t now = (uint32_t)gnb_kvm_tsc();
	struct kvm_regs at;

	if (v->m->same_clock && !ioctl(v->fd, KVM_GET_REGS, &at))
		v->m->ticks += now - (uint32_t)at.rbx;
	/* Where KVM emulates the access, what has no page looks like a device's. */
	v->waits = gnb_kvm_loan_of(v->m, gfn) && (rc == -EAGAIN || rc == -EFAULT);
	v->waits_for = gfn;
	restart(v);
	return v->waits ? -EAGAIN : rc == -EAGAIN ? -EFAULT : rc;
}

static int one_access(struct gnb_vcpu *v, uint64_t at, void *buf, unsigned len, bool write)
{
	struct gnb_kvm_mail *mail = v->mail;
	uint64_t large = gnb_kvm_large(v->m);
	int rc;

	mail->where = at;
	mail->n = len;
	mail->what = write ? GNB_KVM_WRITE : GNB_KVM_READ;
	if (write)
		memcpy(mail->data, buf, len);
	rc = go(v);
	gnb_kvm_large_gone(v->m, large);
	if (rc)
		return broken_off(v, rc, at >> GNB_PAGE_SHIFT);
	v->m->ticks += mail->ticks;
	if (!write)
		memcpy(buf, mail->data, len);
	return 0;
}

int gnb_kvm_touch(struct gnb_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		  bool write)
{
	int rc = 0;

	if (v->fd < 0)
		return -EOPNOTSUPP;
	v->waits = false;
	if (addr + off + len > GNB_KVM_REACH)
		return -EFAULT;
	for (unsigned done = 0, n; done < len && !rc; done += n) {
		n = len - done < sizeof(v->mail->data) ? len - done
						       : (unsigned)sizeof(v->mail->data);
		rc = one_access(v, addr + off + done, (uint8_t *)buf + done, n, write);
	}
	return rc;
}

/* Each page is written to by the guest, so that it has an entry for writing. */
static int sweep(struct gnb_vcpu *v, uint64_t at, uint64_t pages)
{
	v->mail->where = at;
	v->mail->n = pages;
	v->mail->what = GNB_KVM_SWEEP;
	return go(v);
}

static int enable(struct gnb_machine *m, unsigned cap, uint64_t arg)
{
	struct kvm_enable_cap c = { .cap = cap, .args = { arg } };

	return ioctl(m->vm, KVM_ENABLE_CAP, &c) ? -errno : 0;
}

static int set_way(struct gnb_machine *m)
{
	switch (m->cfg.log_way) {
	case GNB_WAY_MANUAL:
		return enable(m, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
			      KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
	case GNB_WAY_ALL_SET:
		return enable(m, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
			      KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET);
	case GNB_WAY_RING:
		m->ring_entries = m->cfg.log_ring ? m->cfg.log_ring : 65536;
		m->ring_dirty = calloc(1, m->cfg.granter_pages / 8 + 8);
		return !m->ring_dirty ? -ENOMEM
				      : enable(m, KVM_CAP_DIRTY_LOG_RING,
					       m->ring_entries * sizeof(struct kvm_dirty_gfn));
	default:
		return 0;
	}
}

static int make_vcpu(struct gnb_machine *m, unsigned i)
{
	struct gnb_vcpu *v = &m->vcpu[i];
	int rc;

	v->m = m;
	v->stats.fd = -1;
	v->fd = ioctl(m->vm, KVM_CREATE_VCPU, i);
	if (v->fd < 0)
		return -errno;
	v->run = mmap(NULL, m->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (v->run == MAP_FAILED) {
		v->run = NULL;
		return -errno;
	}
	if (m->ring_dirty) {
		v->ring =
			mmap(NULL, m->ring_entries * sizeof(*v->ring), PROT_READ | PROT_WRITE,
			     MAP_SHARED, v->fd, KVM_DIRTY_LOG_PAGE_OFFSET * sysconf(_SC_PAGESIZE));
		if (v->ring == MAP_FAILED) {
			v->ring = NULL;
			return -errno;
		}
	}
	v->mail = (void *)((uint8_t *)m->own + (gnb_kvm_mail_at(i) - OWN));
	gnb_kvm_stats_open(&v->stats, v->fd);
	rc = gnb_kvm_guest_start(v->fd, gnb_kvm_mail_at(i), &v->begin);
	m->same_clock = !rc;
	return rc < 0 ? rc : 0;
}

static int make_memory(struct gnb_machine *m, const char **why)
{
	size_t own = (size_t)gnb_kvm_own_pages(m->vcpus) * GNB_PAGE_SIZE;
	uint64_t ram = (uint64_t)m->cfg.granter_pages * GNB_PAGE_SIZE;
	bool large = m->cfg.ram == GNB_RAM_WHOLE;
	int rc;

	m->own = gnb_kvm_memory(own, false, false);
	m->own_ram = gnb_kvm_memory((size_t)m->cfg.own_pages * GNB_PAGE_SIZE, false, false);
	m->ram = gnb_kvm_memory(ram, large, large && gnb_kvm_hugetlb);
	if (!m->ram && gnb_kvm_hugetlb)
		*why = "no pages of 2 MiB are set aside: write how many to /proc/sys/vm/nr_hugepages";
	m->warm = gnb_kvm_memory(GNB_PAGE_SIZE, false, false);
	if (!m->own || !m->own_ram || !m->ram || !m->warm)
		return -ENOMEM;
	memset(m->own, 0, own);
	memset(m->ram, 0, ram);
	gnb_kvm_guest_fill(m->own);
	rc = gnb_kvm_set_slot(m, GNB_KVM_SLOT_OWN, OWN, m->own, own, 0);
	return rc ? rc : gnb_kvm_set_slot(m, GNB_KVM_SLOT_RAM, 0, m->ram, ram, 0);
}

/* The guest has all of its RAM, and by entries of the size that was asked for. */
static int map_all(struct gnb_machine *m, const char **why)
{
	uint64_t pages = m->cfg.granter_pages, large;
	int rc = sweep(&m->vcpu[0], 0, pages);

	if (rc || m->cfg.lends || m->stats.at[GNB_KVM_PAGES_2M] < 0)
		return rc;
	large = gnb_kvm_large(m);
	if (m->cfg.ram == GNB_RAM_WHOLE && large < pages / 512) {
		*why = "the host has not so many pages of 2 MiB for its guest: see "
		       "/sys/kernel/mm/transparent_hugepage/enabled, or --target=kvm:large=hugetlb";
		return -EOPNOTSUPP;
	}
	return 0;
}

static int make(struct gnb_machine *m, const char **why)
{
	int rc;

	m->vm = ioctl(gnb_kvm_fd(), KVM_CREATE_VM, 0);
	if (m->vm < 0)
		return -errno;
	/* What VT-x wants of the machine before a vCPU runs; SVM does without. */
	ioctl(m->vm, KVM_SET_TSS_ADDR, 0xfffbd000ul);
	m->run_bytes = (size_t)ioctl(gnb_kvm_fd(), KVM_GET_VCPU_MMAP_SIZE, 0);
	m->vcpu = calloc(m->vcpus, sizeof(*m->vcpu));
	for (unsigned i = 0; m->vcpu && i < m->vcpus; i++)
		m->vcpu[i].fd = -1;
	if (!m->vcpu)
		return -ENOMEM;
	gnb_kvm_stats_open(&m->stats, m->vm);
	rc = set_way(m);
	rc = rc ? rc : make_memory(m, why);
	for (unsigned i = 0; i < m->vcpus && !rc; i++)
		rc = make_vcpu(m, i);
	return rc ? rc : map_all(m, why);
}

int gnb_kvm_open(const struct gnb_machine_config *cfg, struct gnb_machine **out, const char **why)
{
	struct gnb_machine *m = calloc(1, sizeof(*m));
	int rc;

	*why = NULL;
	if (!m)
		return -ENOMEM;
	m->cfg = *cfg;
	m->vm = m->uffd = m->tools.fd = m->stats.fd = m->tools.stats.fd = -1;
	m->tools.m = m;
	if (!m->cfg.granter_pages)
		m->cfg.granter_pages = 1024;
	if (m->cfg.own_pages < GNB_OWN_PAGES)
		m->cfg.own_pages = GNB_OWN_PAGES;
	m->vcpus = cfg->vcpus[GNB_GRANTER] ? cfg->vcpus[GNB_GRANTER] : 1;
	rc = make(m, why);
	if (rc)
		gnb_kvm_free(m);
	else
		*out = m;
	return rc;
}

void gnb_kvm_free(struct gnb_machine *m)
{
	gnb_kvm_loans_end(m);
	for (unsigned i = 0; m->vcpu && i < m->vcpus; i++) {
		struct gnb_vcpu *v = &m->vcpu[i];

		if (v->fd < 0)
			continue;
		gnb_kvm_stats_close(&v->stats);
		if (v->ring)
			munmap(v->ring, m->ring_entries * sizeof(*v->ring));
		if (v->run)
			munmap(v->run, m->run_bytes);
		close(v->fd);
	}
	gnb_kvm_stats_close(&m->stats);
	if (m->uffd >= 0)
		close(m->uffd);
	if (m->vm >= 0)
		close(m->vm);
	gnb_kvm_memory_end(m->ram, (size_t)m->cfg.granter_pages * GNB_PAGE_SIZE);
	gnb_kvm_memory_end(m->own_ram, (size_t)m->cfg.own_pages * GNB_PAGE_SIZE);
	gnb_kvm_memory_end(m->warm, GNB_PAGE_SIZE);
	gnb_kvm_memory_end(m->own, (size_t)gnb_kvm_own_pages(m->vcpus) * GNB_PAGE_SIZE);
	while (m->args) {
		struct gnb_kvm_args *next = m->args->next;

		munmap(m->args, m->args->bytes);
		m->args = next;
	}
	free(m->ring_dirty);
	free(m->vcpu);
	free(m);
}
