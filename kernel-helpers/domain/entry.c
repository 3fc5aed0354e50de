// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the domain begins: ELF notes for the toolstack, the first instructions, and the entries of exceptions. The
 * notes of both types follow Xen's public/elfnote.h; a PVH domain begins as docs/misc/pvh.pandoc says, in protected
 * mode without paging, a PV domain in 64-bit mode in the tables that the toolstack built.
 */
#include "inside.h"

#include <xen/elfnote.h>

#define STR_(x) #x
#define STR(x)	STR_(x)

#define NOTE(type, desc)                                                                           \
	__asm__(".pushsection .note.Xen, \"a\", @note\n"                                           \
		".long 4, 2f - 1f, " STR(type) "\n"                                                \
					       ".asciz \"Xen\"\n"                                  \
					       "1:\n" desc "\n2:\n"                                \
					       ".p2align 2\n"                                      \
					       ".popsection\n")

/* Not in .bss: the entry code runs on it before anything else. */
__asm__(".pushsection .bss\n"
	".p2align 12\n"
	"stack:\n"
	".skip 16384\n"
	"stack_top:\n"
	".globl hypercall_page\n"
	"guard_rsp: .quad 0\n"
	".popsection\n"
	".pushsection .text.hypercall, \"ax\"\n"
	".p2align 12\n"
	"hypercall_page:\n"
	".skip 4096\n"
	".popsection\n");

#ifdef GNB_PV

NOTE(XEN_ELFNOTE_GUEST_OS, ".asciz \"grantbench\"");
NOTE(XEN_ELFNOTE_LOADER, ".asciz \"generic\"");
NOTE(XEN_ELFNOTE_XEN_VERSION, ".asciz \"xen-3.0\"");
NOTE(XEN_ELFNOTE_VIRT_BASE, ".quad 0");
NOTE(XEN_ELFNOTE_PADDR_OFFSET, ".quad 0");
NOTE(XEN_ELFNOTE_ENTRY, ".quad pv_entry");
NOTE(XEN_ELFNOTE_HYPERCALL_PAGE, ".quad hypercall_page");
NOTE(XEN_ELFNOTE_PAE_MODE, ".asciz \"yes\"");
NOTE(XEN_ELFNOTE_FEATURES, ".asciz \"\"");

/* rsi: the start info page. */
__asm__(".pushsection .text\n"
	".globl pv_entry\n"
	"pv_entry:\n"
	"cld\n"
	"mov $stack_top, %esp\n"
	"mov %rsi, %rdi\n"
	"call start\n"
	"ud2\n"
	".popsection\n");

/* Xen puts rcx and r11 on top of what the processor pushes. */
#define DROP_PV_WORDS "pop %rcx\npop %r11\n"

#else

NOTE(XEN_ELFNOTE_PHYS32_ENTRY, ".long pvh_entry");

/* Tables of the whole 4 GiB in 2 MiB pages: whatever is or will be there has its own number as its address. */
__asm__(".pushsection .data\n"
	".p2align 12\n"
	"l4: .quad l3 + 0x63\n"
	".skip 4088\n"
	"l3: .quad l2 + 0x63, l2 + 0x1063, l2 + 0x2063, l2 + 0x3063\n"
	".skip 4064\n"
	/* The first 2 MiB are pages, the first of which is not there: a null pointer is none. */
	"l1: .quad 0\n"
	".set at, 1\n"
	".rept 511\n"
	".quad (at << 12) + 0x63\n"
	".set at, at + 1\n"
	".endr\n"
	"l2: .quad l1 + 0x63\n"
	".set at, 1\n"
	".rept 2047\n"
	".quad (at << 21) + 0xe3\n"
	".set at, at + 1\n"
	".endr\n"
	"gdt: .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff\n"
	"gdt_pointer: .word gdt_pointer - gdt - 1\n"
	".long gdt\n"
	".popsection\n");

/* ebx: the start info structure. */
__asm__(".pushsection .text\n"
	".globl pvh_entry\n"
	".code32\n"
	"pvh_entry:\n"
	"cld\n"
	"lgdt gdt_pointer\n"
	"mov %cr4, %eax\n"
	"or $0x20, %eax\n" /* PAE */
	"mov %eax, %cr4\n"
	"mov $l4, %eax\n"
	"mov %eax, %cr3\n"
	"mov $0xc0000080, %ecx\n"
	"rdmsr\n"
	"or $0x100, %eax\n" /* EFER.LME */
	"wrmsr\n"
	"mov %cr0, %eax\n"
	"or $0x80010001, %eax\n" /* PG, WP, PE */
	"mov %eax, %cr0\n"
	"ljmp $8, $1f\n"
	".code64\n"
	"1: mov $16, %eax\n"
	"mov %eax, %ds\n"
	"mov %eax, %es\n"
	"mov %eax, %ss\n"
	"mov $stack_top, %esp\n"
	"mov %ebx, %edi\n"
	"call start\n"
	"ud2\n"
	".popsection\n");

#define DROP_PV_WORDS ""

#endif

/*
 * 32 entries of 16 bytes. A trap that returns was one of guarded_copy()'s: there is nothing to restore but the stack
 * pointer, since the copy changes no register that its caller expects to find again, and trap() neither.
 */
__asm__(".pushsection .text\n"
	".globl trap_stubs\n"
	".p2align 4\n"
	"trap_stubs:\n"
	".set at, 0\n"
	".rept 32\n"
	".p2align 4\n" DROP_PV_WORDS
	".if (at != 8) && (at != 17) && (at != 21) && (at != 29) && (at != 30) && ((at < 10) || (at > 14))\n"
	"push $0\n"
	".endif\n"
	"push $at\n"
	"jmp trap_common\n"
	".set at, at + 1\n"
	".endr\n"
	"trap_common:\n"
	"cld\n"
	"mov %rsp, %rdi\n"
	"and $-16, %rsp\n"
	"call trap\n"
	"mov guard_rsp, %rsp\n"
	"mov $-14, %rax\n"
	"ret\n"

	".globl guarded_copy, guard_insn\n"
	"guarded_copy:\n"
	"mov %rsp, guard_rsp\n"
	"mov %rdx, %rcx\n"
	"guard_insn: rep movsb\n"
	"xor %eax, %eax\n"
	"ret\n"
	".popsection\n");
