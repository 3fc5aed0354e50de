/* SPDX-License-Identifier: GPL-2.0-only */
/* The program that makes domains, grantbench-domain (docs/xen.md): is it there, and what does it say? One thread. */
#ifndef GNB_XEN_MAKER_H
#define GNB_XEN_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GNB_DOMAIN_LINE 512

/* Its name or path: $GNB_DOMAIN_MAKER, else as it is looked for in PATH. Valid until the environment changes. */
const char *gnb_domain_maker(void);

/* Is the program there that makes domains? Whether it can make one, it says itself. */
bool gnb_domain_maker_is_here(void);

/*
 * Run it with these arguments, the first its name. Its exit code with its one line in line[GNB_DOMAIN_LINE], or -ENOENT
 * or another error of starting it. Both outputs are one: it writes either an answer or a complaint.
 */
int gnb_domain_ask(char *const argv[], char *line);

/*
 * From now on ask one process of that program for everything, instead of one for each: for those
 * who make many domains, from one thread. It ends with this process. 0, or as gnb_domain_create()
 * if it does not start.
 */
int gnb_domain_serve(char *why, size_t len);

/*
 * What Xen says of the domain: "running", "crashed", "shutdown", "dying" or "gone", in word[len].
 * 0, or -EIO with the reason in word.
 */
int gnb_domain_state(uint16_t domid, char *word, size_t len);

#endif
