// SPDX-License-Identifier: GPL-2.0-only
/* What each benchmark measures and what its figures do not show, in words. */
#include <string.h>

#include "describe.h"

static const struct gnb_about about[] = {
	{ "map_unmap",
	  "A mapper maps pages that a granter has granted and unmaps them again, a batch of "
	  "references per "
	  "hypercall. It is what every Xen backend does that touches a guest's data in place. Cost "
	  "is per page.",
	  "Nothing is done with the pages beyond the check that the right data is there, so the "
	  "cost of cold "
	  "caches and TLBs after a flush is not in these figures. One mapper runs at a time: "
	  "contention "
	  "is measured by p2m_lock." },
	{ "grant_access",
	  "The granter's side, which needs no hypercall: publish a grant, end access while nobody "
	  "has it "
	  "mapped, and try to end access while it is mapped.",
	  "How a guest waits for a mapper that does not let go: ending access to a page in use "
	  "fails at once "
	  "here, while a real frontend polls or leaks the page." },
	{ "copy",
	  "Grant copy by the hypervisor, against mapping the page, copying from it and unmapping "
	  "it, by number of "
	  "bytes.",
	  "Cold data: source and destination stay in the caches, so large copies look cheaper than "
	  "in a "
	  "loaded system." },
	{ "iotlb_flush",
	  "Invalidating an IOMMU's cached translations: one page at a time, a batch, a range, or a "
	  "whole domain, "
	  "with and without superpages, with tables shared with the p2m or separate.",
	  "The time of a real device's invalidation, and the misses that follow one. The "
	  "invalidation queue and "
	  "its waits are modelled; their number is exact, their time is not a hardware's." },
	{ "p2m_lock",
	  "Threads that change one guest's physical-to-machine map at the same time, on disjoint "
	  "or "
	  "overlapping ranges, with or without readers beside them. Each thread's share is shown: "
	  "a good total with one "
	  "starved thread is not a good result.",
	  "Scaling beyond the cores of this machine. Nothing is extrapolated from two points; the "
	  "counts of "
	  "shared cache lines written are what carries over to larger machines." },
	{ "table_growth",
	  "A grant table that grows from cold to its limit: the cost per new grant, the worst "
	  "single step, and the "
	  "bytes that each granted GiB costs on the guest's and on the hypervisor's side.",
	  "Growth under memory pressure, where the hypervisor may refuse; and the time to take a "
	  "table down." },
	{ "block_replay",
	  "A recorded block trace replayed as a paravirtual disk would: for each request the "
	  "granter grants its "
	  "segments, the mapper maps, touches and unmaps them. With grants per request, and with "
	  "persistent "
	  "grants that stay mapped.",
	  "Disk time, queueing and event channels: requests are replayed as fast as they are "
	  "served, so latency "
	  "is service time, not what an application would wait." },
};

const struct gnb_about *gnb_about(const char *name)
{
	static const struct gnb_about unknown = {
		"",
		"This report has no text for this benchmark; grantbench --list has its summary.",
		"See the head of the benchmark's source for what it does not measure.",
	};

	for (size_t i = 0; i < sizeof(about) / sizeof(*about); i++)
		if (!strcmp(about[i].name, name))
			return &about[i];
	return &unknown;
}

const char *gnb_about_name(size_t i)
{
	return i < sizeof(about) / sizeof(*about) ? about[i].name : NULL;
}
