// SPDX-License-Identifier: GPL-2.0-only
/* Reading a profile that the plugin wrote. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "prof.h"

#define BLOCK_INSNS 512
#define LIMIT	    (1u << 24) /* numbers of nodes and blocks */

struct reader {
	struct prof *p;
	size_t line;
	bool end;
};

void prof_die(int code, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "grantbench-profile: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(code);
}

void *prof_grow(void *p, size_t n, size_t size)
{
	/* At each power of two: twice as many. */
	if (n & (n - 1))
		return p;
	p = realloc(p, (n ? 2 * n : 1) * size);
	if (!p)
		prof_die(PROF_FAIL, "out of memory");
	return p;
}

static void bad(const struct reader *r)
{
	prof_die(PROF_FAIL, "%s, line %zu: this is not a profile of gnb_profile.so", r->p->path,
		 r->line);
}

static void read_op(struct reader *r, const char *s)
{
	struct prof_op o = { 0 };
	int n = 0;

	sscanf(s,
	       "%" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
	       " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %n",
	       &o.id, &o.cmd, &o.count, &o.windows, &o.skipped, &o.cut, &o.least, &o.least_windows,
	       &o.most, &o.sum, &o.interrupts, &o.interrupt_sum, &n);
	if (!n || !s[n] || strchr(s + n, ' '))
		bad(r);
	o.cell = strdup(s + n);
	r->p->ops = prof_grow(r->p->ops, r->p->nops, sizeof(o));
	r->p->ops[r->p->nops++] = o;
}

static void read_node(struct reader *r, const char *s)
{
	static const char *const kinds[] = { "top", "entry", "interrupt", "call" };
	struct prof *p = r->p;
	struct prof_node node = { 0 };
	char kind[12];
	uint32_t id;
	int n = 0;

	sscanf(s, "%" SCNu32 " %" SCNu32 " %11s %" SCNx64 "%n", &id, &node.parent, kind, &node.addr,
	       &n);
	if (!n || s[n] || id != p->nnodes || node.parent >= id || id > LIMIT)
		bad(r);
	for (node.kind = PROF_ENTRY; node.kind <= PROF_CALL && strcmp(kind, kinds[node.kind]);)
		node.kind++;
	if (node.kind > PROF_CALL)
		bad(r);
	node.interrupt = node.kind == PROF_INTERRUPT || p->nodes[node.parent].interrupt;
	p->nodes = prof_grow(p->nodes, p->nnodes, sizeof(node));
	p->nodes[p->nnodes++] = node;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void read_block(struct reader *r, const char *s)
{
	struct prof *p = r->p;
	struct prof_block b = { .n = 1 };
	size_t bytes = 0;
	uint32_t id;
	int n = 0;

	sscanf(s, "%" SCNu32 " %" SCNx64 " %n", &id, &b.pc, &n);
	if (!n || !s[n] || id > LIMIT)
		bad(r);
	while (p->nblocks <= id) {
		p->blocks = prof_grow(p->blocks, p->nblocks, sizeof(b));
		p->blocks[p->nblocks++] = (struct prof_block){ 0 };
	}
	b.len = calloc(1, BLOCK_INSNS + strlen(s));
	if (!b.len)
		prof_die(PROF_FAIL, "out of memory");
	b.bytes = b.len + BLOCK_INSNS;
	for (s += n; *s; s++) {
		if (*s == '.' && b.len[b.n - 1] && b.n < BLOCK_INSNS) {
			b.n++;
			continue;
		}
		if (digit(s[0]) < 0 || digit(s[1]) < 0 || b.len[b.n - 1] == 15)
			bad(r);
		b.bytes[bytes++] = (uint8_t)(digit(s[0]) << 4 | digit(s[1]));
		b.len[b.n - 1]++;
		s++;
	}
	if (!b.len[b.n - 1] || p->blocks[id].n)
		bad(r);
	p->blocks[id] = b;
}

static void read_count(struct reader *r, const char *s)
{
	struct prof *p = r->p;
	struct prof_count c;
	int n = 0;

	sscanf(s, "%" SCNu32 " %" SCNu32 " %" SCNu32 " %u %" SCNu64 " %" SCNu64 "%n", &c.op,
	       &c.node, &c.block, &c.done, &c.all, &c.least, &n);
	if (!n || s[n] || c.node >= p->nnodes || c.block >= p->nblocks ||
	    c.done > p->blocks[c.block].n)
		bad(r);
	p->counts = prof_grow(p->counts, p->ncounts, sizeof(c));
	p->counts[p->ncounts++] = c;
}

static void read_wait(struct reader *r, const char *s)
{
	struct prof *p = r->p;
	struct prof_wait w;
	int n = 0;

	sscanf(s, "%" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu64 "%n", &w.op, &w.node, &w.block,
	       &w.calls, &n);
	if (!n || s[n] || w.node >= p->nnodes || w.block >= p->nblocks)
		bad(r);
	p->waits = prof_grow(p->waits, p->nwaits, sizeof(w));
	p->waits[p->nwaits++] = w;
}

static struct prof_op *find_op(const struct prof *p, uint32_t id)
{
	for (size_t i = 0; i < p->nops; i++)
		if (p->ops[i].id == id)
			return &p->ops[i];
	return NULL;
}

static void read_cpu(struct reader *r, const char *s)
{
	struct prof_op *op;
	uint32_t id, cpu;
	int n = 0;

	sscanf(s, "%" SCNu32 " %" SCNu32 "%n", &id, &cpu, &n);
	op = n && !s[n] && cpu < r->p->cpus ? find_op(r->p, id) : NULL;
	if (!op)
		bad(r);
	else
		op->cpu = cpu;
}

static bool starts(const char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n) || (*s)[n] != ' ')
		return false;
	*s += n + 1;
	return true;
}

static void read_line(struct reader *r, const char *s)
{
	uint64_t v;
	int open, n = 0;

	if (r->end)
		bad(r);
	if (r->line == 1) {
		if (strcmp(s, "gnb-profile 1"))
			prof_die(PROF_FAIL,
				 "%s: this is not a profile of gnb_profile.so, version 1",
				 r->p->path);
	} else if (starts(&s, "op")) {
		read_op(r, s);
	} else if (starts(&s, "node")) {
		read_node(r, s);
	} else if (starts(&s, "block")) {
		read_block(r, s);
	} else if (starts(&s, "count")) {
		read_count(r, s);
	} else if (starts(&s, "wait")) {
		read_wait(r, s);
	} else if (starts(&s, "cpu")) {
		read_cpu(r, s);
	} else if (starts(&s, "cpus")) {
		if (sscanf(s, "%u", &r->p->cpus) != 1)
			bad(r);
	} else if (starts(&s, "windows")) {
		sscanf(s, "%" SCNu64 " abandoned %" SCNu64 " open %d%n", &r->p->windows,
		       &r->p->abandoned, &open, &n);
		if (!n)
			bad(r);
	} else if (starts(&s, "instructions")) {
		if (sscanf(s, "%" SCNu64, &r->p->instructions) != 1)
			bad(r);
	} else if (!strcmp(s, "end")) {
		r->end = true;
	} else if (!(starts(&s, "range") && sscanf(s, "%" SCNx64 " %" SCNx64, &v, &v) == 2) &&
		   !(starts(&s, "skip") && sscanf(s, "%" SCNu64, &v) == 1)) {
		bad(r);
	}
}

/* A word of the file, if the line has that key. */
static void read_word(const char *line, const char *key, char *to, size_t size)
{
	size_t n = strlen(key);

	if (!strncmp(line, key, n) && line[n] == ' ')
		snprintf(to, size, "%.*s", (int)strcspn(line + n + 1, " \n"), line + n + 1);
}

/* What the guest said of its hypervisor, beside the profile. */
static void read_environment(struct prof *p, const char *folder)
{
	char path[4096], line[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/environment", folder);
	f = fopen(path, "re");
	if (!f && errno != ENOENT)
		prof_die(PROF_FAIL, "%s: %s", path, strerror(errno));
	while (f && fgets(line, sizeof(line), f)) {
		read_word(line, "clock", p->clock, sizeof(p->clock));
		read_word(line, "turn", p->turn, sizeof(p->turn));
		if (!strncmp(line, "xen_build_id ", 13) && isxdigit((unsigned char)line[13]))
			snprintf(p->build_id, sizeof(p->build_id), "%.*s",
				 (int)strspn(line + 13, "0123456789abcdef"), line + 13);
	}
	if (f)
		fclose(f);
}

static void check(const struct prof *p)
{
	for (size_t i = 0; i < p->ncounts; i++) {
		if (!find_op(p, p->counts[i].op) || !p->blocks[p->counts[i].block].n)
			prof_die(PROF_FAIL, "%s: counts of what is not in it", p->path);
	}
	for (size_t i = 0; i < p->nwaits; i++)
		if (!find_op(p, p->waits[i].op) || !p->blocks[p->waits[i].block].n)
			prof_die(PROF_FAIL, "%s: counts of what is not in it", p->path);
}

void prof_load(struct prof *p, const char *path)
{
	struct reader r = { .p = p };
	char *line = NULL, file[4096];
	struct stat st;
	size_t size = 0;
	ssize_t n;
	FILE *f;

	*p = (struct prof){ .path = path, .cpus = 1 };
	snprintf(file, sizeof(file), "%s", path);
	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		snprintf(file, sizeof(file), "%s/profile", path);
		read_environment(p, path);
	}
	f = fopen(file, "re");
	if (!f)
		prof_die(PROF_MISSING, "%s: %s", file, strerror(errno));
	p->nodes = prof_grow(NULL, 0, sizeof(*p->nodes));
	p->nodes[p->nnodes++] = (struct prof_node){ 0 };
	while ((n = getline(&line, &size, f)) > 0) {
		if (line[n - 1] == '\n')
			line[--n] = '\0';
		r.line++;
		/* A 0 in a line would hide what is behind it. */
		if (strlen(line) != (size_t)n)
			bad(&r);
		read_line(&r, line);
	}
	free(line);
	fclose(f);
	if (!r.end)
		prof_die(PROF_FAIL,
			 "%s: the end is missing: the emulator did not finish writing it", p->path);
	check(p);
}

void prof_free(struct prof *p)
{
	for (size_t i = 0; i < p->nops; i++)
		free(p->ops[i].cell);
	for (size_t i = 0; i < p->nblocks; i++)
		free(p->blocks[i].len);
	free(p->ops);
	free(p->nodes);
	free(p->blocks);
	free(p->counts);
	free(p->waits);
}
