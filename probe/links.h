/* SPDX-License-Identifier: GPL-2.0-only */
/* What attach.c and attach_xen.c share of libbpf: objects, their maps, and what holds a program in its place. */
#ifndef LINKS_H
#define LINKS_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "probe.h"

struct links {
	struct bpf_link **link;
	unsigned n;
};

/* One more; and all of them gone. */
void links_keep(struct links *l, struct bpf_link *link);
void links_let_go(struct links *l);

/* Read and loaded, or the program ends with a line. */
struct bpf_object *object_load(const char *begin, const char *end);
/* The map of that name, as a file descriptor. */
int object_map(struct bpf_object *o, const char *name);
/* Its programs look at this process, where the kernel runs them for all. */
void object_whose(struct bpf_object *o, const struct probe *p);

/* attach_xen.c: multicalls and the functions of gntdev; what cannot be had is in xen_seen. The program ends if nothing can. */
struct bpf_object *xen_attach(struct links *l, const struct probe *p);
/* What came, into xen_seen. */
void xen_read(struct bpf_object *o);

#endif
