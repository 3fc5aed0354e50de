// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory lent to the guest and taken back while it runs. A loan is a memslot; a revoke is what a kernel's owner of memory
 * does to its own mapping, and KVM's notifier follows it: its pages are given away, or the right to them goes. Who then
 * accesses a page is told that there is none until it is served: of what is missing userfaultfd says so, without a word to
 * anybody else.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "here.h"
#include "lend.h"
#include "slot.h"

#define LARGE_PAGES 512u
#define PAGE	    ((size_t)GNB_PAGE_SIZE)

struct gnb_kvm_loan *gnb_kvm_loan_of(struct gnb_machine *m, uint64_t gfn)
{
	for (unsigned i = 0; i < GNB_KVM_LOANS; i++)
		if (gfn - m->loan[i].gfn < m->loan[i].pages)
			return &m->loan[i];
	return NULL;
}

static void forget(struct gnb_kvm_loan *l)
{
	gnb_kvm_memory_end(l->at, l->pages * PAGE);
	gnb_kvm_memory_end(l->twin, l->pages * PAGE);
	free(l->there);
	free(l->revoking);
	memset(l, 0, sizeof(*l));
}

void gnb_kvm_loans_end(struct gnb_machine *m)
{
	for (unsigned i = 0; i < GNB_KVM_LOANS; i++)
		forget(&m->loan[i]);
}

/* Whatever of a range is missing is an error for who accesses it, and stays missing. */
static int watch(struct gnb_machine *m, void *at, size_t bytes)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_SIGBUS };
	struct uffdio_register r = { .range = { (uintptr_t)at, bytes },
				     .mode = UFFDIO_REGISTER_MODE_MISSING };

	if (m->uffd < 0) {
		m->uffd =
			(int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
		if (m->uffd < 0 || ioctl(m->uffd, UFFDIO_API, &api))
			return -errno;
	}
	return ioctl(m->uffd, UFFDIO_REGISTER, &r) ? -errno : 0;
}

/* Memory of a loan, with what the lender has there if it is to be there at once. */
static uint8_t *fill(struct gnb_machine *m, const struct gnb_lend *x, bool large, int *rc)
{
	uint8_t *at = gnb_kvm_memory(x->pages * PAGE, large, false);

	*rc = -ENOMEM;
	if (!at)
		return NULL;
	if (x->now || gnb_kvm_revoke == GNB_KVM_MPROTECT)
		memcpy(at, m->own_ram + x->first * PAGE, x->pages * PAGE);
	*rc = watch(m, at, x->pages * PAGE);
	if (!*rc && !x->now && gnb_kvm_revoke == GNB_KVM_MPROTECT &&
	    mprotect(at, x->pages * PAGE, PROT_NONE))
		*rc = -errno;
	return at;
}

static long lend(struct gnb_machine *m, const struct gnb_lend *x)
{
	bool large = x->gfn % LARGE_PAGES == x->first % LARGE_PAGES;
	struct gnb_kvm_loan *l = NULL;
	int rc;

	if (!x->pages || x->first + x->pages > m->cfg.own_pages ||
	    (x->gfn + x->pages) * PAGE > GNB_KVM_REACH || x->emulate)
		return -EINVAL;
	for (unsigned i = 0; i < GNB_KVM_LOANS && !l; i++)
		if (!m->loan[i].pages)
			l = &m->loan[i];
	if (!l)
		return -ENOSPC;
	l->pages = x->pages;
	l->gfn = x->gfn;
	l->first = x->first;
	l->there = calloc(x->pages, sizeof(*l->there));
	l->revoking = calloc(x->pages, sizeof(*l->revoking));
	rc = l->there && l->revoking ? 0 : -ENOMEM;
	if (!rc)
		l->at = fill(m, x, large, &rc);
	if (!rc)
		l->twin = fill(m, x, large, &rc);
	if (!rc) {
		memset(l->there, x->now, x->pages);
		rc = gnb_kvm_set_slot(m, GNB_KVM_SLOT_LOANS + (unsigned)(l - m->loan),
				      x->gfn * PAGE, l->at, x->pages * PAGE, 0);
	}
	if (rc)
		forget(l);
	return rc;
}

static long give_back(struct gnb_machine *m, const struct gnb_lend *x)
{
	struct gnb_kvm_loan *l = gnb_kvm_loan_of(m, x->gfn);
	int rc;

	if (!l || l->gfn != x->gfn)
		return -ENOENT;
	rc = gnb_kvm_set_slot(m, GNB_KVM_SLOT_LOANS + (unsigned)(l - m->loan), l->gfn * PAGE, l->at,
			      0, 0);
	if (!rc)
		forget(l);
	return rc;
}

/* The owner's call: ticks that it took. */
static uint64_t take(uint8_t *at, size_t bytes, int *rc)
{
	uint64_t before = gnb_kvm_tsc();

	if (gnb_kvm_revoke == GNB_KVM_MADVISE)
		*rc = madvise(at, bytes, MADV_DONTNEED) ? -errno : 0;
	else
		*rc = mprotect(at, bytes, PROT_NONE) ? -errno : 0;
	return gnb_kvm_tsc() - before;
}

static long take_back(struct gnb_machine *m, const struct gnb_lend *x)
{
	struct gnb_kvm_loan *l = gnb_kvm_loan_of(m, x->gfn);
	uint64_t i, large, from;
	int rc;

	if (!l || !x->pages || x->gfn + x->pages > l->gfn + l->pages)
		return -ENOENT;
	i = x->gfn - l->gfn;
	/* What the borrower wrote is the lender's, before the pages go. */
	for (uint64_t k = i; k < i + x->pages; k++) {
		from = k * PAGE;
		if (gnb_kvm_revoke == GNB_KVM_MADVISE && l->there[k])
			memcpy(m->own_ram + (l->first + k) * PAGE, l->at + from, PAGE);
		l->there[k] = false;
		l->revoking[k] = true;
	}
	/* The first call also does what is left of pages that came before: neither of the two that count is that one. */
	memset(m->warm, 1, PAGE);
	if (madvise(m->warm, PAGE, MADV_DONTNEED))
		return -errno;
	m->control += take(l->twin + i * PAGE, x->pages * PAGE, &rc);
	if (rc)
		return rc;
	large = gnb_kvm_large(m);
	m->ticks += take(l->at + i * PAGE, x->pages * PAGE, &rc);
	gnb_kvm_large_gone(m, large);
	return rc;
}

/* Pages are there, with what the lender has. */
static int serve_at(struct gnb_machine *m, uint8_t *at, struct gnb_kvm_loan *l, uint64_t i,
		    uint64_t n, bool twin)
{
	struct uffdio_copy c = { .dst = (uintptr_t)at,
				 .src = (uintptr_t)m->own_ram + (l->first + i) * PAGE,
				 .len = n * PAGE };
	uint64_t before = gnb_kvm_tsc();
	int rc;

	if (gnb_kvm_revoke == GNB_KVM_MADVISE)
		rc = ioctl(m->uffd, UFFDIO_COPY, &c) ? -errno : 0;
	else
		rc = mprotect(at, n * PAGE, PROT_READ | PROT_WRITE) ? -errno : 0;
	*(twin ? &m->control : &m->ticks) += gnb_kvm_tsc() - before;
	return rc;
}

static int serve(struct gnb_machine *m, struct gnb_kvm_loan *l, uint64_t i, uint64_t n)
{
	/* The twin stays a twin; a page that was never there it may have, or not. */
	int rc = serve_at(m, l->twin + i * PAGE, l, i, n, true);

	rc = rc ? rc : serve_at(m, l->at + i * PAGE, l, i, n, false);
	for (uint64_t k = i; k < i + n && !rc; k++)
		l->there[k] = true;
	for (unsigned v = 0; v < m->vcpus && !rc; v++)
		if (m->vcpu[v].waits && m->vcpu[v].waits_for - l->gfn - i < n)
			m->vcpu[v].waits = false;
	return rc;
}

static long end(struct gnb_machine *m, const struct gnb_lend *x)
{
	struct gnb_kvm_loan *l = gnb_kvm_loan_of(m, x->gfn);
	uint64_t i;

	if (!l || !x->pages || x->gfn + x->pages > l->gfn + l->pages)
		return -ENOENT;
	i = x->gfn - l->gfn;
	memset(l->revoking + i, 0, x->pages);
	m->seq++;
	return x->now ? serve(m, l, i, x->pages) : 0;
}

static long fault(struct gnb_machine *m, struct gnb_lend *x)
{
	for (unsigned i = 0; i < m->vcpus; i++)
		if (m->vcpu[i].waits) {
			x->vcpu = i;
			x->gfn = m->vcpu[i].waits_for;
			return 0;
		}
	return -ENOENT;
}

/* As KVM's own fault has it: not of what was looked up before a revoke ended. */
static long serve_asked(struct gnb_machine *m, const struct gnb_lend *x)
{
	struct gnb_kvm_loan *l = gnb_kvm_loan_of(m, x->gfn);
	uint64_t i;

	if (!l || !x->pages || x->gfn + x->pages > l->gfn + l->pages)
		return -ENOENT;
	i = x->gfn - l->gfn;
	if (x->first != l->first + i)
		return -EINVAL;
	for (uint64_t k = i; k < i + x->pages; k++) {
		if (l->revoking[k])
			return -EAGAIN;
		if (l->there[k])
			return -EBUSY;
	}
	return x->seq == m->seq ? serve(m, l, i, x->pages) : -EAGAIN;
}

long gnb_kvm_lending(struct gnb_machine *m, unsigned nr, struct gnb_lend *x)
{
	switch (nr) {
	case GNB_LENDING_LEND:
		return lend(m, x);
	case GNB_LENDING_RETURN:
		return give_back(m, x);
	case GNB_LENDING_REVOKE:
		return take_back(m, x);
	case GNB_LENDING_END:
		return end(m, x);
	case GNB_LENDING_SEQ:
		x->seq = m->seq;
		return 0;
	case GNB_LENDING_FAULT:
		return fault(m, x);
	case GNB_LENDING_SERVE:
		return serve_asked(m, x);
	default:
		return -EOPNOTSUPP;
	}
}
