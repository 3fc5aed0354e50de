// SPDX-License-Identifier: GPL-2.0-only
/* Symbols of a hypervisor's ELF file, by libelf. */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prof.h"

/* What gcc appends to the name of a clone, or of a piece that it moved away. */
static const struct {
	const char *suffix;
	bool part;
} appended[] = {
	{ ".cold", true }, { ".part.", true }, { ".constprop.", false }, { ".isra.", false }
};

static char *base_name(const char *name, bool *part)
{
	size_t n = strlen(name);

	*part = false;
	for (size_t i = 0; i < sizeof(appended) / sizeof(appended[0]); i++) {
		const char *at = strstr(name, appended[i].suffix);

		if (!at || at == name)
			continue;
		*part |= appended[i].part;
		if ((size_t)(at - name) < n)
			n = (size_t)(at - name);
	}
	return strndup(name, n);
}

static void read_build_id(struct syms *s, Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf, scn))) {
		Elf_Data *d;
		GElf_Nhdr nh;
		size_t name, desc, at = 0;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_NOTE ||
		    !(d = elf_getdata(scn, NULL)))
			continue;
		while ((at = gelf_getnote(d, at, &nh, &name, &desc))) {
			const unsigned char *p = (const unsigned char *)d->d_buf + desc;

			if (nh.n_type != NT_GNU_BUILD_ID || nh.n_namesz != 4 ||
			    memcmp((const char *)d->d_buf + name, "GNU", 4))
				continue;
			for (size_t i = 0; i < nh.n_descsz && 2 * i + 2 < sizeof(s->build_id); i++)
				sprintf(s->build_id + 2 * i, "%02x", p[i]);
		}
	}
}

/* Code, and the label of nothing else: constants have symbols in code sections too. */
static bool is_code(Elf *elf, const GElf_Sym *sym, uint64_t *end)
{
	Elf_Scn *scn;
	GElf_Shdr sh;

	if (GELF_ST_TYPE(sym->st_info) != STT_FUNC && GELF_ST_TYPE(sym->st_info) != STT_NOTYPE)
		return false;
	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx >= SHN_LORESERVE ||
	    !(scn = elf_getscn(elf, sym->st_shndx)) || !gelf_getshdr(scn, &sh) ||
	    !(sh.sh_flags & SHF_EXECINSTR))
		return false;
	*end = sh.sh_addr + sh.sh_size;
	return true;
}

static void read_symbols(struct syms *s, Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	GElf_Sym sym;

	while ((scn = elf_nextscn(elf, scn))) {
		const char *file = NULL;
		Elf_Data *d;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB ||
		    !(d = elf_getdata(scn, NULL)))
			continue;
		for (int i = 0; gelf_getsym(d, i, &sym); i++) {
			const char *name = elf_strptr(elf, sh.sh_link, sym.st_name);
			struct sym y = { .addr = sym.st_value, .name = name };

			if (!name || !*name)
				continue;
			/* The local symbols of a file follow its name. */
			if (GELF_ST_TYPE(sym.st_info) == STT_FILE)
				file = name;
			if (!is_code(elf, &sym, &y.end))
				continue;
			/* Assembly has labels within functions: a label is one only if nothing else
			 * covers it. */
			y.function = GELF_ST_TYPE(sym.st_info) == STT_FUNC ? sym.st_size : 0;
			y.file = GELF_ST_BIND(sym.st_info) == STB_LOCAL ? file : NULL;
			s->list = prof_grow(s->list, s->n, sizeof(y));
			s->list[s->n++] = y;
		}
	}
}

/* By address; of several at one address functions with a size first, then global ones, then by
 * name. */
static int compare(const void *x, const void *y)
{
	const struct sym *a = x, *b = y;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (!a->function != !b->function)
		return a->function ? -1 : 1;
	if (!a->file != !b->file)
		return a->file ? 1 : -1;
	return strcmp(a->name, b->name);
}

/* Leave one symbol at each address, none inside of a function that has a size; fix the ends. */
static void arrange(struct syms *s)
{
	uint64_t covered = 0;
	size_t n = 0;

	qsort(s->list, s->n, sizeof(*s->list), compare);
	for (size_t i = 0; i < s->n; i++) {
		struct sym *y = &s->list[i];

		if ((n && s->list[n - 1].addr == y->addr) || (!y->function && y->addr < covered))
			continue;
		if (y->function)
			covered = y->addr + y->function;
		s->list[n++] = *y;
	}
	s->n = n;
	for (size_t i = 0; i + 1 < n; i++)
		if (s->list[i + 1].addr < s->list[i].end)
			s->list[i].end = s->list[i + 1].addr;
}

/* What the processor may jump to indirectly begins so; a call that Xen made a direct one goes past
 * it. */
static void find_endbr(struct syms *s, Elf *elf)
{
	static const uint8_t endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf, scn))) {
		Elf_Data *d = gelf_getshdr(scn, &sh) && sh.sh_flags & SHF_EXECINSTR &&
					      sh.sh_type == SHT_PROGBITS
				      ? elf_getdata(scn, NULL)
				      : NULL;

		for (size_t i = 0; d && d->d_buf && i < s->n; i++) {
			uint64_t at = s->list[i].addr - sh.sh_addr;

			if (s->list[i].addr >= sh.sh_addr && at < d->d_size &&
			    d->d_size - at >= sizeof(endbr))
				s->list[i].endbr |= !memcmp((const uint8_t *)d->d_buf + at, endbr,
							    sizeof(endbr));
		}
	}
}

/* The whole function that a clone or piece is of: in the same file, or else a global one. */
static size_t whole(const struct syms *s, size_t i)
{
	const struct sym *y = &s->list[i];
	size_t global = i;

	for (size_t k = 0; k < s->n; k++) {
		const struct sym *z = &s->list[k];

		if (z->part || strcmp(z->base, y->base))
			continue;
		if (z->file && y->file && !strcmp(z->file, y->file))
			return k;
		if (!z->file)
			global = k;
	}
	return global;
}

static void group(struct syms *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->list[i].base = base_name(s->list[i].name, &s->list[i].part);
	for (size_t i = 0; i < s->n; i++)
		s->list[i].function = strcmp(s->list[i].name, s->list[i].base) ? whole(s, i) : i;
}

void syms_load(struct syms *s, const char *path)
{
	Elf *elf;

	*s = (struct syms){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (s->fd < 0)
		prof_die(PROF_MISSING,
			 "%s: %s; scripts/lab profile downloads the symbols of Debian's hypervisor",
			 path, strerror(errno));
	elf_version(EV_CURRENT);
	s->elf = elf = elf_begin(s->fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF)
		prof_die(PROF_REFUSED, "%s: this is not an ELF file", path);
	read_build_id(s, elf);
	read_symbols(s, elf);
	if (!s->n || !s->build_id[0])
		prof_die(PROF_REFUSED, "%s: it has no %s", path, s->n ? "build id" : "symbols");
	arrange(s);
	find_endbr(s, elf);
	group(s);
}

void syms_free(struct syms *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->list[i].base);
	free(s->list);
	elf_end(s->elf);
	close(s->fd);
}

const struct sym *syms_find(const struct syms *s, uint64_t addr)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->list[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && addr < s->list[lo - 1].end ? &s->list[lo - 1] : NULL;
}

void syms_match(const struct syms *s, const char *syms_path, const struct prof *p)
{
	if (!p->build_id[0])
		prof_die(PROF_REFUSED,
			 "%s: it is not known which hypervisor this is of; --build-id=HEX says it",
			 p->path);
	if (strcmp(p->build_id, s->build_id))
		prof_die(PROF_REFUSED, "%s is of build %s, but the hypervisor of %s was %s",
			 syms_path, s->build_id, p->path, p->build_id);
}
