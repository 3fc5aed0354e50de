// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PV domain, from the entry to its first wait, and what only it has.
 *
 * The toolstack's tables map the image and little more. The rest of the RAM is mapped here, and tables are put under
 * the slots. Page tables are never mapped by this code: Xen clears them and writes their entries, by machine address.
 */
#include "inside.h"

#define ENTRIES	 512u
#define PTE_RW	 0x63ull /* present, writable, accessed, dirty */
#define FRAME(e) ((e) >> 12 & 0xffffffffffull)
#define UPDATES	 256

static char shared_page[PAGE] __attribute__((aligned(4096)));
struct shared_info *const shared = (struct shared_info *)shared_page;

static const uint64_t *p2m;
static uint64_t l2_mfn;
static uint64_t l1_mfn[ENTRIES]; /* below the one L2, 0: not there */
static struct mmu_update updates[UPDATES];
static unsigned nr_updates;

/* Kernel and RAM are one linear range, from 0. */
static void *linear(uint64_t pfn)
{
	return (void *)(pfn * PAGE);
}

static const uint64_t *table_of(uint64_t mfn)
{
	return linear(machine_to_phys_mapping[mfn]);
}

uint64_t fault_address(void)
{
	return shared->vcpu_info[0].arch.cr2;
}

/* The processor says it: all that is not mapped faults. */
bool may_access(uint64_t address, bool write)
{
	(void)address;
	(void)write;
	return true;
}

/* Xen has no line for a PV domain that is not its console's owner. */
void debug_line(const char *line)
{
	(void)line;
}

static void flush_updates(void)
{
	if (nr_updates &&
	    hypercall(__HYPERVISOR_mmu_update, (uint64_t)updates, nr_updates, 0, DOMID_SELF, 0))
		crash("mmu_update failed");
	nr_updates = 0;
}

static void set_entry(uint64_t table_mfn, unsigned index, uint64_t value)
{
	updates[nr_updates].ptr = (table_mfn * PAGE + index * 8) | MMU_NORMAL_PT_UPDATE;
	updates[nr_updates].val = value;
	if (++nr_updates == UPDATES)
		flush_updates();
}

static void map_linear(uint64_t pfn, uint64_t value)
{
	if (hypercall(__HYPERVISOR_update_va_mapping, pfn * PAGE, value, UVMF_INVLPG, 0, 0))
		crash("update_va_mapping failed");
}

/* Make RAM page pfn the table under entry index of the L2. It must be mapped nowhere, as any table. */
static void add_l1(unsigned index, uint64_t pfn)
{
	struct mmuext_op clear = { .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = p2m[pfn] };

	flush_updates();
	if (l1_mfn[pfn / ENTRIES])
		map_linear(pfn, 0);
	if (hypercall(__HYPERVISOR_mmuext_op, (uint64_t)&clear, 1, 0, DOMID_SELF, 0))
		crash("MMUEXT_CLEAR_PAGE failed");
	set_entry(l2_mfn, index, p2m[pfn] * PAGE | PTE_RW | 4);
	l1_mfn[index] = p2m[pfn];
}

/* Returns the end of the RAM that is mapped: tables have been taken off its end. */
static uint64_t map_all(uint64_t first, uint64_t pages)
{
	uint64_t end = pages;

	for (unsigned i = 0; i < GNB_DOMAIN_SLOTS / ENTRIES; i++) {
		unsigned index = GNB_DOMAIN_SLOT_PFN / ENTRIES + i;

		add_l1(index, --end);
		control.slot_l1_mfn[i] = l1_mfn[index];
	}
	for (unsigned i = 0; i * ENTRIES < end; i++)
		if (!l1_mfn[i])
			add_l1(i, --end);
	for (uint64_t pfn = first; pfn < end; pfn++)
		set_entry(l1_mfn[pfn / ENTRIES], pfn % ENTRIES, p2m[pfn] * PAGE | PTE_RW);
	flush_updates();
	map_linear(0, 0);
	return end;
}

static void find_tables(const struct start_info *si)
{
	const uint64_t *l4 = (const uint64_t *)si->pt_base, *l2;

	l2_mfn = FRAME(table_of(FRAME(l4[0]))[0]);
	l2 = table_of(l2_mfn);
	for (unsigned i = 0; i < ENTRIES; i++)
		l1_mfn[i] = l2[i] & 1 ? FRAME(l2[i]) : 0;
}

static void set_traps(void)
{
	static struct trap_info t[33];

	for (unsigned i = 0; i < 32; i++) {
		t[i].vector = (uint8_t)i;
		t[i].cs = FLAT_KERNEL_CS;
		t[i].address = (unsigned long)trap_stubs[i];
	}
	if (hypercall(__HYPERVISOR_set_trap_table, (uint64_t)t, 0, 0, 0, 0))
		crash("set_trap_table failed");
}

_Noreturn void start(const struct start_info *si);
_Noreturn void start(const struct start_info *si)
{
	/* Behind the tables there is one page of stack, which is not used. */
	uint64_t first = si->pt_base / PAGE + si->nr_pt_frames + 1, list = si->mfn_list / PAGE;
	static char cmdline[128];

	control.type = GNB_DOMAIN_PV;
	map_linear((uint64_t)shared_page / PAGE, si->shared_info | PTE_RW);
	set_traps();
	if (si->nr_pages < GNB_DOMAIN_MIN_PAGES || si->nr_pages > GNB_DOMAIN_MAX_PAGES)
		crash("too little or too much RAM");
	for (unsigned i = 0; i < sizeof(cmdline) - 1 && si->cmd_line[i]; i++)
		cmdline[i] = (char)si->cmd_line[i];
	p2m = (const uint64_t *)si->mfn_list;
	control.pages = (uint32_t)si->nr_pages;
	control.p2m_pages = (control.pages + ENTRIES - 1) / ENTRIES;
	for (uint32_t i = 0; i < control.p2m_pages; i++)
		control.p2m_mfn[i] = p2m[list + i];
	find_tables(si);
	control.pool_pfn = (uint32_t)first;
	control.pool_pages = (uint32_t)(map_all(first, si->nr_pages) - first);
	serve(cmdline);
}
