// SPDX-License-Identifier: GPL-2.0-only
/* How to read the report, its glossary, and what no figure in it can show. */
#include "report.h"

struct item {
	const char *name, *text;
};

static const struct item reading[] = {
	{ "Interval",
	  "From order statistics of the samples, which assumes nothing about the shape of the noise; nothing "
	  "is dropped as an outlier. Of a cell that was launched again the samples are the launches, else "
	  "the memory layouts of its one launch, and such an interval knows nothing of what differs between "
	  "processes. Each interval stands with its level and with what it is over; of 6 or 7 samples it is "
	  "their whole range, of fewer there is none." },
	{ "Ratio",
	  "Versions run in turn, round by round, and are compared within each round, so a drift "
	  "of the machine hits both alike. About ten times in a cell the machines are made "
	  "anew with their structures elsewhere in memory: the ratio is the median over these "
	  "layouts, and its interval is over layouts. Below 1 is less than the baseline." },
	{ "Class H",
	  "Honest in time on this machine: ratios of versions measured in turn in one process." },
	{ "Class C", "An exact count of work. It is the same on every machine and is what a gate "
		     "can rest on. Under an instruction clock the figures themselves are such "
		     "counts: a round's work is done three times and the least is kept, since what "
		     "comes between only adds; the figure is the median over rounds." },
	{ "Class S",
	  "A count of work that several threads did: it depends on the schedule, that is on "
	  "who waited for whom, and differs from run to run. It is no exact figure." },
	{ "Class X", "A single absolute time. It drifts, by up to a factor of two on shared "
		     "machines, and is printed as "
		     "context only. Do not compare it with another run's." },
	{ "Reading",
	  "Dearer or cheaper (of a rate: less or more) is said only of a ratio that is further from 1 than "
	  "the threshold and whose interval does not contain 1. Below the threshold it is no relevant "
	  "difference. What was unstable, has no interval of level 95 % or more, or whose interval contains "
	  "1 while the ratio is beyond the threshold is not established, and the reason stands with it." },
	{ "Control",
	  "The baseline's version measured once more, as any other version. Its true ratio is 1: how far it is "
	  "off is the threshold of the readings." },
	{ "Launches",
	  "Separate processes. What they do not share, the layout of the program itself among it, "
	  "can move a ratio by more than the noise within one." },
	{ "Rounds (dropped)", "How many rounds stand behind a figure. Runs during which the "
			      "measuring thread or its peer was not on its core are dropped and "
			      "counted: a flush or a lock looks cheap when nobody is there." },
	{ "Unstable", "The cell was measured, but its figures moved more than they should have." },
};

static const struct item roles[] = {
	{ "granter", "The domain that lends memory: it writes an entry in its grant table." },
	{ "mapper", "The domain that borrows it: it maps the granted page by a hypercall." },
	{ "grant reference", "The index of an entry in the granter's table." },
	{ "gfn, mfn, dfn", "Frame numbers: as a guest sees its memory, as the machine has it, and "
			   "as a device sees it." },
	{ "p2m", "The physical-to-machine map of a domain: gfn to mfn." },
	{ "pin", "A grant that is mapped at least once. The first map pins it and checks "
		 "everything; later maps of a pinned grant do less." },
	{ "maptrack", "The hypervisor's list of what a mapper has mapped; a mapping's handle is an "
		      "index into it." },
	{ "PV mapper",
	  "Maps into its own page-table entries; Xen flushes once per 32 unmapped pages." },
	{ "translated mapper",
	  "Maps into its p2m, under that map's write lock; Xen flushes once per unmapped page." },
};

/* Of runs from before manifests said what their versions are. */
static const struct item versions_before[] = {
	{ "v1, v2", "Versions 1 and 2 of Xen's grant table, as in Xen 4.17." },
	{ "v1-batch", "Version 1 with one flush per hypercall, outside the entry lock. Not in Xen: "
		      "it shows how much of any gain is batching that version 1 could have too." },
};

static const struct item terms[] = {
	{ "IOTLB", "An IOMMU's cache of translations. Changes need an invalidation, and a wait "
		   "until it is done." },
	{ "IOMMU mode",
	  "none: no IOMMU work; shared: the p2m is the IOMMU's table; strict: separate tables, one "
	  "invalidation and wait per page; batched: separate tables, one per hypercall (not in "
	  "Xen)." },
	{ "entry model", "What a hypercall's entry costs here: none (a function call) or syscall "
			 "(one real system call, as a stand-in for the trap)." },
	{ "flush model", "What a TLB flush costs here: count (done on the software TLBs and "
			 "counted) or membarrier (also a real inter-processor interrupt)." },
	{ "per-CPU rwlock", "Xen's read-write lock of the p2m and of grant tables: readers touch "
			    "only their own CPU's word, the writer looks at every CPU's." },
	{ "persistent grants", "Grants that stay mapped between requests: no map and unmap, but "
			       "the data is copied and the pages stay lent." },
	{ "centre",
	  "The combination of parameters around which one parameter at a time is varied." },
	{ "cell", "One benchmark with one combination of parameters; all versions are measured in "
		  "it, in turn." },
};

static void items(struct gnb_doc *d, const struct item *item, size_t n)
{
	for (size_t i = 0; i < n; i++)
		gnb_doc_item(d, item[i].name, "%s", item[i].text);
}

static void list(struct gnb_doc *d, const struct item *item, size_t n)
{
	gnb_doc_list(d);
	items(d, item, n);
	gnb_doc_list_end(d);
}

static void versions(struct gnb_figs *f)
{
	const char *name, *words;

	for (size_t i = 0; (name = gnb_version_at(f->run, i, &words)); i++)
		gnb_doc_item(f->doc, name, "%s", words ? words : "A version of the grant table.");
	if (!gnb_version_at(f->run, 0, &words))
		items(f->doc, versions_before, sizeof(versions_before) / sizeof(*versions_before));
}

void gnb_report_reading(struct gnb_figs *f)
{
	gnb_doc_heading(f->doc, 2, "reading", "How to read this report");
	gnb_doc_fold(f->doc, "What a ratio, a class, a control and a launch are");
	list(f->doc, reading, sizeof(reading) / sizeof(*reading));
	gnb_doc_fold_end(f->doc);
}

void gnb_report_glossary(struct gnb_figs *f)
{
	static const struct item limits[] = {
		{ "No scaling", "With few cores nothing is said about many: no curve is fitted "
				"through two points, and sockets and memory nodes are not "
				"covered." },
		{ "No hardware IOTLB, no nested paging",
		  "The reference hypervisor runs in a process. TLBs, IOTLB and the invalidation "
		  "queue are modelled so that missing flushes are seen and work is counted; their "
		  "times are not those of hardware." },
		{ "No cycles and cache misses without counters",
		  "Where the machine has no performance counters, the rows say why. Nothing is "
		  "estimated in their place." },
		{ "Interrupts include the hypervisor below",
		  "On a virtual machine a real inter-processor interrupt passes through the "
		  "hypervisor under it and costs more than on metal." },
		{ "No absolute times as a series",
		  "Times of different runs are not comparable; ratios and counts are." },
		{ "No throughput", "Nothing here says how many packets or requests per second a "
				   "system would reach." },
	};

	gnb_doc_heading(f->doc, 2, "limits", "What this report cannot show");
	gnb_doc_fold(f->doc, "Scaling, hardware caches, absolute times, throughput");
	list(f->doc, limits, sizeof(limits) / sizeof(*limits));
	gnb_doc_fold_end(f->doc);
	gnb_doc_heading(f->doc, 2, "glossary", "Glossary");
	gnb_doc_fold(f->doc, "Roles, versions, models, and what a cell is");
	gnb_doc_list(f->doc);
	items(f->doc, roles, sizeof(roles) / sizeof(*roles));
	versions(f);
	items(f->doc, terms, sizeof(terms) / sizeof(*terms));
	gnb_doc_list_end(f->doc);
	gnb_doc_fold_end(f->doc);
}
