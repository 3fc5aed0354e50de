// SPDX-License-Identifier: GPL-2.0-only
/* Options of the xen target, who has which role, and what is refused. */
#include "choice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <shadow_op.h>

#include "pci.h"
#include "offers.h"

#define GUEST_FRAMES_MAX 1024
#define GUEST_PAGES_MAX	 (GNB_DOMAIN_MAX_PAGES - 2048)

/* Index into the values of its option, or -1: not asked for. */
static struct {
	int granter, type, mapper, iommu;
	char device[16]; /* "": not asked for */
} asked = { -1, -1, -1, -1, "" };

static const char *const granters[] = { "self", "guest", NULL };
static const char *const types[] = { "pvh", "pv", NULL };
static const char *const mappers[] = { "here", "guest", NULL };
static const char *const iommus[] = { "none", "strict", "shared", NULL };

const struct gnb_target_option gnb_xen_options[] = {
	{ "granter", "self|guest",
	  "whose pages are mapped: those of this domain, or of a domain made for it (where dom0 "
	  "can make one)" },
	{ "granter_type", "pvh|pv", "what kind of domain granter=guest makes (pvh)" },
	{ "mapper", "here|guest",
	  "who maps: this domain, or one made for it, of the kind that the parameter mapper says "
	  "(here)" },
	{ "iommu", "none|strict|shared",
	  "what grants that this domain maps mean for the IOMMU: Xen does not tell" },
	{ "device", "SSSS:BB:DD.F",
	  "a PCI device of dom0's whose memory may be mapped into the granter and written to: without "
	  "one nothing is" },
	{ 0 },
};

static int look_up(const char *const *values, const char *value)
{
	for (int i = 0; values[i]; i++)
		if (!strcmp(values[i], value))
			return i;
	return -1;
}

int gnb_xen_option(const char *key, const char *value, const char **why)
{
	static const struct {
		const char *key;
		const char *const *values;
		int *to;
		const char *why;
	} known[] = {
		{ "granter", granters, &asked.granter, "no other granter is known" },
		{ "granter_type", types, &asked.type, "there are two kinds of domains" },
		{ "mapper", mappers, &asked.mapper, "no other mapper is known" },
		{ "iommu", iommus, &asked.iommu, "Xen knows no other" },
	};

	if (!strcmp(key, "device")) {
		*why = "a PCI device is written as 0000:00:03.0";
		if (!gnb_xen_device_name(value))
			return -EINVAL;
		snprintf(asked.device, sizeof(asked.device), "%s", value);
		return 0;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		int v = look_up(known[i].values, value);

		if (strcmp(known[i].key, key))
			continue;
		*why = known[i].why;
		if (v < 0)
			return -EINVAL;
		*known[i].to = v;
		return 0;
	}
	*why = "there is no such option";
	return -EINVAL;
}

void gnb_xen_choose_nothing(void)
{
	asked.granter = asked.type = asked.mapper = asked.iommu = -1;
	asked.device[0] = '\0';
}

static bool can_make(const struct gnb_guest_info *info, const struct gnb_xen_means *means)
{
	return info->flags & GNB_GUEST_INITIAL && means->privcmd && means->maker;
}

struct gnb_xen_choice gnb_xen_choice(const struct gnb_guest_info *info,
				     const struct gnb_xen_means *means)
{
	static const int modes[] = { GNB_IOMMU_NONE, GNB_IOMMU_STRICT, GNB_IOMMU_SHARED };
	struct gnb_xen_choice c = {
		.mapper_guest = asked.mapper == 1,
		.granter_type = asked.type == 1 ? GNB_DOMAIN_PV : GNB_DOMAIN_PVH,
		.iommu = asked.iommu < 0 ? -1 : modes[asked.iommu],
		.device = asked.device[0] ? asked.device : NULL,
	};

	c.granter_guest =
		asked.granter < 0 ? c.mapper_guest || can_make(info, means) : asked.granter == 1;
	/* A domain of our own has no device, and Xen leaves out grants of a domain to itself
	 * (common/grant_table.c, map_grant_ref). */
	if (c.iommu < 0 && (c.mapper_guest || !c.granter_guest))
		c.iommu = GNB_IOMMU_NONE;
	return c;
}

static const char *making_refused(const struct gnb_guest_info *info,
				  const struct gnb_xen_means *means)
{
	if (!(info->flags & GNB_GUEST_INITIAL))
		return "only dom0 can make the domains that granter=guest and mapper=guest need";
	if (!means->privcmd)
		return "there is no /dev/xen/privcmd or no /dev/xen/evtchn, which making a domain "
		       "needs: load the modules xen-privcmd and xen-evtchn";
	if (!means->maker)
		return "the program grantbench-domain, which makes domains, is not in PATH: say "
		       "GNB_DOMAIN_MAKER, see docs/xen.md";
	return NULL;
}

static const char *self_refused(const struct gnb_guest_info *info,
				const struct gnb_xen_means *means)
{
	if (info->flags & GNB_GUEST_TRANSLATED) {
		if (!(info->flags & GNB_GUEST_INITIAL))
			return "this domain is translated (PVH or HVM) and would lose the pages "
			       "that it maps from itself; a second domain to map from, only dom0 "
			       "can make";
		return can_make(info, means)
			       ? "this domain is translated (PVH or HVM) and would lose the pages "
				 "that it maps from itself: say granter=guest"
			       : "this domain is translated (PVH or HVM) and would lose the pages "
				 "that it maps from itself; granter=guest needs the program "
				 "grantbench-domain and /dev/xen/privcmd, see docs/xen.md";
	}
	if (info->domid == GNB_XEN_NO_DOMID)
		return "the module does not know the number of this domain";
	return NULL;
}

const char *gnb_xen_choice_refused(const struct gnb_guest_info *info,
				   const struct gnb_xen_means *means)
{
	struct gnb_xen_choice c = gnb_xen_choice(info, means);

	if (c.mapper_guest && !c.granter_guest)
		return "mapper=guest maps from a domain of its own: it needs granter=guest";
	if (c.granter_guest) {
		const char *no = making_refused(info, means);

		if (no)
			return no;
	} else {
		const char *no = self_refused(info, means);

		if (no)
			return no;
		if (asked.type >= 0)
			return "granter_type is what granter=guest makes; here this domain grants "
			       "to itself";
	}
	if (c.iommu > GNB_IOMMU_NONE && c.mapper_guest)
		return "a domain made by grantbench has no device: with mapper=guest there is "
		       "iommu=none only";
	if (c.iommu > GNB_IOMMU_NONE && !c.granter_guest)
		return "Xen does no IOMMU work for the grants of a domain to itself: with "
		       "granter=self there is iommu=none only";
	if (c.iommu == GNB_IOMMU_SHARED && !(info->flags & GNB_GUEST_TRANSLATED))
		return "a PV domain has no p2m that an IOMMU could share: iommu=shared cannot be";
	return NULL;
}

const char *gnb_xen_tools_refused(const struct gnb_guest_info *info,
				  const struct gnb_xen_means *means)
{
	struct gnb_xen_choice c = gnb_xen_choice(info, means);
	static char text[200];

	if (!(info->flags & GNB_GUEST_INITIAL))
		return "only dom0 is a toolstack, and asks for another domain's pages";
	if (!c.granter_guest)
		return "this is about the pages of another domain: say granter=guest";
	if (c.granter_type != GNB_DOMAIN_PVH)
		return "the pages of a PV domain have no p2m of Xen's: say granter_type=pvh";
	if (c.mapper_guest)
		return "a domain made by grantbench is no toolstack: say mapper=here";
	if (means->domctl == DOMCTL_INTERFACE)
		return NULL;
	if (means->domctl < 0)
		snprintf(
			text, sizeof(text),
			"a toolstack's operations cannot be asked for: %s; they need /dev/xen/privcmd and "
			"/dev/xen/hypercall (Linux 4.18 or newer)",
			strerror(-means->domctl));
	else if (means->domctl)
		snprintf(
			text, sizeof(text),
			"Xen's domctl interface is version %#x, and %#x (Xen 4.17) is what is known here",
			(unsigned)means->domctl, DOMCTL_INTERFACE);
	else
		snprintf(
			text, sizeof(text),
			"Xen takes no version of the domctl interface that there has been; %#x (Xen 4.17) is what "
			"is known here",
			DOMCTL_INTERFACE);
	return text;
}

const char *gnb_xen_device_refused(const struct gnb_xen_means *means)
{
	if (means->device_pages)
		return NULL;
	return means->device_why
		       ? means->device_why
		       : "no device is named whose memory may be mapped into a domain: say "
			 "device=SSSS:BB:DD.F";
}

/* A machine with a toolstack. */
static const char *logged_config(const struct gnb_machine_config *c,
				 const struct gnb_guest_info *info,
				 const struct gnb_xen_means *means)
{
	const char *no = gnb_xen_tools_refused(info, means);

	if (!no && c->device_pages > means->device_pages)
		no = means->device_pages ? "the device has less memory than that"
					 : gnb_xen_device_refused(means);
	if (no || (c->log_iommu == GNB_IOMMU_NONE && !c->log_bits && !c->lends))
		return no;
	return c->lends ? "Xen lends no memory that can be revoked"
			: "a domain made by grantbench has no device, and no tables for one";
}

/* What every configuration of hv's stand-ins is told. */
static const char *stand_in(const struct gnb_machine_config *c)
{
	if (c->iommu_direct)
		return "a guest of Xen has no direct IOMMU operations";
	if (c->flush != GNB_FLUSH_COUNT)
		return "Xen flushes as it does; flush:membarrier is a stand-in of hv's";
	if (c->entry != GNB_ENTRY_NONE)
		return "hypercalls enter Xen; entry:syscall is a stand-in of hv's";
	/* What a toolstack asks for, it gives up and has again, page by page. */
	if (c->ram != GNB_RAM_WHOLE && !(c->logged && c->ram == GNB_RAM_PIECES))
		return "how a domain's memory lies in the machine is the toolstack's and Xen's affair";
	if (c->args_pages && !c->logged)
		return "a domain has no more memory for arguments than it has always";
	if (c->max_v3_pages)
		return "what version 3 may take of the hypervisor's memory is said at Xen's boot: "
		       "gnttab=v3-pages:N";
	if (c->no_walk_cache)
		return "whether version 3 remembers nodes is said at Xen's boot: gnttab=v3-cache";
	if (c->second)
		return "there is no second mapper";
	if (c->args != GNB_ARGS_WALKED)
		return "Xen walks to the arguments of a translated guest; args:direct is hv's";
	/* 8 is what benchmarks ask for when nobody asked; it says nothing about this host. */
	if (c->host_cpus > 8)
		return "the host has the CPUs it has; cpus is a parameter of hv's";
	return NULL;
}

/* What a version needs of the roles that it does not have everywhere. */
static const char *version_config(const struct gnb_machine_config *c,
				  const struct gnb_xen_choice *choice,
				  const struct gnb_xen_means *means)
{
	bool pieces = c->version->large && c->granter_pages >= 512;
	const char *no = gnb_xen_offer_refused(c->version, means->offered);

	if (no)
		return no;
	if (gnb_xen_offer_maps_anew(c->version) && !choice->mapper_guest)
		return "the module gnb_guest passes on what versions 1 and 2 map by: say "
		       "mapper=guest";
	if (pieces && choice->granter_type == GNB_DOMAIN_PV)
		return "how the memory of a PV domain lies in the machine is not known: say "
		       "granter_type=pvh";
	return NULL;
}

static const char *self_config(const struct gnb_machine_config *c,
			       const struct gnb_guest_info *info)
{
	bool v2 = c->version->entries == GNB_ENTRIES_V2;

	if (c->max_grant_frames)
		return "the domain's grant table is Linux's, and grows for Linux";
	if (c->cold || c->max_maptrack_frames)
		return "what the domain's grant table has is Linux's affair";
	if (c->grant_frames > GNB_GUEST_MAX_FRAMES)
		return "more grant frames than a file of /dev/gnb_guest can have";
	if (c->granter_pages > GNB_GUEST_MAX_PAGES)
		return "more pages than a file of /dev/gnb_guest can have";
	/* Last: another boot would mend it. */
	if (v2 != (info->grant_version == 2))
		return v2 ? "Linux chose version 1 at boot; see grant_table.version in docs/xen.md"
			  : "Linux chose version 2 at boot; see grant_table.version in docs/xen.md";
	return NULL;
}

static const char *guest_config(const struct gnb_machine_config *c)
{
	if (c->self)
		return "with granter=guest the granter is another domain than the mapper";
	if (c->max_grant_frames > GUEST_FRAMES_MAX || c->grant_frames > GUEST_FRAMES_MAX)
		return "a domain made by grantbench has room for 1024 grant frames";
	if (c->granter_pages > GUEST_PAGES_MAX || c->nodes > GUEST_PAGES_MAX - c->granter_pages)
		return "a domain made by grantbench has 256 MiB at most";
	return NULL;
}

static bool iommu_differs(const struct gnb_xen_choice *choice, enum gnb_iommu wanted)
{
	return (int)wanted != (choice->iommu < 0 ? GNB_IOMMU_NONE : choice->iommu);
}

const char *gnb_xen_config_refused(const struct gnb_machine_config *c,
				   const struct gnb_guest_info *info,
				   const struct gnb_xen_means *means)
{
	static const struct gnb_machine_config any;
	struct gnb_xen_choice choice = gnb_xen_choice(info, means);
	bool translated = info->flags & GNB_GUEST_TRANSLATED;
	unsigned cpus = choice.mapper_guest ? 1 : means->cpus;
	const char *no = gnb_xen_choice_refused(info, means);

	/* All zero asks whether there is anything at all. */
	if (no || !memcmp(c, &any, sizeof(any)))
		return no;
	no = version_config(c, &choice, means);
	if (!no)
		no = stand_in(c);
	if (no)
		return no;
	if (c->logged) {
		no = logged_config(c, info, means);
		if (no)
			return no;
	}
	/* Of what is logged it says that the granter is translated. */
	if (!choice.mapper_guest && !c->logged &&
	    (c->mapper == GNB_MAPPER_TRANSLATED) != translated)
		return translated ? "this domain is translated" : "this domain is PV";
	if (iommu_differs(&choice, c->iommu))
		return "what a grant means for the IOMMU is the machine's and Xen's affair, and no "
		       "choice here; see the target's option iommu";
	if (c->vcpus[GNB_MAPPER] > cpus)
		return choice.mapper_guest ? "a domain made by grantbench has one vCPU"
					   : "the domain has fewer vCPUs online than this needs";
	if (c->vcpus[GNB_GRANTER] > (choice.granter_guest ? 1 : means->cpus))
		return choice.granter_guest ? "a domain made by grantbench has one vCPU"
					    : "the domain has fewer vCPUs online than this needs";
	if (c->max_maptrack_frames && !choice.mapper_guest)
		return "what this domain may have of handles is said when it is made";
	if (c->map_slots > (choice.mapper_guest ? GNB_DOMAIN_SLOTS : GNB_GUEST_MAX_PAGES))
		return "more slots to map at than a mapper can have";
	return choice.granter_guest ? guest_config(c) : self_config(c, info);
}

const struct gnb_fixed *gnb_xen_choice_fixed(const struct gnb_guest_info *info,
					     const struct gnb_xen_means *means)
{
	static const char *const modes[] = {
		[GNB_IOMMU_NONE] = "none",
		[GNB_IOMMU_SHARED] = "shared",
		[GNB_IOMMU_STRICT] = "strict",
	};
	static const struct gnb_fixed always[] = {
		{ "flush", NULL, "Xen flushes as it does; what it costs is in the figures" },
		{ "entry", NULL, "hypercalls enter Xen; a stand-in for that belongs to hv" },
		{ "args", NULL,
		  "Xen walks to the arguments of a translated guest; what else there is belongs to hv" },
		{ "cpus", NULL, "the host has the CPUs it has" },
		{ "lock", NULL, "the p2m lock is that of this Xen" },
	};
	static struct gnb_fixed fixed[8];
	struct gnb_xen_choice c = gnb_xen_choice(info, means);
	unsigned n = 0;

	if (!c.mapper_guest)
		fixed[n++] = (struct gnb_fixed){ "mapper",
						 info->flags & GNB_GUEST_TRANSLATED ? "translated"
										    : "pv",
						 "a domain of Xen is what it was started as" };
	fixed[n++] =
		(struct gnb_fixed){ "iommu", c.iommu < 0 ? NULL : modes[c.iommu],
				    "Xen does what IOMMU work the machine and the domain ask for" };
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		fixed[n++] = always[i];
	fixed[n] = (struct gnb_fixed){ 0 };
	return fixed;
}
