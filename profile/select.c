// SPDX-License-Identifier: GPL-2.0-only
/* Which operations of a profile are meant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prof.h"

/* What is no operation of grant_table.h, as gnb_mark.h numbers it. */
enum {
	MARK_LOG = 0x100,
	MARK_MEMORY = 0x110,
	MARK_MAPPING = 0x120,
	MARK_READ = 0x130,
	MARK_WRITE = 0x131,
	MARK_OPS = 0x140,
};

const char *prof_cmd_name(uint32_t cmd)
{
	static const char *const names[MARK_OPS] = {
		"map",
		"unmap",
		"setup_table",
		"dump_table",
		"transfer",
		"copy",
		"query_size",
		"unmap_and_replace",
		"set_version",
		"get_status_frames",
		"get_version",
		"swap",
		"cache_flush",
		[MARK_LOG] = "log_enable",
		"log_peek",
		"log_clean",
		"log_off",
		"log_report",
		[MARK_MEMORY] = "move",
		"move_range",
		"foreign",
		"foreign_remove",
		"decrease",
		"populate",
		[MARK_MAPPING] = "permit",
		"device_map",
		"device_unmap",
		[MARK_READ] = "read",
		[MARK_WRITE] = "write",
	};

	return cmd < MARK_OPS ? names[cmd] : NULL;
}

void prof_select_parse(struct prof_select *s, const char *arg)
{
	char *copy = strdup(arg), *word, *save = NULL, *end;
	bool known = false;

	*s = (struct prof_select){ .path = strtok_r(copy, ",", &save), .cpu = -1 };
	if (!s->path)
		prof_die(PROF_USAGE, "'%s': no path in it", arg);
	while ((word = strtok_r(NULL, ",", &save))) {
		if (!strncmp(word, "op=", 3)) {
			s->op = word + 3;
		} else if (!strncmp(word, "cell=", 5)) {
			s->cell = word + 5;
		} else if (!strncmp(word, "count=", 6)) {
			unsigned long v = strtoul(word + 6, &end, 10);

			if (*end || !v || v > 4096)
				prof_die(PROF_USAGE, "'%s': count is 1 to 4096", word);
			s->count = (uint32_t)v;
		} else if (!strncmp(word, "cpu=", 4)) {
			unsigned long v = strtoul(word + 4, &end, 10);

			if (*end || end == word + 4 || v > 255)
				prof_die(PROF_USAGE, "'%s': a number from 0 is needed", word);
			s->cpu = (int)v;
		} else {
			prof_die(PROF_USAGE,
				 "'%s' in '%s': there are op=, count=, cell= and cpu=", word, arg);
		}
	}
	for (uint32_t i = 0; s->op && i < MARK_OPS; i++)
		known |= prof_cmd_name(i) && !strcmp(s->op, prof_cmd_name(i));
	if (s->op && !known)
		prof_die(PROF_USAGE,
			 "there is no operation '%s'; there are map, unmap, copy and others of "
			 "grant_table.h",
			 s->op);
}

bool prof_selected(const struct prof_select *s, const struct prof_op *op)
{
	const char *name = prof_cmd_name(op->cmd);

	return op->windows && (!s->op || (name && !strcmp(s->op, name))) &&
	       (!s->count || s->count == op->count) &&
	       (s->cpu < 0 || (uint32_t)s->cpu == op->cpu) &&
	       (!s->cell || strstr(op->cell, s->cell));
}
