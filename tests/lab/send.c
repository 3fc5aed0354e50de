// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is too much for the lab's serial line: lab_send FILE writes it into the memory that the
 * emulator shares with the host (an ivshmem-plain device), behind a line with its length. A PV dom0
 * traps into Xen for every byte on a serial line, and for none here.
 *
 * Exit: 0, 1 with one line.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUS    "/sys/bus/pci/devices"
#define HEADER 64

__attribute__((noreturn)) static void quit(const char *what)
{
	fprintf(stderr, "lab_send: ");
	perror(what);
	exit(1);
}

static unsigned long number_in(const char *device, const char *name)
{
	char path[300], s[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), BUS "/%s/%s", device, name);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(s, sizeof(s), f))
			s[0] = '\0';
		fclose(f);
	}
	return strtoul(s, NULL, 0);
}

/* The device's memory, its third resource. */
static int open_memory(void)
{
	DIR *dir = opendir(BUS);
	char path[300];
	struct dirent *e;
	int fd;

	while (dir && (e = readdir(dir))) {
		if (number_in(e->d_name, "vendor") != 0x1af4 ||
		    number_in(e->d_name, "device") != 0x1110)
			continue;
		snprintf(path, sizeof(path), BUS "/%s/enable", e->d_name);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, "1", 1) != 1)
			quit(path);
		close(fd);
		snprintf(path, sizeof(path), BUS "/%s/resource2", e->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			quit(path);
		return fd;
	}
	fputs("lab_send: no memory that is shared with the host\n", stderr);
	exit(1);
}

int main(int argc, char **argv)
{
	int in = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1, fd;
	size_t size, at = HEADER;
	struct stat memory, file;
	ssize_t n;
	char *p;

	if (in < 0 || fstat(in, &file))
		quit(argc == 2 ? argv[1] : "write a file");
	fd = open_memory();
	if (fstat(fd, &memory))
		quit("resource2");
	size = (size_t)memory.st_size;
	if ((size_t)file.st_size > size - HEADER) {
		fprintf(stderr, "lab_send: %s: %lld bytes do not fit\n", argv[1],
			(long long)file.st_size);
		return 1;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		quit("resource2");
	while ((n = read(in, p + at, size - at)) > 0)
		at += (size_t)n;
	if (n < 0)
		quit(argv[1]);
	snprintf(p, HEADER, "GNBLAB1 %zu\n", at - HEADER);
	return 0;
}
