/* SPDX-License-Identifier: GPL-2.0-only */
/* Which versions are compared, and to which: --versions, --baseline, and what a benchmark's work leaves of them. */
#ifndef GNB_COMPARED_H
#define GNB_COMPARED_H

#include <gnb/bench.h>

/* As it was asked for. All zero: every version of the table, to the first of them. */
struct gnb_compared {
	const struct gnb_version *list[GNB_VERSIONS_MAX];
	unsigned n;
	const struct gnb_version *base; /* NULL: the first */
};

/*
 * Read "v2,v1" into c, or the name of the baseline. A version named twice counts once. 0, or -EINVAL with one line
 * in err that names the option.
 */
int gnb_compared_parse(struct gnb_compared *c, const char *text, char *err, size_t len);
int gnb_compared_parse_base(struct gnb_compared *c, const char *text, char *err, size_t len);

/* Is the baseline among the versions? 0, or -EINVAL with one line in err. */
int gnb_compared_check(const struct gnb_compared *c, char *err, size_t len);

/*
 * The versions compared in benchmark b, in order: the baseline, then the others as they were asked for. b NULL: those
 * of the run. Returns how many; of a benchmark it can be none. A baseline that b does not compare leaves its place to
 * the next.
 */
unsigned gnb_compared_in(const struct gnb_compared *c, const struct gnb_bench *b,
			 const struct gnb_version *out[GNB_VERSIONS_MAX]);

/* The same of the run as text, "v2,v1,v1-batch". */
#define GNB_COMPARED_LEN 512
void gnb_compared_text(const struct gnb_compared *c, char text[GNB_COMPARED_LEN]);

#endif
