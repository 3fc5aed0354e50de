// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is needed, looked at before libbpf is asked: it has one error for a program without probes, one that is not there
 * and one that it cannot read.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

const char *const probe_names[PROBE_SITES] = {
	[SITE_WAITS] = "lock_waits", [SITE_SAMPLES] = "lock_samples", [SITE_STATE] = "lock_state",
	[SITE_BEGIN] = "lock_begin", [SITE_END] = "lock_end",
};

#define PROVIDER "hv"

static bool has(const struct __user_cap_data_struct *data, unsigned cap)
{
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

void need_rights(const struct probe *p)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	(void)p;
	if (syscall(SYS_capget, &h, data))
		die(PROBE_FAILED, "cannot read this process's capabilities: %s", strerror(errno));
	/* It has all that the others have, and alone may place probes in other programs (kernel/events/core.c). */
	if (has(data, CAP_SYS_ADMIN))
		return;
	if (has(data, CAP_BPF) && has(data, CAP_PERFMON))
		die(PROBE_MISSING,
		    "CAP_BPF and CAP_PERFMON load programs into the kernel, but to place probes "
		    "takes CAP_SYS_ADMIN: run it as root");
	die(PROBE_MISSING,
	    "no right to load programs into the kernel (CAP_SYS_ADMIN): run it as root");
}

/* The first word of a file, or "" */
static void first_word(const char *path, char *word, size_t len)
{
	FILE *f = fopen(path, "re");

	word[0] = '\0';
	if (f && fgets(word, (int)len, f))
		word[strcspn(word, " \n")] = '\0';
	if (f)
		fclose(f);
}

void need_xen(void)
{
	char type[16];

	first_word("/sys/hypervisor/type", type, sizeof(type));
	if (strcmp(type, "xen"))
		die(PROBE_MISSING,
		    "no Xen beneath this kernel (/sys/hypervisor/type): leave out xen, or run it in a "
		    "domain of Xen's, dom0 for example");
	first_word("/sys/hypervisor/guest_type", xen_seen.guest_type, sizeof(xen_seen.guest_type));
}

/* Name of the n-th string behind a probe's three addresses; NULL at the note's end. */
static const char *word(const char *desc, size_t size, unsigned n)
{
	size_t at = 3 * sizeof(uint64_t);

	for (; at < size; n--) {
		size_t len = strnlen(desc + at, size - at);

		if (at + len == size)
			return NULL;
		if (!n)
			return desc + at;
		at += len + 1;
	}
	return NULL;
}

/* Which of the probes the section's notes have, a bit each. */
static unsigned found(Elf_Data *d)
{
	size_t at = 0, next, name, desc;
	unsigned bits = 0;
	GElf_Nhdr n;

	for (; (next = gelf_getnote(d, at, &n, &name, &desc)); at = next) {
		const char *buf = d->d_buf;
		const char *provider, *probe;

		if (n.n_type != 3 || n.n_namesz != 8 || memcmp(buf + name, "stapsdt", 8))
			continue;
		provider = word(buf + desc, n.n_descsz, 0);
		probe = word(buf + desc, n.n_descsz, 1);
		for (unsigned i = 0; i < PROBE_SITES; i++)
			if (provider && probe && !strcmp(provider, PROVIDER) &&
			    !strcmp(probe, probe_names[i]))
				bits |= 1u << i;
	}
	return bits;
}

void need_probes(const struct probe *p)
{
	int fd = open(p->file, O_RDONLY | O_CLOEXEC);
	unsigned bits = 0;
	bool notes = false;
	Elf_Scn *s = NULL;
	size_t names;
	Elf *e;

	if (fd < 0)
		die(PROBE_MISSING, "%s: %s", p->file, strerror(errno));
	/* Any program waits for the kernel's. */
	if (!(p->what & WHAT_OF_HV)) {
		close(fd);
		return;
	}
	elf_version(EV_CURRENT);
	e = elf_begin(fd, ELF_C_READ, NULL);
	if (!e || elf_kind(e) != ELF_K_ELF || elf_getshdrstrndx(e, &names))
		die(PROBE_MISSING, "%s is no program (ELF): name the program itself, not a script",
		    p->file);
	while ((s = elf_nextscn(e, s))) {
		GElf_Shdr h;
		const char *name = gelf_getshdr(s, &h) ? elf_strptr(e, names, h.sh_name) : NULL;

		if (!name || strcmp(name, ".note.stapsdt"))
			continue;
		notes = true;
		bits |= found(elf_getdata(s, NULL));
	}
	elf_end(e);
	close(fd);
	if (!notes)
		die(PROBE_MISSING,
		    "%s has no probes: build it where sys/sdt.h is (systemtap-sdt-dev)", p->file);
	for (unsigned i = 0; i < PROBE_SITES; i++)
		if (!(bits & 1u << i))
			die(PROBE_MISSING,
			    "%s has probes, but none " PROVIDER ":%s: it is of another version",
			    p->file, probe_names[i]);
}
