// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the xen target answers, in every kind of domain and with every choice of roles: without Xen,
 * by what the module would say. That the machines work is tests/lab_test.sh's to show.
 */
#include <errno.h>
#include <string.h>

#include "choice.h"
#include "offers.h"
#include "operations.h"
#include "shadow_op.h"
#include "tap.h"

static const struct gnb_guest_info
	pv = { .abi = GNB_GUEST_ABI, .flags = GNB_GUEST_INITIAL, .grant_version = 1 },
	pv_v2 = { .abi = GNB_GUEST_ABI, .flags = GNB_GUEST_INITIAL, .grant_version = 2 },
	pvh = { .abi = GNB_GUEST_ABI,
		.flags = GNB_GUEST_INITIAL | GNB_GUEST_TRANSLATED,
		.grant_version = 1 },
	pv_domu = { .abi = GNB_GUEST_ABI, .domid = 7, .grant_version = 1 },
	lost_domu = { .abi = GNB_GUEST_ABI, .domid = GNB_XEN_NO_DOMID, .grant_version = 1 },
	pvh_domu = {
		.abi = GNB_GUEST_ABI, .flags = GNB_GUEST_TRANSLATED, .domid = 7, .grant_version = 1
	};
static const struct gnb_xen_means all = { .privcmd = true, .maker = true, .cpus = 2 },
				  no_maker = { .privcmd = true, .cpus = 2 },
				  no_device = { .maker = true, .cpus = 2 };

/* "key=value,key=value" */
static void choose(const char *text)
{
	char copy[200], *save = NULL;
	const char *why;

	gnb_xen_choose_nothing();
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *kv = strtok_r(copy, ",", &save); kv; kv = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(kv, '=');

		*eq = '\0';
		if (gnb_xen_option(kv, eq + 1, &why))
			ok(0, "%s=%s is refused: %s", kv, eq + 1, why);
	}
}

/* The reason has the word; NULL: there is no reason. */
static void expect(const char *what, const char *got, const char *word)
{
	ok(word ? got && strstr(got, word) && !strchr(got, '\n') : !got, "%s: %s", what,
	   got ? got : "yes");
}

static void refused(const char *options, const char *what, const struct gnb_guest_info *info,
		    const struct gnb_xen_means *means, const char *word)
{
	char name[200];

	choose(options);
	snprintf(name, sizeof(name), "%s, '%s'", what, options);
	expect(name, gnb_xen_choice_refused(info, means), word);
}

static void check_options(void)
{
	static const char *const wrong[][2] = {
		{ "granter", "moon" },	       { "iommu", "batched" },
		{ "device", "00:03.0" },       { "device", "0000:00:03.0 " },
		{ "device", "0000:00:03.00" }, { "colour", "red" }
	};
	const char *why = NULL;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++, why = NULL)
		ok(gnb_xen_option(wrong[i][0], wrong[i][1], &why) && why, "%s=%s is refused",
		   wrong[i][0], wrong[i][1]);
	for (const struct gnb_target_option *o = gnb_xen_options; o->key; o++) {
		char values[64], *save = NULL;

		snprintf(values, sizeof(values), "%s",
			 strcmp(o->key, "device") ? o->values : "0000:00:03.0|ffff:ff:1f.7");
		for (char *v = strtok_r(values, "|", &save); v; v = strtok_r(NULL, "|", &save))
			ok(!gnb_xen_option(o->key, v, &why), "%s=%s", o->key, v);
	}
}

static void check_defaults(void)
{
	struct gnb_xen_choice c;

	choose("");
	c = gnb_xen_choice(&pv, &all);
	ok(c.granter_guest && !c.mapper_guest && c.granter_type == GNB_DOMAIN_PVH && c.iommu == -1,
	   "dom0 that can make domains: granter=guest, PVH; what it means for the IOMMU is not "
	   "known");
	c = gnb_xen_choice(&pv, &no_maker);
	ok(!c.granter_guest && c.iommu == GNB_IOMMU_NONE,
	   "without grantbench-domain: granter=self, and no IOMMU work");
	ok(!gnb_xen_choice(&pv, &no_device).granter_guest,
	   "without /dev/xen/privcmd: granter=self");
	ok(!gnb_xen_choice(&pv_domu, &all).granter_guest, "a domU: granter=self");
	choose("mapper=guest");
	c = gnb_xen_choice(&pv, &all);
	ok(c.granter_guest && c.mapper_guest && c.iommu == GNB_IOMMU_NONE,
	   "mapper=guest: so is the granter, and no IOMMU work");
	choose("granter=guest,granter_type=pv,iommu=strict");
	c = gnb_xen_choice(&pvh, &all);
	ok(c.granter_guest && c.granter_type == GNB_DOMAIN_PV && c.iommu == GNB_IOMMU_STRICT,
	   "what is asked for is what there is");
}

static void check_choices(void)
{
	refused("granter=self", "PV dom0", &pv, &no_maker, NULL);
	refused("granter=self", "PV domU", &pv_domu, &no_device, NULL);
	refused("", "PV domU", &pv_domu, &all, NULL);
	refused("mapper=guest", "PV domU", &pv_domu, &all, "only dom0");
	refused("granter=self", "PV domU without a number", &lost_domu, &all, "number");
	refused("granter=self", "PVH dom0", &pvh, &all, "granter=guest");
	refused("", "PVH dom0 without the program", &pvh, &no_maker, "grantbench-domain");
	refused("", "PVH domU", &pvh_domu, &all, "only dom0");
	refused("granter=guest", "PV dom0", &pv, &all, NULL);
	refused("granter=guest", "PVH dom0", &pvh, &all, NULL);
	refused("granter=guest", "PV domU", &pv_domu, &all, "only dom0");
	refused("granter=guest", "PV dom0 without the program", &pv, &no_maker, "GNB_DOMAIN_MAKER");
	refused("granter=guest", "PV dom0 without the device", &pv, &no_device, "privcmd");
	refused("mapper=guest", "PVH dom0", &pvh, &all, NULL);
	refused("mapper=guest,granter=self", "PV dom0", &pv, &all, "granter=guest");
	refused("granter=self,granter_type=pv", "PV dom0", &pv, &all, "granter_type");
	refused("granter=self,iommu=strict", "PV dom0", &pv, &all, "to itself");
	refused("mapper=guest,iommu=strict", "PV dom0", &pv, &all, "no device");
	refused("granter=guest,iommu=shared", "PV dom0", &pv, &all, "no p2m");
	refused("granter=guest,iommu=shared", "PVH dom0", &pvh, &all, NULL);
	refused("granter=self,iommu=none", "PV dom0", &pv, &all, NULL);
}

static const struct gnb_version *version(const char *name)
{
	return gnb_version_find(name, strlen(name));
}

/* Version 1 unless it says another. */
static void config(const char *what, const struct gnb_machine_config *c,
		   const struct gnb_guest_info *info, const char *word)
{
	struct gnb_machine_config of = *c;

	if (!of.version)
		of.version = version("v1");
	expect(what, gnb_xen_config_refused(&of, info, &all), word);
}

static void check_self(void)
{
	struct gnb_machine_config c = { .grant_frames = 1 };

	choose("granter=self");
	config("self: v1 on v1", &c, &pv, NULL);
	config("self: v1 on v2", &c, &pv_v2, "version 2 at boot");
	c.version = version("v2");
	config("self: v2 on v1", &c, &pv, "version 1 at boot");
	config("self: v2 on v2", &c, &pv_v2, NULL);
	c = (struct gnb_machine_config){ .max_grant_frames = 64 };
	config("self: a table with a limit", &c, &pv, "Linux's");
	c = (struct gnb_machine_config){ .mapper = GNB_MAPPER_TRANSLATED };
	config("self: a translated mapper in a PV domain", &c, &pv, "PV");
	c = (struct gnb_machine_config){ .iommu = GNB_IOMMU_STRICT };
	config("self: with IOMMU work", &c, &pv, "iommu");
	c = (struct gnb_machine_config){ .vcpus = { 1, 3 } };
	config("self: more vCPUs than there are", &c, &pv, "vCPUs");
}

static void check_guests(void)
{
	struct gnb_machine_config c = { .version = version("v2"), .max_grant_frames = 64 };

	choose("granter=guest");
	config("guest: v2, its own limit, whatever Linux has", &c, &pv, NULL);
	c.version = version("v1");
	config("guest: v1, where Linux has v2", &c, &pv_v2, NULL);
	c.version = version("v1-batch");
	config("guest: v1-batch", &c, &pv, "gnttab-rival=batch");
	c = (struct gnb_machine_config){ .mapper = GNB_MAPPER_PV, .grant_frames = 1 };
	config("guest: a PV mapper in a PVH dom0", &c, &pvh, "translated");
	c.mapper = GNB_MAPPER_TRANSLATED;
	config("guest: a translated one", &c, &pvh, NULL);
	c.vcpus[GNB_MAPPER] = 2;
	config("guest: the mapper is Linux, with its vCPUs", &c, &pvh, NULL);
	c.vcpus[GNB_GRANTER] = 2;
	config("guest: a granter with two vCPUs", &c, &pvh, "one vCPU");
	choose("granter=guest,iommu=strict");
	c = (struct gnb_machine_config){ .mapper = GNB_MAPPER_TRANSLATED,
					 .iommu = GNB_IOMMU_STRICT };
	config("guest: IOMMU work as it was said", &c, &pvh, NULL);
	c.iommu = GNB_IOMMU_SHARED;
	config("guest: and not as it was not", &c, &pvh, "iommu");
	choose("mapper=guest");
	c = (struct gnb_machine_config){ .mapper = GNB_MAPPER_TRANSLATED, .map_slots = 4096 };
	config("mapper=guest: a translated mapper in a PV dom0", &c, &pv, NULL);
	c.map_slots++;
	config("mapper=guest: more slots than it has", &c, &pv, "slots");
	c = (struct gnb_machine_config){ .mapper = GNB_MAPPER_PV, .vcpus = { 1, 2 } };
	config("mapper=guest: two vCPUs", &c, &pv, "one vCPU");
	c = (struct gnb_machine_config){ .granter_pages = 1u << 17 };
	config("mapper=guest: more RAM than there can be", &c, &pv, "256 MiB");
}

/* The value of a parameter that is fixed; "-": it means nothing, "": it is a choice. */
static const char *fixed(const char *param, const struct gnb_guest_info *info)
{
	for (const struct gnb_fixed *f = gnb_xen_choice_fixed(info, &all); f->param; f++)
		if (!strcmp(f->param, param))
			return f->value ? f->value : "-";
	return "";
}

static void check_fixed(void)
{
	choose("granter=self");
	ok(!strcmp(fixed("mapper", &pv), "pv") && !strcmp(fixed("iommu", &pv), "none"),
	   "granter=self: mapper:pv, iommu:none");
	choose("granter=guest");
	ok(!strcmp(fixed("mapper", &pvh), "translated") && !strcmp(fixed("iommu", &pvh), "-"),
	   "PVH dom0: mapper:translated; without a word on the IOMMU it is not in the names");
	choose("granter=guest,iommu=strict");
	ok(!strcmp(fixed("iommu", &pvh), "strict"), "with iommu=strict it is");
	choose("mapper=guest");
	ok(!strcmp(fixed("mapper", &pv), "") && !strcmp(fixed("iommu", &pv), "none"),
	   "mapper=guest: the mapper is a choice, iommu:none");
	ok(!strcmp(fixed("flush", &pv), "-") && !strcmp(fixed("entry", &pv), "-") &&
		   !strcmp(fixed("cpus", &pv), "-"),
	   "hv's stand-ins mean nothing");
}

/* The versions that a Xen has which answers and says that. */
static void offers(const char *what, unsigned answered, const char *said, const char *list)
{
	unsigned offered = gnb_xen_offered(answered, gnb_xen_rivals(said));

	ok(!strcmp(gnb_xen_offer_list(offered), list), "%s: %s", what, gnb_xen_offer_list(offered));
}

static const char *offer_refused(const char *name, unsigned offered)
{
	return gnb_xen_offer_refused(version(name), offered);
}

static void check_offers(void)
{
	struct gnb_version odd = *version("v1");
	unsigned v3 = GNB_XEN_V3;

	offers("a Xen as it is", 0, "", "v1,v2");
	offers("with version 3", v3, "", "v1,v2,v3");
	offers("with arguments in blocks version 1 is another", v3, "args", "v1-args,v3");
	offers("so it is with one flush", 0, "batch", "v1-batch");
	offers("two at once are neither", 0, "args batch", "");
	offers("ranges have operations of their own", v3 | GNB_XEN_RANGE, "range",
	       "v1,v2,v1-range,v3");
	offers("which have to answer", v3, "range", "v1,v2,v3");
	offers("and to be said", v3 | GNB_XEN_RANGE | GNB_XEN_REVOKE, "", "v1,v2,v3");
	offers("superpages", 0, "super", "v1-super");
	offers("revoke", GNB_XEN_REVOKE, "revoke", "v1-revoke");
	offers("unknown words", 0, "ar argsx  rangee ", "v1,v2");
	expect("v3 on a Xen as it is", offer_refused("v3", 0), "operations");
	expect("v1-range there", offer_refused("v1-range", 0), "gnttab-rival=range");
	expect("v1 beside a rival", offer_refused("v1", GNB_XEN_BATCH), "gnttab-rival=batch");
	odd.name = "v9";
	expect("a version of which nothing is known", gnb_xen_offer_refused(&odd, ~0u), "v9");
	/* None that there is has been forgotten. */
	for (const struct gnb_version *v = gnb_versions; v->name; v++) {
		bool some = false;

		for (unsigned all = 0; all < 64; all++)
			some |= !gnb_xen_offer_refused(v, all);
		ok(some, "%s: some Xen has it", v->name);
	}
}

/* Version 3 by the roles and the memory that it needs. */
static void check_v3(void)
{
	static const struct gnb_xen_means v3 = {
		.privcmd = true, .maker = true, .cpus = 2, .offered = GNB_XEN_V3
	};
	struct gnb_machine_config c = { .version = version("v3"), .nodes = 3, .granter_pages = 64 };

	choose("mapper=guest");
	expect("v3, mapper=guest", gnb_xen_config_refused(&c, &pv, &v3), NULL);
	expect("v3, a Xen without", gnb_xen_config_refused(&c, &pv, &all), "operations");
	c.mapper = GNB_MAPPER_TRANSLATED;
	c.granter_pages = c.map_slots = 512;
	expect("2 MiB", gnb_xen_config_refused(&c, &pv, &v3), NULL);
	c.max_v3_pages = 2000;
	expect("more memory", gnb_xen_config_refused(&c, &pv, &v3), "v3-pages");
	c.max_v3_pages = 0;
	c.no_walk_cache = true;
	expect("without a cache", gnb_xen_config_refused(&c, &pv, &v3), "v3-cache");
	c.no_walk_cache = false;
	c.nodes = 1u << 16;
	expect("more nodes than memory", gnb_xen_config_refused(&c, &pv, &v3), "256 MiB");
	c.nodes = 3;
	c.second = true;
	expect("two mappers", gnb_xen_config_refused(&c, &pv, &v3), "second");
	c.second = false;
	choose("mapper=guest,granter_type=pv");
	expect("2 MiB of a PV granter", gnb_xen_config_refused(&c, &pv, &v3), "granter_type");
	c.granter_pages = 64;
	expect("64 pages of one", gnb_xen_config_refused(&c, &pv, &v3), NULL);
	choose("granter=guest");
	c.mapper = GNB_MAPPER_PV;
	expect("dom0 maps", gnb_xen_config_refused(&c, &pv, &v3), "mapper=guest");
}

/* Every operation of a kind, by its first and its last number. */
static void operations(const char *what, enum gnb_op_kind kind, unsigned first, unsigned last,
		       const struct gnb_guest_info *info, const struct gnb_xen_means *means,
		       const char *word)
{
	char name[200];

	for (unsigned nr = first; nr <= last; nr++) {
		snprintf(name, sizeof(name), "%s, operation %u", what, nr);
		expect(name, gnb_xen_operation_refused(kind, nr, info, means), word);
	}
}

/* Who can be a toolstack, of whom, and what a Xen without an operation says. */
static void check_tools(void)
{
	static const struct gnb_xen_means none = { .privcmd = true, .maker = true, .cpus = 1 };
	struct gnb_xen_means m = none;
	struct gnb_machine_config c = { .version = gnb_versions,
					.mapper = GNB_MAPPER_TRANSLATED,
					.logged = true,
					.granter_pages = 1024,
					.args_pages = 3 };

	m.domctl = DOMCTL_INTERFACE;
	choose("");
	operations("log-dirty of dom0", GNB_OP_LOG_DIRTY, GNB_LOG_ENABLE, GNB_LOG_REPORT, &pv, &m,
		   NULL);
	operations("a PVH dom0", GNB_OP_LOG_DIRTY, GNB_LOG_ENABLE, GNB_LOG_REPORT, &pvh, &m, NULL);
	operations("what only a model knows", GNB_OP_LOG_DIRTY, GNB_LOG_STATS, GNB_LOG_STATS, &pv,
		   &m, "recorded");
	operations("KVM's ways", GNB_OP_LOG_DIRTY, GNB_LOG_COLLECT, GNB_LOG_CLEAR, &pv, &m,
		   "KVM's");
	operations("beyond", GNB_OP_LOG_DIRTY, GNB_LOG_CLEAR + 1, GNB_LOG_CLEAR + 1, &pv, &m,
		   "no such");
	operations("marks", GNB_OP_LOG_WAY, GNB_WAY_MARKS, GNB_WAY_MARKS, &pv, &m, NULL);
	operations("another way", GNB_OP_LOG_WAY, GNB_WAY_GET, GNB_WAYS, &pv, &m, "by marks");
	operations("moves", GNB_OP_MEMORY, GNB_MEMORY_MOVE, GNB_MEMORY_MOVE_RANGE, &pv, &m, NULL);
	operations("into dom0 itself", GNB_OP_MEMORY, GNB_MEMORY_FOREIGN, GNB_MEMORY_REMOVE, &pv,
		   &m, "dom0's own");
	operations("extents", GNB_OP_MEMORY, GNB_MEMORY_DECREASE, GNB_MEMORY_POPULATE, &pv, &m,
		   NULL);
	operations("beyond", GNB_OP_MEMORY, GNB_MEMORY_POPULATE + 1, GNB_MEMORY_POPULATE + 1, &pv,
		   &m, "no such");
	operations("no device", GNB_OP_MAPPING, GNB_MAPPING_PERMIT, GNB_MAPPING_UNMAP, &pv, &m,
		   "device=");
	operations("a device of a domain", GNB_OP_DEVICE, GNB_DEVICE_WRITE, GNB_DEVICE_WRITE, &pv,
		   &m, "no device");
	operations("lending", GNB_OP_LENDING, GNB_LENDING_LEND, GNB_LENDING_STATS, &pv, &m,
		   "revoked");
	operations("PV-IOMMU", GNB_OP_PV_IOMMU, 0, 0, &pv, &m, "yet");
	ok(gnb_xen_operation(NULL, NULL, GNB_OP_LOG_DIRTY, GNB_LOG_PEEK, NULL) == -EOPNOTSUPP,
	   "a machine that was made without a toolstack has none");
	expect("a machine with one, by a PV dom0", gnb_xen_config_refused(&c, &pv, &m), NULL);
	expect("and by a PVH dom0", gnb_xen_config_refused(&c, &pvh, &m), NULL);
	c.ram = GNB_RAM_PIECES;
	expect("in pieces", gnb_xen_config_refused(&c, &pv, &m), NULL);
	c.ram = GNB_RAM_SCATTERED;
	expect("scattered", gnb_xen_config_refused(&c, &pv, &m), "Xen's affair");
	c.ram = GNB_RAM_WHOLE;
	c.log_bits = true;
	expect("with dirty bits of a device", gnb_xen_config_refused(&c, &pv, &m), "no device");
	c.log_bits = false;
	c.log_iommu = GNB_IOMMU_STRICT;
	expect("with tables of a device", gnb_xen_config_refused(&c, &pv, &m), "no device");
	c.log_iommu = GNB_IOMMU_NONE;
	c.lends = true;
	expect("that lends", gnb_xen_config_refused(&c, &pv, &m), "lends no");
	c.lends = false;
	c.granter_pages = 1u << 16;
	expect("of 256 MiB and what it needs itself", gnb_xen_config_refused(&c, &pv, &m),
	       "256 MiB");
	c.granter_pages = 1024;
	c.device_pages = 512;
	expect("with a device's memory", gnb_xen_config_refused(&c, &pv, &m), "device=");
	m.device_why = "no PCI device of that name";
	expect("of one that is not there", gnb_xen_config_refused(&c, &pv, &m), "of that name");
	m.device_pages = 511;
	expect("of a small one", gnb_xen_config_refused(&c, &pv, &m), "less memory");
	m.device_pages = 512;
	expect("of one that has it", gnb_xen_config_refused(&c, &pv, &m), NULL);
	operations("with it", GNB_OP_MAPPING, GNB_MAPPING_PERMIT, GNB_MAPPING_UNMAP, &pv, &m, NULL);
	operations("a PV domU", GNB_OP_LOG_DIRTY, GNB_LOG_PEEK, GNB_LOG_PEEK, &pv_domu, &m,
		   "only dom0");
	choose("granter=self");
	expect("dom0's own pages", gnb_xen_config_refused(&c, &pv, &m), "granter=guest");
	choose("granter=guest,granter_type=pv");
	expect("a PV granter", gnb_xen_config_refused(&c, &pv, &m), "granter_type=pvh");
	choose("mapper=guest");
	expect("a domain of our own asks", gnb_xen_config_refused(&c, &pv, &m), "mapper=here");
	choose("");
	for (int wrong = 0x0a; wrong < 0x30; wrong++) {
		char word[8];

		if (wrong == DOMCTL_INTERFACE)
			continue;
		m.domctl = wrong;
		snprintf(word, sizeof(word), "%#x", (unsigned)wrong);
		expect("another interface", gnb_xen_tools_refused(&pv, &m), word);
	}
	m.domctl = 0;
	expect("none that is known", gnb_xen_tools_refused(&pv, &m), "no version");
	m.domctl = -ENOENT;
	expect("a kernel without the device", gnb_xen_tools_refused(&pv, &m), "/dev/xen/hypercall");
}

int main(void)
{
	check_tools();
	check_offers();
	check_v3();
	check_options();
	check_defaults();
	check_choices();
	check_self();
	check_guests();
	check_fixed();
	return tap_done();
}
