// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest: a few instructions in 64-bit mode that access memory as they are told, and read the time-stamp counter right
 * around an access. All guest-physical memory up to GNB_KVM_REACH is where it is, by large entries of its own tables.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guest.h"
#include "here.h"

/* rbp: struct gnb_kvm_mail, by the offsets in guest.h. The first stamp stays in rbx, for an access that ends outside. */
__asm__(".pushsection .rodata\n"
	"gnb_kvm_code:\n"
	"0:	mov 0x00(%rbp), %rdi\n"
	"	mov 0x08(%rbp), %rcx\n"
	"	mov 0x10(%rbp), %eax\n"
	"	lea 0x40(%rbp), %rsi\n"
	"	cmp $1, %eax\n"
	"	je 1f\n"
	"	ja 4f\n"
	/* A read. */
	"	rdtsc\n"
	"	mov %eax, %ebx\n"
	"	movb (%rdi), %r8b\n"
	"	lfence\n"
	"	rdtsc\n"
	"	xchg %rsi, %rdi\n"
	"	jmp 2f\n"
	/* A write. */
	"1:	movb (%rsi), %r8b\n"
	"	rdtsc\n"
	"	mov %eax, %ebx\n"
	"	movb %r8b, (%rdi)\n"
	"	lfence\n"
	"	rdtsc\n"
	/* And all of it. */
	"2:	sub %ebx, %eax\n"
	"	mov %eax, 0x14(%rbp)\n"
	"3:	movb (%rsi), %al\n"
	"	movb %al, (%rdi)\n"
	"	inc %rsi\n"
	"	inc %rdi\n"
	"	dec %rcx\n"
	"	jnz 3b\n"
	"	hlt\n"
	"	jmp 0b\n"
	/* Each of many pages is written to, and stays as it is. */
	"4:	lock orb $0, (%rdi)\n"
	"	add $0x1000, %rdi\n"
	"	dec %rcx\n"
	"	jnz 4b\n"
	"	hlt\n"
	"	jmp 0b\n"
	"gnb_kvm_code_end:\n"
	".popsection\n");
extern const char gnb_kvm_code[], gnb_kvm_code_end[];

#define GIB	  (1ull << 30)
#define LARGE	  (1ull << 21)
#define ENTRIES	  512
#define PRESENT	  0x23ull /* present, writable, accessed */
#define LEAF_BITS 0xe3ull /* and dirty, large */

enum { CODE, TOP, MIDDLE, LOW, MAIL = LOW + (unsigned)(GNB_KVM_REACH / GIB) };

unsigned gnb_kvm_own_pages(unsigned vcpus)
{
	return MAIL + vcpus;
}

uint64_t gnb_kvm_mail_at(unsigned vcpu)
{
	return GNB_KVM_OWN + (MAIL + vcpu) * 4096ull;
}

void gnb_kvm_guest_fill(void *own)
{
	uint64_t(*page)[ENTRIES] = own;
	unsigned gib = (unsigned)(GNB_KVM_REACH / GIB);

	memcpy(page[CODE], gnb_kvm_code, (size_t)(gnb_kvm_code_end - gnb_kvm_code));
	page[TOP][0] = (GNB_KVM_OWN + MIDDLE * 4096ull) | PRESENT;
	for (unsigned i = 0; i < gib; i++) {
		page[MIDDLE][i] = (GNB_KVM_OWN + (LOW + i) * 4096ull) | PRESENT;
		for (unsigned k = 0; k < ENTRIES; k++)
			page[LOW + i][k] = (i * GIB + k * LARGE) | LEAF_BITS;
	}
}

/* What the processor has, so that KVM lets the guest have it. */
static int set_cpuid(int vcpu)
{
	const unsigned most = 256;
	struct kvm_cpuid2 *all = calloc(1, sizeof(*all) + most * sizeof(all->entries[0]));
	int rc = 0;

	if (!all)
		return -ENOMEM;
	all->nent = most;
	if (ioctl(gnb_kvm_fd(), KVM_GET_SUPPORTED_CPUID, all) || ioctl(vcpu, KVM_SET_CPUID2, all))
		rc = -errno;
	free(all);
	return rc;
}

static void set_segment(struct kvm_segment *s, bool code)
{
	*s = (struct kvm_segment){ .limit = 0xffffffff,
				   .selector = code ? 8 : 16,
				   .type = code ? 11 : 3,
				   .present = 1,
				   .db = !code,
				   .s = 1,
				   .l = code,
				   .g = 1 };
}

int gnb_kvm_guest_start(int vcpu, uint64_t mail, struct kvm_regs *regs)
{
	struct kvm_sregs s;
	uint64_t offset = 0;
	struct kvm_device_attr same = { .group = KVM_VCPU_TSC_CTRL,
					.attr = KVM_VCPU_TSC_OFFSET,
					.addr = (uintptr_t)&offset };
	int rc = set_cpuid(vcpu);

	if (rc || ioctl(vcpu, KVM_GET_SREGS, &s))
		return rc ? rc : -errno;
	set_segment(&s.cs, true);
	set_segment(&s.ds, false);
	s.es = s.fs = s.gs = s.ss = s.ds;
	s.cr3 = GNB_KVM_OWN + TOP * 4096ull;
	s.cr4 |= 1u << 5;   /* PAE */
	s.cr0 = 0x80010033; /* PG, WP, NE, ET, MP, PE */
	s.efer = 0x500;	    /* LMA, LME */
	*regs = (struct kvm_regs){ .rip = GNB_KVM_OWN, .rbp = mail, .rflags = 2 };
	if (ioctl(vcpu, KVM_SET_SREGS, &s) || ioctl(vcpu, KVM_SET_REGS, regs))
		return -errno;
	/* Its stamps are those of this side, where KVM can do that. */
	return ioctl(vcpu, KVM_SET_DEVICE_ATTR, &same) ? 1 : 0;
}
