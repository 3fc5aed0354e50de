// SPDX-License-Identifier: GPL-2.0-only
/* Addresses of a process as functions: what it has mapped, and the symbols of those files. */
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "probe.h"

#define MAPS_MAX 512

struct sym {
	uint64_t at, size;
	const char *name;
};

/* A file's code, as the process has it mapped. */
struct map {
	uint64_t begin, end, offset;
	char *file;
	struct sym *sym; /* by address in the file's own numbering */
	size_t nr;
	uint64_t base; /* what is to be added to an offset in the file for that numbering */
	bool read;
};

static struct map map[MAPS_MAX];
static unsigned nr_maps;

static struct map *map_of(uint64_t addr)
{
	for (unsigned i = 0; i < nr_maps; i++)
		if (addr >= map[i].begin && addr < map[i].end)
			return &map[i];
	return NULL;
}

void symbols_look(pid_t pid)
{
	char path[64], line[4096], *file;
	unsigned long begin, end, offset;
	char rights[8];
	int at;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %n", &begin, &end, rights, &offset, &at) <
			    4 ||
		    !strchr(rights, 'x') || line[at] != '/' || map_of(begin))
			continue;
		file = &line[at];
		file[strcspn(file, "\n")] = 0;
		if (nr_maps == MAPS_MAX)
			break;
		map[nr_maps++] = (struct map){
			.begin = begin, .end = end, .offset = offset, .file = strdup(file)
		};
	}
	if (f)
		fclose(f);
}

static int by_address(const void *a, const void *b)
{
	const struct sym *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static void add_table(struct map *m, Elf *e, Elf_Scn *s, const GElf_Shdr *h)
{
	Elf_Data *d = elf_getdata(s, NULL);
	size_t n = d && h->sh_entsize ? d->d_size / h->sh_entsize : 0;
	struct sym *more = realloc(m->sym, (m->nr + n) * sizeof(*more));
	GElf_Sym y;

	if (!more)
		return;
	m->sym = more;
	for (size_t i = 0; i < n; i++) {
		const char *name;

		if (!gelf_getsym(d, (int)i, &y) || GELF_ST_TYPE(y.st_info) != STT_FUNC ||
		    !y.st_size)
			continue;
		name = elf_strptr(e, h->sh_link, y.st_name);
		if (name)
			more[m->nr++] = (struct sym){ y.st_value, y.st_size, strdup(name) };
	}
}

static void read_symbols(struct map *m)
{
	int fd = open(m->file, O_RDONLY | O_CLOEXEC);
	Elf_Scn *s = NULL;
	size_t segments = 0;
	Elf *e;

	m->read = true;
	elf_version(EV_CURRENT);
	e = fd >= 0 ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
	if (e && !elf_getphdrnum(e, &segments)) {
		for (size_t i = 0; i < segments; i++) {
			GElf_Phdr p;

			if (gelf_getphdr(e, (int)i, &p) && p.p_type == PT_LOAD &&
			    m->offset >= (p.p_offset & ~4095ul) &&
			    m->offset < p.p_offset + p.p_filesz)
				m->base = p.p_vaddr - p.p_offset;
		}
		while ((s = elf_nextscn(e, s))) {
			GElf_Shdr h;

			if (gelf_getshdr(s, &h) &&
			    (h.sh_type == SHT_SYMTAB || h.sh_type == SHT_DYNSYM))
				add_table(m, e, s, &h);
		}
		qsort(m->sym, m->nr, sizeof(*m->sym), by_address);
	}
	elf_end(e);
	if (fd >= 0)
		close(fd);
}

const char *symbol_of(uint64_t addr, uint64_t *offset, const char **file)
{
	struct map *m = map_of(addr);
	size_t lo = 0, hi;
	uint64_t at;

	*file = m ? m->file : NULL;
	*offset = 0;
	if (!m)
		return NULL;
	if (!m->read)
		read_symbols(m);
	at = addr - m->begin + m->offset;
	*offset = at;
	at += m->base;
	for (hi = m->nr; lo < hi;) {
		size_t mid = (lo + hi) / 2;

		if (m->sym[mid].at <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || at - m->sym[lo - 1].at >= m->sym[lo - 1].size)
		return NULL;
	*offset = at - m->sym[lo - 1].at;
	return m->sym[lo - 1].name;
}

struct json_object *symbol_json(uint64_t addr)
{
	uint64_t offset;
	const char *file, *name = symbol_of(addr, &offset, &file);
	char text[4400];

	if (name)
		return gnb_json_string(name);
	if (file)
		snprintf(text, sizeof(text), "%s+0x%" PRIx64, file, offset);
	else
		snprintf(text, sizeof(text), "0x%" PRIx64, addr);
	return gnb_json_string(text);
}
