/* SPDX-License-Identifier: GPL-2.0-only */
/* The other end of ab_side.h: a process that is a side, from its start to its end. Main thread only. */
#ifndef GNB_AB_PROCESS_H
#define GNB_AB_PROCESS_H

#include <sched.h>
#include <sys/types.h>

#include "json.h"

struct gnb_ab_process {
	const char *name, *program; /* "base", and what runs */
	double timeout;		    /* seconds for each answer */
	pid_t pid;		    /* 0: none */
	int in, out, err; /* its standard input and output; a file of what it complains of */
	char *buf;	  /* read and not taken yet */
	size_t len, cap;
	char why[600]; /* after an error, one line for the user */
	int code;      /* the exit code that goes with it */
};

/*
 * Start a program with these arguments, NULL-terminated, the name first, on these CPUs and with so many more bytes in its
 * environment, which is where its stack begins. 0, or -errno with p->why. End it in both cases.
 */
int gnb_ab_start(struct gnb_ab_process *p, char **argv, const cpu_set_t *cpus, size_t pad);

/* What it says first. 0 and a new object; or -errno with p->why, -EINTR if a signal came. */
int gnb_ab_hello(struct gnb_ab_process *p, struct json_object **hello);

/* Ask, and wait for the answer. The request is given back. The same, and -EREMOTEIO: the answer is an error. */
int gnb_ab_ask(struct gnb_ab_process *p, struct json_object *request, struct json_object **answer);

/* Let it end by itself, or make it. Nothing of it is left. */
void gnb_ab_end(struct gnb_ab_process *p, bool kill_it);

#endif
