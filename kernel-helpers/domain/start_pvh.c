// SPDX-License-Identifier: GPL-2.0-only
/* A PVH domain, from the entry to its first wait, and what only it has. */
#include "inside.h"

#include <xen/memory.h>
#include <xen/hvm/hvm_op.h>
#include <xen/arch-x86/hvm/start_info.h>

struct shared_info *const shared = (struct shared_info *)(GNB_DOMAIN_SHARED_PFN * PAGE);

static struct {
	uint16_t low, selector, flags, middle;
	uint32_t high, unused;
} idt[32] __attribute__((aligned(16)));

uint64_t fault_address(void)
{
	uint64_t cr2;

	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	return cr2;
}

/*
 * The processor says it of addresses outside of the tables. Inside of them it is Xen that knows what is there:
 * a hole is emulated as a device that nobody serves.
 */
bool may_access(uint64_t address, bool write)
{
	struct xen_hvm_get_mem_type t = { .domid = DOMID_SELF, .pfn = address / PAGE };

	if (address >> 32)
		return true;
	if (hypercall(__HYPERVISOR_hvm_op, HVMOP_get_mem_type, (uint64_t)&t, 0, 0, 0))
		return false;
	return t.mem_type == HVMMEM_ram_rw || (t.mem_type == HVMMEM_ram_ro && !write);
}

/* Xen prints it with guest_loglvl=all. */
void debug_line(const char *line)
{
	bool more = true;

	for (; more; line++) {
		uint8_t c = *line ? (uint8_t)*line : '\n';

		more = *line;
		__asm__ volatile("outb %0, $0xe9" : : "a"(c));
	}
}

static void cpuid(uint32_t leaf, uint32_t r[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
			 : "a"(leaf), "c"(0));
}

/* Xen fills the page with the calls of this processor. Without it nothing can be said to anybody. */
static void find_hypercalls(void)
{
	uint64_t page = (uint64_t)hypercall_page;
	uint32_t r[4];

	for (uint32_t base = 0x40000000; base < 0x40010000; base += 0x100) {
		cpuid(base, r);
		/* XenVMMXenVMM */
		if (r[1] != 0x566e6558 || r[2] != 0x65584d4d || r[3] != 0x4d4d566e)
			continue;
		cpuid(base + 2, r);
		__asm__ volatile("wrmsr"
				 :
				 : "c"(r[1]), "a"((uint32_t)page), "d"((uint32_t)(page >> 32))
				 : "memory");
		return;
	}
	__builtin_trap();
}

static void set_idt(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) pointer = { sizeof(idt) - 1, (uint64_t)idt };

	for (unsigned i = 0; i < 32; i++) {
		uint64_t at = (uint64_t)trap_stubs[i];

		idt[i].low = (uint16_t)at;
		idt[i].selector = 8;
		idt[i].flags = 0x8e00;
		idt[i].middle = (uint16_t)(at >> 16);
		idt[i].high = (uint32_t)(at >> 32);
	}
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

/* RAM that begins at 0, in pages. */
static uint32_t ram_pages(const struct hvm_start_info *si)
{
	const struct hvm_memmap_table_entry *e = (const void *)si->memmap_paddr;

	if (si->version >= 1)
		for (uint32_t i = 0; i < si->memmap_entries; i++)
			if (e[i].type == XEN_HVM_MEMMAP_TYPE_RAM && !e[i].addr)
				return (uint32_t)(e[i].size / PAGE);
	crash("the start info has no memory map");
}

static void map_shared_info(void)
{
	struct xen_add_to_physmap x = { .domid = DOMID_SELF,
					.space = XENMAPSPACE_shared_info,
					.gpfn = GNB_DOMAIN_SHARED_PFN };

	if (hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (uint64_t)&x, 0, 0, 0))
		crash("no shared info page");
}

_Noreturn void start(const struct hvm_start_info *si);
_Noreturn void start(const struct hvm_start_info *si)
{
	uint32_t first = (uint32_t)((uint64_t)image_end / PAGE), pages;
	static char cmdline[128];

	set_idt();
	find_hypercalls();
	if (si->magic != XEN_HVM_START_MAGIC_VALUE)
		crash("no start info");
	control.type = GNB_DOMAIN_PVH;
	pages = ram_pages(si);
	if (pages < GNB_DOMAIN_MIN_PAGES || pages > GNB_DOMAIN_MAX_PAGES)
		crash("too little or too much RAM");
	/* The toolstack's structures lie behind the image, where the pool begins: take what is needed out of them. */
	for (unsigned i = 0; si->cmdline_paddr && i < sizeof(cmdline) - 1; i++) {
		cmdline[i] = ((const char *)si->cmdline_paddr)[i];
		if (!cmdline[i])
			break;
	}
	control.pages = pages;
	control.pool_pfn = first;
	control.pool_pages = pages - first;
	control.table_pfn = GNB_DOMAIN_TABLE_PFN;
	map_shared_info();
	serve(cmdline);
}
