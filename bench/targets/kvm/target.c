// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM as a target, by /dev/kvm of the kernel that this runs on: a guest of a few instructions, and this process as its
 * toolstack and as who lends it memory. It has no grant tables; what it answers are operations (docs/p2m.md).
 *
 * The clock is what passes on the time-stamp counter around each call of KVM or of the memory's owner, and inside the guest
 * right around an access: nanoseconds, or instructions where GNB_TICKS_PER_INSTRUCTION says how many ticks one takes.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <gnb/target.h>

#include "here.h"
#include "lend.h"
#include "log.h"
#include "vm.h"

/* Of runs that are counted the one with the least of the first is kept: instructions, where there are any. */
enum { INSTRUCTIONS, CONTROL, COUNTED = 2, STATS = GNB_KVM_FLUSH_REQUESTS + 1 };

static const char *count_names[COUNTED + STATS + 2];

static void name_counts(void)
{
	unsigned n = 0;

	if (gnb_kvm_ticks_per_instruction()) {
		count_names[n++] = "instructions";
		count_names[n++] = "control";
	}
	for (unsigned k = 0; k < STATS; k++)
		count_names[n++] = gnb_kvm_stat_name[k];
	count_names[n] = "large_gone";
}

static int t_supported(const struct gnb_machine_config *c, const char **why)
{
	int rc = gnb_kvm_look(why);

	if (rc)
		return rc;
	name_counts();
	if (!c->version)
		return 0;
	*why = !c->logged && !c->lends ? "KVM has no grant tables"
	       : strcmp(c->version->name, "v1")
		       ? "without grant tables their versions are all the same: v1 stands for them"
	       : c->log_iommu != GNB_IOMMU_NONE || c->log_bits ? "its guest has no device"
	       : c->device_pages || c->iommu_direct	       ? "its guest has no device"
	       : c->ram == GNB_RAM_SCATTERED ? "the host says which of its pages are neighbours"
	       : (uint64_t)c->granter_pages * GNB_PAGE_SIZE > GNB_KVM_OWN
		       ? "its guest's own code begins at 3 GiB"
		       : NULL;
	if (!*why && c->logged && !c->lends)
		*why = gnb_kvm_lacks_way(c->log_way);
	return *why ? -EOPNOTSUPP : 0;
}

static int t_open(const struct gnb_machine_config *cfg, struct gnb_machine **m, const char **why)
{
	int rc = t_supported(cfg, why);

	return rc ? rc : gnb_kvm_open(cfg, m, why);
}

/* Nothing can be left: KVM ends with its descriptors, and memory with its mappings. */
static int t_close(struct gnb_machine *m, char *why, size_t len)
{
	(void)why, (void)len;
	gnb_kvm_free(m);
	return 0;
}

static struct gnb_vcpu *t_vcpu(struct gnb_machine *m, enum gnb_role role, unsigned i)
{
	if (role == GNB_GRANTER)
		return i < m->vcpus ? &m->vcpu[i] : NULL;
	return role == GNB_MAPPER && !i ? &m->tools : NULL;
}

static uint16_t t_domid(struct gnb_machine *m, enum gnb_role role)
{
	(void)m;
	return (uint16_t)role;
}

static void *t_args_alloc(struct gnb_machine *m, enum gnb_role role, size_t bytes)
{
	size_t all = GNB_PAGE_SIZE + ((bytes + GNB_PAGE_SIZE - 1) & ~(size_t)(GNB_PAGE_SIZE - 1));
	struct gnb_kvm_args *a;

	(void)role;
	a = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
		 0);
	if (a == MAP_FAILED)
		return NULL;
	a->next = m->args;
	a->bytes = all;
	m->args = a;
	return (uint8_t *)a + GNB_PAGE_SIZE;
}

static uint64_t t_args_address(struct gnb_machine *m, enum gnb_role role, const void *p)
{
	(void)m, (void)role;
	return (uintptr_t)p;
}

static uint64_t t_frame(struct gnb_machine *m, unsigned i)
{
	(void)m;
	return i;
}

static void *t_ram(struct gnb_machine *m, unsigned i)
{
	return m->ram + (size_t)i * GNB_PAGE_SIZE;
}

static void *t_own_ram(struct gnb_machine *m, unsigned i)
{
	return m->own_ram + (size_t)i * GNB_PAGE_SIZE;
}

static void *t_grant_frame(struct gnb_machine *m, unsigned i, bool status)
{
	(void)m, (void)i, (void)status;
	return NULL;
}

static int t_grow(struct gnb_machine *m, unsigned nr)
{
	(void)m, (void)nr;
	return -EOPNOTSUPP;
}

static int t_dma(struct gnb_machine *m, uint64_t dfn, unsigned off, void *buf, unsigned len,
		 bool write)
{
	(void)m, (void)dfn, (void)off, (void)buf, (void)len, (void)write;
	return -EOPNOTSUPP;
}

static const char *t_lacks(enum gnb_op_kind kind, unsigned nr)
{
	switch (kind) {
	case GNB_OP_LOG_WAY:
		return gnb_kvm_lacks_way((enum gnb_log_way)nr);
	case GNB_OP_LOG_DIRTY:
		return nr == GNB_LOG_REPORT
			       ? "whoever writes into a guest's memory beside it is its own toolstack"
		       : nr == GNB_LOG_STATS ? "what nobody recorded only a model knows"
					     : NULL;
	case GNB_OP_LENDING:
		return nr == GNB_LENDING_ANSWER
			       ? "an access of memory that a guest has a slot for is never emulated: it waits, or fails"
		       : nr == GNB_LENDING_STATS    ? "what a revoke changed only a model knows"
		       : nr == GNB_LENDING_BY_ENTRY ? "KVM locks its tables for all of a revoke"
						    : NULL;
	case GNB_OP_DEVICE:
		return "its guest has no device";
	default:
		return "KVM has no such operation: a guest's memory is its process's, by slots";
	}
}

static long t_operation(struct gnb_machine *m, struct gnb_vcpu *v, enum gnb_op_kind kind,
			unsigned nr, void *args)
{
	(void)v;
	if (kind == GNB_OP_LOG_WAY || t_lacks(kind, nr))
		return -EOPNOTSUPP;
	return kind == GNB_OP_LOG_DIRTY ? gnb_kvm_log(m, nr, args) : gnb_kvm_lending(m, nr, args);
}

static uint64_t t_now(struct gnb_machine *m)
{
	return gnb_kvm_spent(m->ticks);
}

static const struct gnb_clock *t_clock(void)
{
	static const struct gnb_clock time = { "hypercalls", "ns", t_now, false },
				      exact = { "instructions", "instructions", t_now, true };

	return gnb_kvm_ticks_per_instruction() ? &exact : &time;
}

static void t_counts(struct gnb_machine *m, struct gnb_counts *out)
{
	uint64_t *v = out->v;

	memset(out, 0, sizeof(*out));
	if (gnb_kvm_ticks_per_instruction()) {
		v[INSTRUCTIONS] = t_now(m);
		v[CONTROL] = gnb_kvm_spent(m->control);
		v += COUNTED;
	}
	for (unsigned k = 0; k < STATS; k++) {
		v[k] = gnb_kvm_stats_read(&m->stats, k);
		for (unsigned i = 0; i < m->vcpus; i++)
			v[k] += gnb_kvm_stats_read(&m->vcpu[i].stats, k);
	}
	/* Less those by which the guest only says that it has done what it was told. */
	for (unsigned i = 0; i < m->vcpus; i++)
		v[GNB_KVM_EXITS] -= m->vcpu[i].halts;
	v[STATS] = m->parted;
}

static void t_footprint(struct gnb_machine *m, uint64_t *guest, uint64_t *hv, uint64_t *mapper)
{
	(void)m;
	*guest = 0;
	*hv = *mapper = UINT64_MAX;
}

static const struct gnb_target_option t_options[] = {
	{ "revoke", "madvise|mprotect",
	  "what is lent is taken back by giving its pages away, or by a right that goes (madvise)" },
	{ "large", "thp|hugetlb",
	  "pages of 2 MiB of the guest's RAM: as the kernel finds some, or set aside (thp)" },
	{ 0 },
};

static int t_option(const char *key, const char *value, const char **why)
{
	if (!strcmp(key, "revoke")) {
		*why = "madvise or mprotect";
		gnb_kvm_revoke = strcmp(value, "mprotect") ? GNB_KVM_MADVISE : GNB_KVM_MPROTECT;
		return gnb_kvm_revoke == GNB_KVM_MPROTECT || !strcmp(value, "madvise") ? 0
										       : -EINVAL;
	}
	*why = "thp or hugetlb";
	gnb_kvm_hugetlb = !strcmp(value, "hugetlb");
	return gnb_kvm_hugetlb || !strcmp(value, "thp") ? 0 : -EINVAL;
}

static const struct gnb_target target_kvm = {
	.name = "kvm",
	.summary = "KVM of this kernel, with a guest of a few instructions",
	.count_names = count_names,
	.counting_runs = 2, /* a timer interrupt of the kernel's adds to it */
	.options = t_options,
	.option = t_option,
	.clock = t_clock,
	.facts = gnb_kvm_facts,
	.supported = t_supported,
	.open = t_open,
	.close = t_close,
	.vcpu = t_vcpu,
	.domid = t_domid,
	.args_alloc = t_args_alloc,
	.args_address = t_args_address,
	.frame = t_frame,
	.ram = t_ram,
	.own_frame = t_frame,
	.own_ram = t_own_ram,
	.grant_frame = t_grant_frame,
	.grow = t_grow,
	.map_addr = t_frame,
	.touch = gnb_kvm_touch,
	.dma = t_dma,
	.operation = t_operation,
	.lacks = t_lacks,
	.counts = t_counts,
	.footprint = t_footprint,
};
GNB_TARGET(target_kvm);
