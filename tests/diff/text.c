// SPDX-License-Identifier: GPL-2.0-only
/* Operations as text, and back. */
#include "diff.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const dom_names[DIFF_DOMNAMES] = { "d0",  "d1",	"self", "io",	"xen",
						      "cow", "invalid", "idle", "none", "dom0" };

/* A letter, and how many numbers follow: l7 or l0.7. */
static const struct {
	char letter;
	bool has_dom, has_b;
} forms[DIFF_VTYPES] = {
	[DIFF_V_PAGE] = { 'p', true, false },	[DIFF_V_GFRAME] = { 'g', true, false },
	[DIFF_V_SFRAME] = { 's', true, false }, [DIFF_V_SLOT] = { 'm', true, false },
	[DIFF_V_WINDOW] = { 'w', true, false }, [DIFF_V_ADDR] = { 'a', false, false },
	[DIFF_V_PTE] = { 't', false, false },	[DIFF_V_RAM] = { 'r', false, false },
	[DIFF_V_HANDLE] = { 'h', false, true }, [DIFF_V_BUS] = { 'b', false, true },
	[DIFF_V_BLOCK] = { 'k', true, false },	[DIFF_V_TREE] = { 'y', false, true },
	[DIFF_V_MAPPED] = { 'v', false, true }, [DIFF_V_PORT] = { 'e', false, false },
};

static void put(char *s, size_t len, size_t *at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void put(char *s, size_t len, size_t *at, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(*at < len ? s + *at : NULL, *at < len ? len - *at : 0, fmt, ap);
	va_end(ap);
	*at += n > 0 ? (size_t)n : 0;
}

size_t diff_value_print(char *s, size_t len, struct diff_value v)
{
	size_t at = 0;

	if (v.type == DIFF_V_NUM) {
		put(s, len, &at, v.n < 100000 ? "%lu" : "0x%lx", (unsigned long)v.n);
		return at;
	}
	if (v.type == DIFF_V_DOM) {
		put(s, len, &at, "%s", dom_names[v.dom]);
		return at;
	}
	put(s, len, &at, "%c", forms[v.type].letter);
	if (forms[v.type].has_dom)
		put(s, len, &at, "%u.", v.dom);
	put(s, len, &at, "%u", v.a);
	if (forms[v.type].has_b)
		put(s, len, &at, ".%u", v.b);
	if (v.n)
		put(s, len, &at, "+0x%lx", (unsigned long)v.n);
	return at;
}

/* The value that word is; false if it is none. */
static bool parse_value(const char *word, struct diff_value *v)
{
	char *end;

	*v = (struct diff_value){ 0 };
	for (unsigned i = 0; i < DIFF_DOMNAMES; i++) {
		if (!strcmp(word, dom_names[i])) {
			v->type = DIFF_V_DOM;
			v->dom = (uint8_t)i;
			return true;
		}
	}
	if (word[0] >= '0' && word[0] <= '9') {
		v->n = strtoull(word, &end, 0);
		return !*end;
	}
	for (unsigned t = 1; t < DIFF_VTYPES; t++) {
		unsigned long first, second = 0;

		if (!forms[t].letter || forms[t].letter != word[0])
			continue;
		v->type = (uint8_t)t;
		first = strtoul(word + 1, &end, 10);
		if (end == word + 1)
			return false;
		if (forms[t].has_dom || forms[t].has_b) {
			if (*end != '.')
				return false;
			second = strtoul(end + 1, &end, 10);
		}
		v->a = (uint32_t)(forms[t].has_dom ? second : first);
		v->b = (uint32_t)(forms[t].has_b ? second : 0);
		if (forms[t].has_dom && first >= DIFF_DOMS)
			return false;
		v->dom = (uint8_t)(forms[t].has_dom ? first : 0);
		if (*end == '+')
			v->n = strtoull(end + 1, &end, 16);
		return !*end;
	}
	return false;
}

size_t diff_op_print(char *s, size_t len, const struct diff_op *op)
{
	unsigned fields = diff_fields(op->kind);
	size_t at = 0;
	char word[64];

	put(s, len, &at, "%u d%u %s", op->id, op->dom, diff_kind_name(op->kind));
	for (unsigned i = 0; i < op->n; i++) {
		if (i)
			put(s, len, &at, ";");
		for (unsigned f = 0; f < fields; f++) {
			diff_value_print(word, sizeof(word), *diff_field(op, i, f));
			put(s, len, &at, " %s", word);
		}
	}
	return at;
}

/* Structures in the text: one more than there are semicolons, or none. */
static unsigned count_items(const char *line)
{
	unsigned n = 0;
	bool any = false;

	for (; *line && strncmp(line, " -> ", 4); line++) {
		any |= *line != ' ' && *line != '\n';
		n += *line == ';';
	}
	return any ? n + 1 : 0;
}

int diff_op_parse(struct diff_list *l, const char *line)
{
	unsigned id, dom, kind, n, fields;
	struct diff_op *op;
	char name[16], word[64];
	int used, got;

	if (sscanf(line, "%u d%u %15s%n", &id, &dom, name, &used) != 3 || dom >= DIFF_DOMS)
		return -EINVAL;
	for (kind = 0; kind < DIFF_KINDS && strcmp(diff_kind_name(kind), name); kind++)
		;
	if (kind == DIFF_KINDS)
		return -EINVAL;
	line += used;
	fields = diff_fields(kind);
	n = fields ? count_items(line) : 1;
	if (n > DIFF_ITEMS)
		return -EINVAL;
	op = diff_list_add(l, kind, dom, n);
	op->id = id;
	for (unsigned i = 0; i < n * fields; i++) {
		if (i && i % fields == 0 && *line++ != ';')
			return -EINVAL;
		if (sscanf(line, " %63[^ ;\n]%n", word, &got) != 1 || !parse_value(word, &op->v[i]))
			return -EINVAL;
		line += got;
	}
	return 0;
}

size_t diff_head_print(char *s, size_t len, const struct diff_list *l)
{
	const char *kind[DIFF_DOMS];
	size_t at = 0;

	for (unsigned i = 0; i < DIFF_DOMS; i++)
		kind[i] = l->cfg.translated[i] ? "pvh" : "pv";
	put(s, len, &at, "# substream %u seed %lu version %u domains %u guests %s,%s%s%s",
	    l->number, (unsigned long)l->seed, l->cfg.version, l->cfg.doms, kind[0], kind[1],
	    l->cfg.cache ? " cache" : "", l->cfg.tools ? " tools" : "");
	return at;
}

int diff_head_parse(struct diff_list *l, const char *line)
{
	char kind[DIFF_DOMS][8];
	unsigned long seed;
	int used = 0;

	if (sscanf(line, "# substream %u seed %lu version %u domains %u guests %7[^,],%7s%n",
		   &l->number, &seed, &l->cfg.version, &l->cfg.doms, kind[0], kind[1], &used) != 6)
		return -EINVAL;
	l->seed = seed;
	for (unsigned i = 0; i < DIFF_DOMS; i++)
		l->cfg.translated[i] = !strcmp(kind[i], "pvh");
	l->cfg.cache = !strncmp(line + used, " cache", 6);
	l->cfg.tools = !strncmp(line + used, " tools", 6);
	if (l->cfg.tools && (l->cfg.version == 3 || !l->cfg.translated[0] || !l->cfg.translated[1]))
		return -EINVAL;
	if (l->cfg.version < 1 || l->cfg.version > 3 || l->cfg.doms < 1 || l->cfg.doms > DIFF_DOMS)
		return -EINVAL;
	return 0;
}
