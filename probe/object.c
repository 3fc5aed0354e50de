// SPDX-License-Identifier: GPL-2.0-only
/* The programs of eBPF, as bytes of this one. */
#ifdef GNB_BPF
#define OBJECT(name)                                                                               \
	__asm__(".section .rodata\n\t.balign 8\n\t.global object_" #name ", object_" #name         \
		"_end\n"                                                                           \
		"object_" #name ":\n\t.incbin \"" GNB_BPF #name ".bpf.o\"\nobject_" #name          \
		"_end:\n\t.previous")
OBJECT(locks);
OBJECT(kernel);
OBJECT(xen);
#else
/* None: this build has no libbpf. */
const char object_locks[1], object_locks_end[1], object_kernel[1], object_kernel_end[1];
const char object_xen[1], object_xen_end[1];
#endif
