/* SPDX-License-Identifier: GPL-2.0-only */
/* A comparison in words, in a table for a pull request, and for programs. */
#ifndef GNB_TELL_H
#define GNB_TELL_H

#include "compare.h"
#include "text.h"

/* For a terminal: what matters first; all: every row. */
void gnb_tell_console(const struct gnb_comparison *c, bool all, struct gnb_buf *b);

/* For a pull request: short enough for a comment. */
void gnb_tell_markdown(const struct gnb_comparison *c, struct gnb_buf *b);

/* For continuous integration, which shows it as tests: JUnit's XML, a row a test case. */
void gnb_tell_junit(const struct gnb_comparison *c, struct gnb_buf *b);

/* The verdict as docs/results.md has it, with the exit code of the program; NULL without memory. */
struct json_object *gnb_tell_json(const struct gnb_comparison *c, int code);

/* What a row says in few words: "850.6 -> 994.6, +16.9 %", "atomic_rmws 12 -> 13". */
void gnb_tell_figures(const struct gnb_cmp_row *r, struct gnb_buf *b);

/* "grantbench compare", or the other command that a verdict can be of. */
const char *gnb_tell_command(const struct gnb_comparison *c);

/* How two sides took turns, "26 launches in 31.2 s, seed 7; a difference is more than 1 %". */
void gnb_tell_turns(const struct gnb_comparison *c, struct gnb_buf *b);

/* A run's time and source, "2026-11-27T06:01:00Z, 9118308". */
void gnb_tell_source(const struct gnb_source *s, struct gnb_buf *b);

/* What differs between the base and one of the others, "microcode (1 / 2)"; "nothing" if nothing does. */
void gnb_tell_differ(const struct gnb_comparison *c, size_t other, const char *part,
		     struct gnb_buf *b);

#endif
