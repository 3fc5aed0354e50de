// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine's topology: packages, shared caches, cores and CPUs as boxes in boxes, and which CPU was whose. Data file:
 *
 *   block 0   x0 y0 x1 y1 colour    boxes, the outer ones first
 *   block 1   x y "text" colour     what stands in them
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <hwloc.h>

#include "escape.h"
#include "file.h"
#include "program.h"
#include "topology.h"

/* In units of a third of a CPU's box. */
#define CPU_W 3.0
#define CPU_H 1.3
#define HEAD  1.2 /* the line over a box's content */
#define GAP   0.25

#define PAGE	 880  /* pixels */
#define READABLE 12.5 /* pixels for a unit */

#define MOST_CPUS 2048 /* of more no box can be read */

enum { MACHINE, PACKAGE, CACHE, CORE, CPU, USED };
static const unsigned fill[] = { 0xffffff, 0xeef1f4, 0xe1e7ee, 0xf7f9fb, 0xffffff, 0x0072b2 };

struct size {
	double w, h;
};

struct drawing {
	struct gnb_buf boxes, labels;
	const int *place; /* of each CPU by its number, -1: none */
	unsigned cpus;
	double wide;
};

static int kind_of(hwloc_obj_t o)
{
	switch (o->type) {
	case HWLOC_OBJ_PU:
		return CPU;
	case HWLOC_OBJ_CORE:
		return CORE;
	case HWLOC_OBJ_PACKAGE:
		return PACKAGE;
	default:
		return o->parent ? CACHE : MACHINE;
	}
}

static struct size size_of(hwloc_obj_t o, double wide);

/* How many children stand beside each other where a box shall be so much wider than high, and the size of the largest. */
static unsigned columns(hwloc_obj_t o, double wide, struct size *each)
{
	unsigned n = o->arity, c = 1;

	*each = (struct size){ 0, 0 };
	for (unsigned i = 0; i < n; i++) {
		struct size s = size_of(o->children[i], wide);

		each->w = s.w > each->w ? s.w : each->w;
		each->h = s.h > each->h ? s.h : each->h;
	}
	if (o->type == HWLOC_OBJ_CORE)
		return n ? n : 1;
	while (c < n && c * each->w < wide * each->h * ((n + c - 1) / c))
		c++;
	return c;
}

static struct size size_of(hwloc_obj_t o, double wide)
{
	struct size each;
	unsigned c, rows;

	if (!o->arity)
		return (struct size){ CPU_W, CPU_H };
	c = columns(o, wide, &each);
	rows = (o->arity + c - 1) / c;
	return (struct size){ c * (each.w + GAP) + GAP, rows * (each.h + GAP) + GAP + HEAD };
}

static void name_box(struct gnb_buf *b, hwloc_obj_t o)
{
	char text[64];

	switch (o->type) {
	case HWLOC_OBJ_PU:
		gnb_buf_fmt(b, "%u", o->os_index);
		break;
	case HWLOC_OBJ_CORE:
	case HWLOC_OBJ_PACKAGE:
		gnb_buf_fmt(b, "%s %u", o->type == HWLOC_OBJ_CORE ? "core" : "package",
			    o->logical_index);
		break;
	case HWLOC_OBJ_MACHINE:
		gnb_buf_add(b, "machine");
		break;
	default:
		hwloc_obj_type_snprintf(text, sizeof(text), o, 0);
		gnb_buf_plain(b, text);
		if (hwloc_obj_type_is_cache(o->type))
			gnb_buf_fmt(b, " %llu MiB", (unsigned long long)o->attr->cache.size >> 20);
	}
	for (hwloc_obj_t m = o->memory_first_child; m; m = m->next_sibling)
		if (m->type == HWLOC_OBJ_NUMANODE)
			gnb_buf_fmt(b, ", NUMA node %u: %llu MiB", m->os_index,
				    (unsigned long long)m->attr->numanode.local_memory >> 20);
}

static void draw_box(struct drawing *d, hwloc_obj_t o, double x, double y, struct size s)
{
	int kind = kind_of(o),
	    place = kind == CPU && o->os_index < d->cpus ? d->place[o->os_index] : -1;
	struct size each;
	unsigned c;

	gnb_buf_fmt(&d->boxes, "%g %g %g %g %u\n", x, y, x + s.w, y + s.h,
		    fill[place >= 0 ? USED : kind]);
	gnb_buf_fmt(&d->labels, "%g %g \"", kind == CPU ? x + s.w / 2 : x + GAP,
		    y + (kind == CPU ? s.h : HEAD) / 2);
	name_box(&d->labels, o);
	if (place >= 0)
		gnb_buf_fmt(&d->labels, ": %d", place);
	gnb_buf_fmt(&d->labels, "\" %u %d\n", place >= 0 ? 0xffffffu : 0x222222u, kind == CPU);
	if (!o->arity)
		return;
	c = columns(o, d->wide, &each);
	for (unsigned i = 0; i < o->arity; i++) {
		/* What is smaller than its neighbours still begins where they do. */
		struct size own =
			o->type == HWLOC_OBJ_CORE ? size_of(o->children[i], d->wide) : each;

		draw_box(d, o->children[i], x + GAP + (i % c) * (each.w + GAP),
			 y + HEAD + (i / c) * (each.h + GAP), own);
	}
}

/* Boxes for packages, shared caches, cores and CPUs; NULL if hwloc cannot read it. */
static hwloc_topology_t load(const char *xml, size_t len)
{
	hwloc_topology_t t;

	if (hwloc_topology_init(&t))
		return NULL;
	if (hwloc_topology_set_all_types_filter(t, HWLOC_TYPE_FILTER_KEEP_NONE) ||
	    hwloc_topology_set_type_filter(t, HWLOC_OBJ_PACKAGE, HWLOC_TYPE_FILTER_KEEP_ALL) ||
	    hwloc_topology_set_type_filter(t, HWLOC_OBJ_L3CACHE, HWLOC_TYPE_FILTER_KEEP_ALL) ||
	    hwloc_topology_set_type_filter(t, HWLOC_OBJ_CORE, HWLOC_TYPE_FILTER_KEEP_ALL) ||
	    hwloc_topology_set_xmlbuffer(t, xml, (int)len + 1) || hwloc_topology_load(t)) {
		hwloc_topology_destroy(t);
		return NULL;
	}
	return t;
}

/* "1,0" into the place of each CPU. How many there are. */
static unsigned read_places(const char *list, int *place, unsigned cpus)
{
	unsigned n = 0;

	for (unsigned i = 0; i < cpus; i++)
		place[i] = -1;
	while (list && *list >= '0' && *list <= '9') {
		char *end;
		unsigned long cpu = strtoul(list, &end, 10);

		if (cpu < cpus)
			place[cpu] = (int)n;
		n++;
		list = end + (*end == ',');
	}
	return n;
}

static void draw(struct gnb_figs *f, hwloc_topology_t t)
{
	json_object *places = gnb_json_get(f->run->manifest, "places", json_type_object);
	const char *cpus = gnb_json_get_string(places, "cpus", NULL),
		   *numa = gnb_json_get_string(places, "numa", "any");
	hwloc_obj_t root = hwloc_get_root_obj(t);
	struct drawing d = { .cpus = (unsigned)(hwloc_bitmap_last(root->cpuset) + 1), .wide = 2.6 };
	struct size s = size_of(root, d.wide);
	int *place = gnb_alloc(d.cpus, sizeof(*place));
	unsigned n = read_places(cpus, place, d.cpus);
	char *height, *width, *w, *h, *font;
	double unit;
	char *caption;

	/* A page has a width: a large machine is drawn high, so that what is written can be read. */
	while (PAGE / s.w < READABLE && d.wide > 0.4) {
		d.wide *= 0.85;
		s = size_of(root, d.wide);
	}
	unit = PAGE / s.w < 26 ? PAGE / s.w : 26;
	height = gnb_strf("%.0f", s.h * unit + 50);
	width = gnb_strf("%d", PAGE + 20);
	w = gnb_strf("%g", s.w);
	h = gnb_strf("%g", s.h);
	font = gnb_strf("%.1f", unit * 0.7 < 12 ? unit * 0.7 : 12);
	d.place = place;
	gnb_buf_add(&d.boxes, "# grantbench plot data: topology\n# x0 y0 x1 y1 colour\n");
	draw_box(&d, root, 0, 0, s);
	gnb_buf_fmt(&d.boxes, "\n\n# x y text colour centred\n%s", gnb_str(&d.labels));
	caption = gnb_strf(
		"%u CPUs by hwloc; a CPU has its number%s%s. From topology.xml.",
		(unsigned)hwloc_bitmap_weight(root->cpuset),
		n      ? "; where a thread was bound, filled, behind a colon which (0 is the main thread's and the first of a benchmark, the others follow)"
		: cpus ? "; no thread was bound to one (--pin=none, or the system forbade it)"
		       : "; which of them were used is not recorded in this run",
		strcmp(numa, "any") ? "; the run chose --numa" : "");
	gnb_fig(f, "topology", "topology", &d.boxes,
		(const char *const[GNB_FIG_ARGS]){ height, w, h, font, width },
		"The machine, and where the threads were", caption);
	free(place);
	free(height);
	free(width);
	free(w);
	free(h);
	free(font);
	free(caption);
	gnb_buf_free(&d.boxes);
	gnb_buf_free(&d.labels);
}

void gnb_fig_topology(struct gnb_figs *f)
{
	char *path = gnb_strf("%s/topology.xml", f->run->dir);
	size_t len;
	char *xml = gnb_file_read(path, &len);
	hwloc_topology_t t = NULL;

	free(path);
	/* Counting instructions needs no machine. */
	if (!xml)
		return;
	if (len && len < INT_MAX)
		t = load(xml, len);
	if (!t)
		gnb_doc_para(
			f->doc,
			"topology.xml is not what hwloc can read, so the machine is not drawn.");
	else if (hwloc_get_nbobjs_by_type(t, HWLOC_OBJ_PU) > MOST_CPUS)
		gnb_doc_para(
			f->doc,
			"The machine has more than %d CPUs, so it is not drawn: lstopo -i topology.xml does.",
			MOST_CPUS);
	else
		draw(f, t);
	if (t)
		hwloc_topology_destroy(t);
	free(xml);
}
