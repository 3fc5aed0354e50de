// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module gnb_iommu in its machine, as root: what it refuses, what its rows do, processes that are killed in the
 * middle of random ioctls, and a device that is taken away meanwhile. Nothing may be left afterwards.
 *
 *   lab_iommu [IOCTLS] [SEED]
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gnb_iommu.h"
#include "tap.h"

#define PAGE   4096u
#define DRIVER "/sys/bus/pci/drivers/gnb_iommu/"

static uint64_t ticks[2][GNB_IOMMU_MAX_ROW];
static struct gnb_iommu_info info;
static uint64_t seed = 1;

struct shared {
	uint64_t done, passed;
};

static struct shared *sh;

static struct gnb_iommu_row row(uint32_t op, uint32_t n, uint32_t bytes, uint32_t calls)
{
	return (struct gnb_iommu_row){ .op = op,
				       .n = n,
				       .bytes = bytes,
				       .calls = calls,
				       .map = (uintptr_t)ticks[0],
				       .unmap = (uintptr_t)ticks[1] };
}

static int ask(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? errno : 0;
}

static void refused(int fd)
{
	struct gnb_iommu_row good = row(GNB_IOMMU_PAGE, 4, PAGE, 4), bad[16];
	const char *const what[] = {
		"an operation that there is not",
		"no time at all",
		"more times than a row has",
		"no call",
		"more calls than a time has",
		"more work than a row has",
		"4095 bytes",
		"8192 bytes",
		"a flag that there is not",
		"a reserved field",
		"a list of more entries than it has",
		"a list of large pages",
		"two parts",
	};
	struct gnb_iommu_told t = { .mark = 'x' };
	unsigned n = sizeof(what) / sizeof(what[0]);

	for (unsigned i = 0; i < n; i++)
		bad[i] = good;
	bad[0].op = GNB_IOMMU_OPS;
	bad[1].n = 0;
	bad[2].n = GNB_IOMMU_MAX_ROW + 1;
	bad[3].calls = 0;
	bad[4].calls = GNB_IOMMU_MAX_CALLS + 1;
	bad[5].n = GNB_IOMMU_MAX_WORK / 4 + 1;
	bad[6].bytes = PAGE - 1;
	bad[7].bytes = 2 * PAGE;
	bad[8].flags = 4;
	bad[9].reserved = 1;
	bad[10] = row(GNB_IOMMU_LIST, 1, PAGE, GNB_IOMMU_MAX_ENTRIES + 1);
	bad[11] = row(GNB_IOMMU_LIST, 1, GNB_IOMMU_BLOCK, 1);
	bad[12] = row(GNB_IOMMU_PART, 1, PAGE, 2);
	for (unsigned i = 0; i < n; i++)
		ok(ask(fd, GNB_IOMMU_ROW, &bad[i]) == EINVAL, "%s: EINVAL", what[i]);
	good.map = 1;
	ok(ask(fd, GNB_IOMMU_ROW, &good) == EFAULT, "readings to where there is no memory: EFAULT");
	ok(ask(fd, GNB_IOMMU_ROW, NULL) == EFAULT, "a row that is not there: EFAULT");
	ok(ask(fd, GNB_IOMMU_TELL, &t) == EINVAL, "a mark that there is not: EINVAL");
	t = (struct gnb_iommu_told){ .name = "two words" };
	ok(ask(fd, GNB_IOMMU_TELL, &t) == EINVAL, "a name with a space: EINVAL");
	memset(t.name, 'n', sizeof(t.name));
	ok(ask(fd, GNB_IOMMU_TELL, &t) == EINVAL, "a name without an end: EINVAL");
	ok(ask(fd, _IO('G', 0xcf), NULL) == ENOTTY, "another request: ENOTTY");
}

/* The right is asked for at each call, not only when the file is opened. */
static void without_right(int fd)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct gnb_iommu_row r = row(GNB_IOMMU_PAGE, 1, PAGE, 1);

		_exit(setuid(65534) || ask(fd, GNB_IOMMU_ROW, &r) != EPERM ||
		      open(GNB_IOMMU_DEVICE, O_RDWR) >= 0);
	}
	ok(waitpid(pid, &status, 0) == pid && !status, "who is not root any more: EPERM");
}

/* Each page is where it was mapped, and none after its unmap; a row has readings. */
static void rows(int fd)
{
	static const char *const names[] = { "page", "list", "each", "fast", "part" };
	bool behind = info.flags & GNB_IOMMU_BEHIND;

	for (uint32_t op = GNB_IOMMU_PAGE; op < GNB_IOMMU_OPS; op++) {
		uint32_t calls = op == GNB_IOMMU_PART ? 1 : 64;
		struct gnb_iommu_row r = row(op, 8, PAGE, calls);
		uint64_t want = op == GNB_IOMMU_PART ? GNB_IOMMU_BLOCK / PAGE : calls;
		int rc;

		memset(ticks, 0, sizeof(ticks));
		rc = ask(fd, GNB_IOMMU_ROW, &r);
		if (op >= GNB_IOMMU_EACH && !behind) {
			ok(rc == EOPNOTSUPP, "%s: not without an IOMMU", names[op]);
			continue;
		}
		ok(!rc && ticks[0][0] && ticks[1][7] && !ticks[0][8], "%s: eight readings (%d)",
		   names[op], rc);
		r.flags = GNB_IOMMU_CHECK;
		rc = ask(fd, GNB_IOMMU_ROW, &r);
		ok(!rc && r.reached == want && (op == GNB_IOMMU_PART || !r.left),
		   "%s: %lu of %lu pages are reached, then %lu (%d)", names[op],
		   (unsigned long)r.reached, (unsigned long)want, (unsigned long)r.left, rc);
	}
}

static uint64_t rnd(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 0x2545f4914f6cdd1dULL;
}

/* Mostly small and plausible, sometimes an edge, sometimes anything. */
static uint32_t value(uint64_t *s, uint32_t limit)
{
	switch (rnd(s) % 16) {
	case 0:
		return (uint32_t)rnd(s);
	case 1:
		return limit + (uint32_t)(rnd(s) % 3) - 1;
	default:
		return (uint32_t)(rnd(s) % limit);
	}
}

static int one(int fd, uint64_t *s)
{
	static const uint32_t sizes[] = { PAGE, PAGE, 16 * PAGE, GNB_IOMMU_BLOCK, 8192, 0 };
	struct gnb_iommu_row r = row(value(s, GNB_IOMMU_OPS), 1 + value(s, 8), sizes[rnd(s) % 6],
				     1 + value(s, rnd(s) % 4 ? 8 : GNB_IOMMU_MAX_CALLS));
	struct gnb_iommu_told t = { .mark = value(s, 128) };
	struct gnb_iommu_info i;

	if (rnd(s) % 8 == 0)
		r.flags = value(s, 4);
	if (rnd(s) % 16 == 0)
		r.map = rnd(s);
	switch (rnd(s) % 8) {
	case 0:
		return ioctl(fd, GNB_IOMMU_GET_INFO, rnd(s) % 8 ? &i : NULL);
	case 1:
		for (unsigned k = 0; !t.mark && k < rnd(s) % 9; k++)
			t.name[k] = (char)(rnd(s) % 16 ? 'a' : rnd(s));
		return ioctl(fd, GNB_IOMMU_TELL, &t);
	case 2:
		return ioctl(fd, _IOC((unsigned)rnd(s) & 3, 'G', 0xc0 + rnd(s) % 8, rnd(s) % 512),
			     ticks);
	default:
		return ioctl(fd, GNB_IOMMU_ROW, &r);
	}
}

/* A process that is killed in the middle. */
static void process(uint64_t s)
{
	int fd = open(GNB_IOMMU_DEVICE, O_RDWR);

	while (fd >= 0) {
		int rc = one(fd, &s);

		__atomic_fetch_add(&sh->done, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&sh->passed, rc >= 0, __ATOMIC_RELAXED);
	}
	_exit(1);
}

static bool put(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY);
	bool good = fd >= 0 && write(fd, word, strlen(word)) == (ssize_t)strlen(word);

	if (fd >= 0)
		close(fd);
	return good;
}

/* Other people's mappings of it, and the driver, come and go. */
static void taken_away(int fd)
{
	struct gnb_iommu_row r = row(GNB_IOMMU_PAGE, 1, PAGE, 1);
	bool gone = put(DRIVER "unbind", info.device);

	ok(gone && ask(fd, GNB_IOMMU_ROW, &r) == ENODEV, "a device that was taken away: ENODEV");
	ok(put(DRIVER "bind", info.device) && !ask(fd, GNB_IOMMU_ROW, &r),
	   "and had again: an open file goes on");
}

static void killed(int fd, uint64_t ioctls)
{
	struct gnb_iommu_info now = { 0 };
	unsigned processes = 0, bad = 0;
	int status;

	while (sh->done < ioctls && !bad) {
		pid_t pid[3];

		for (unsigned i = 0; i < 3; i++) {
			uint64_t s = seed * 0x9e3779b97f4a7c15ull + 7919ull * ++processes;

			pid[i] = fork();
			if (!pid[i])
				process(s | 1);
		}
		/* One of them goes on while the device is not there. */
		usleep(20000 + processes % 7 * 3000);
		if (processes % 4 == 0)
			put(DRIVER "unbind", info.device);
		usleep(5000);
		for (unsigned i = 0; i < 3; i++)
			kill(pid[i], SIGKILL);
		for (unsigned i = 0; i < 3; i++)
			bad += waitpid(pid[i], &status, 0) != pid[i] || !WIFSIGNALED(status);
		if (processes % 4 == 0)
			put(DRIVER "bind", info.device);
	}
	ok(!bad && sh->passed > ioctls / 20,
	   "%lu ioctls of %u processes, which were killed; %lu passed", (unsigned long)sh->done,
	   processes, (unsigned long)sh->passed);
	bad = ask(fd, GNB_IOMMU_GET_INFO, &now);
	ok(!bad && now.files == 1 && !now.mapped, "they left %d files and %llu mappings",
	   (int)now.files - 1, (unsigned long long)now.mapped);
}

int main(int argc, char **argv)
{
	uint64_t ioctls = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000;
	int fd = open(GNB_IOMMU_DEVICE, O_RDWR);

	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!ok(fd >= 0 && sh != MAP_FAILED && !ask(fd, GNB_IOMMU_GET_INFO, &info) &&
			info.abi == GNB_IOMMU_ABI && info.files == 1,
		"the module is here, with a device"))
		return 1;
	refused(fd);
	without_right(fd);
	rows(fd);
	taken_away(fd);
	killed(fd, ioctls);
	rows(fd);
	return tap_done();
}
