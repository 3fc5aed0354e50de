// SPDX-License-Identifier: GPL-2.0-only
/* The programs of eBPF, as bytes of this one. */
#ifdef GNB_BPF
__asm__(".section .rodata\n\t.balign 8\n\t.global probe_object, probe_object_end\n"
	"probe_object:\n\t.incbin \"" GNB_BPF "\"\nprobe_object_end:\n\t.previous");
#else
/* None: this build has no libbpf. */
const char probe_object[1], probe_object_end[1];
#endif
