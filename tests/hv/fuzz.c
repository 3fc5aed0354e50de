// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing of hv's hypercalls. The same code is a libFuzzer target, a driver with a random source of
 * its own, and the replay of files:
 *
 *   hv_fuzz [-n CALLS] [-s SEED] [-m valid|hostile|both] [-o FILE]    random inputs until CALLS
 * hypercalls hv_fuzz FILE...                                             replay
 *
 * It is linked with an hv built with -DHV_FUZZ: the input also decides what a second read of a
 * guest's word within one hypercall returns. A finding of the driver is saved in FILE (default
 * hv_fuzz.found).
 */
#include "fuzz.h"

#include <stdarg.h>
#include <time.h>
#include <unistd.h>

struct fz fz;
struct fz_stats fz_stats;

static const uint8_t *current;
static size_t current_size;
static const char *save_to;
static uint64_t seed = 1;

/* ---- second reads ---- */

#define READS 4096

static struct {
	const void *p;
	uint64_t call;
} reads[READS];
static uint64_t call = 1;

void fz_forget_reads(void)
{
	call++;
	fz.tampered = false;
}

uint64_t hv_fuzz_read(const void *p, uint64_t value, unsigned size);
uint64_t hv_fuzz_read(const void *p, uint64_t value, unsigned size)
{
	unsigned i = (unsigned)((uintptr_t)p >> 1) * 2654435761u >> 20;
	uint8_t b;

	(void)size;
	if (!fz.hostile || (fz.tamper == FZ_STILL && fz_in_tables(p)))
		return value;
	for (unsigned tries = 0; reads[i % READS].call == call; i++) {
		if (reads[i % READS].p == p) {
			fz_stats.second_reads++;
			b = fz_u8();
			/* Any page of the guest may be a table by now, if an entry says so. */
			fz.tampered = true;
			if (fz_in_tables(p) && fz.tamper == FZ_GONE)
				return b < 16 ? 0 : value;
			/* Mostly as it was; else a bit, any number, or somebody's frame. */
			switch (b & 15) {
			case 0:
				return value ^ 1ull << (b >> 4);
			case 1:
				return b >> 4;
			case 2:
				return fz_u64();
			case 3:
				return fz.host->first_ram + (fz_u8() % 6) * 512u + fz_u8() % FZ_RAM;
			default:
				return value;
			}
		}
		if (++tries == READS)
			return value;
	}
	reads[i % READS].p = p;
	reads[i % READS].call = call;
	return value;
}

/* ---- one input ---- */

static void fail_alloc(void)
{
	if (fz.hostile)
		hv_host_fail_alloc(fz.host, fz_u8() % 8);
}

static void end_one(void)
{
	unsigned live = 0;

	for (unsigned i = 0; i < FZ_DOMAINS; i++)
		live += fz.dom[i].d != NULL;
	if (live > 2)
		fz_kill(fz_live());
	else
		fz_create();
}

/* Two of the many bytes of a map, of each; four; and one. */
#define FZ_LOG_BYTE    186
#define FZ_MOVE_BYTE   93
#define FZ_LEND_BYTE   97
#define FZ_VIRTIO_BYTE 15
#define FZ_PVI_BYTE    188

/* Drawn with the weight of their number of places. */
static void act(uint8_t b)
{
	static void (*const action[])(void) = {
		fz_map,		fz_map,		fz_map,		fz_map,		  fz_map,
		fz_map,		fz_map,		fz_map,		fz_map,		  fz_map,
		fz_map,		fz_transfer,	fz_replace,	fz_copy,	  fz_transfer,
		fz_map,		fz_unmap,	fz_unmap,	fz_unmap,	  fz_unmap,
		fz_unmap,	fz_unmap,	fz_unmap,	fz_unmap,	  fz_unmap,
		fz_unmap,	fz_unmap,	fz_unmap,	fz_cache_flush,	  fz_replace,
		fz_copy,	fz_copy,	fz_copy,	fz_copy,	  fz_copy,
		fz_copy,	fz_table_op,	fz_table_op,	fz_table_op,	  fz_raw_call,
		fz_write_entry, fz_write_entry, fz_write_entry, fz_write_entry,	  fz_write_entry,
		fz_write_entry, fz_write_entry, fz_write_entry, fz_write_entry,	  fz_write_status,
		fz_access,	fz_access,	fz_access,	fz_access,	  fz_access,
		fz_access,	fz_device,	fz_device,	fz_physmap,	  fz_decrease,
		fz_populate,	fz_populate,	fz_access,	fz_walk,	  fz_v3_tree,
		fz_v3_tree,	fz_v3_entry,	fz_v3_entry,	fz_v3_entry,	  fz_v3_map,
		fz_v3_map,	fz_v3_map,	fz_v3_map,	fz_v3_map,	  fz_v3_map,
		fz_v3_unmap,	fz_v3_unmap,	fz_v3_revoke,	fz_v3_revoke,	  fz_v3_query,
		fz_v1_revoke,	fz_v1_revoke,	fz_v1_revoke,	fz_v1_revoke,	  fz_v3_protect,
		fz_v3_protect,	fz_v3_protect,	fz_v3_bind,	fz_v3_invalidate, fz_v3_copy,
		fz_v3_notify,	fz_v3_large,	fz_v3_large,
	};

	action[b % (sizeof(action) / sizeof(action[0]))]();
}

void fz_run(const uint8_t *data, size_t size)
{
	current = data;
	current_size = size;
	memset(&fz, 0, sizeof(fz));
	fz.in = data;
	fz.end = data + size;
	fz.hostile = fz_u8() & 1;
	fz_forget_reads();
	fz_v3_begin();
	fz_range_begin();
	fz_log_begin();
	fz_lend_begin();
	fz_make_host();
	fz_create();
	fz_create();
	fz_create();
	while (!fz_done()) {
		uint8_t b = fz_u8();
		unsigned live = 0;

		for (unsigned i = 0; i < FZ_DOMAINS; i++)
			live += fz.dom[i].d != NULL;
		if (live < 2) {
			fz_create();
		} else if (b == 254 && fz.hostile) {
			fail_alloc();
		} else if (b == 255) {
			/* Seldom: a domain costs as much as hundreds of hypercalls. */
			switch (fz_u8() & 7) {
			case 0:
				end_one();
				break;
			case 1:
				fail_alloc();
				break;
			case 2:
				fz_create();
				break;
			default:
				fz_check();
			}
		} else if (b >= 246) {
			fz_range();
		} else if (b == FZ_LOG_BYTE || b == FZ_LOG_BYTE + 1) {
			fz_log();
		} else if (b == FZ_PVI_BYTE || b == FZ_PVI_BYTE + 1) {
			fz_pviommu();
		} else if (b == FZ_MOVE_BYTE || b == FZ_MOVE_BYTE + 1) {
			fz_move();
		} else if (b >= FZ_LEND_BYTE && b < FZ_LEND_BYTE + 4) {
			fz_lend();
		} else if (b == FZ_VIRTIO_BYTE) {
			fz_virtio();
		} else {
			act(b);
		}
	}
	hv_host_fail_alloc(fz.host, 0);
	fz_end();
	fz_stats.inputs++;
}

/* ---- drivers ---- */

static void save(void)
{
	const char *to = save_to;
	FILE *f = to && current ? fopen(to, "wb") : NULL;

	if (!f)
		return;
	save_to = NULL;
	fwrite(current, 1, current_size, f);
	fclose(f);
	fprintf(stderr, "hv_fuzz: that input is in %s (seed %lu, input %lu)\n", to,
		(unsigned long)seed, (unsigned long)fz_stats.inputs);
}

void fz_fail(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "hv_fuzz: %s guests, hypercall %lu: ", fz.hostile ? "hostile" : "valid",
		(unsigned long)fz_stats.calls);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	if (!save_to)
		abort();
	save();
	_exit(1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4)
		fz_run(data, size);
	return 0;
}

#ifdef HV_MUTANT
/* Built with every mutant (hv_mutant_now.h): the environment chooses. */
int hv_mutant_now;

__attribute__((constructor)) static void choose(void)
{
	const char *e = getenv("HV_MUTANT");

	hv_mutant_now = e ? atoi(e) : 0;
}
#endif

#ifndef HV_LIBFUZZER
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static uint64_t random64(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

#define INPUT 65536

static void drive(uint64_t calls, const char *mode)
{
	static uint64_t buf[INPUT / 8];
	uint64_t s = seed * 0x9e3779b97f4a7c15ull + 1;

	for (unsigned n = 0; fz_stats.calls < calls; n++) {
		for (unsigned i = 0; i < INPUT / 8; i++)
			buf[i] = random64(&s);
		*(uint8_t *)buf = !strcmp(mode, "hostile") || (!strcmp(mode, "both") && n % 2);
		fz_run((uint8_t *)buf, INPUT);
	}
}

static int replay(const char *file)
{
	FILE *f = fopen(file, "rb");
	size_t size = 0, room = 1 << 20;
	uint8_t *p = malloc(room);

	if (!f || !p) {
		perror(file);
		return 2;
	}
	size = fread(p, 1, room, f);
	fclose(f);
	LLVMFuzzerTestOneInput(p, size);
	free(p);
	printf("%s: %lu hypercalls, nothing found\n", file, (unsigned long)fz_stats.calls);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t calls = 1000000;
	const char *mode = "both";
	struct timespec a, b;
	int c, rc = 0;

	while ((c = getopt(argc, argv, "n:s:m:o:")) != -1) {
		switch (c) {
		case 'n':
			calls = strtoull(optarg, NULL, 0);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'm':
			mode = optarg;
			break;
		case 'o':
			save_to = optarg;
			break;
		default:
			fprintf(stderr, "usage: hv_fuzz [-n CALLS] [-s SEED] "
					"[-m valid|hostile|both] [-o FILE] [FILE...]\n");
			return 2;
		}
	}
	if (optind < argc) {
		for (; optind < argc && !rc; optind++)
			rc = replay(argv[optind]);
		return rc;
	}
	if (!save_to)
		save_to = "hv_fuzz.found";
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(save);
	clock_gettime(CLOCK_MONOTONIC, &a);
	drive(calls, mode);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%lu hypercalls in %.1f s: %lu inputs, %lu maps of which %lu done, %lu unmapped, "
	       "%lu copied, %lu of parts, %lu passed on, %lu transferred, %lu replaced, "
	       "version 3: %lu mapped, %lu revoked, %lu protected or not, %lu bound, %lu entries of 2M, %lu split; version 1: %lu revoked; "
	       "%lu loans, %lu revoked; contexts: %lu calls done; "
	       "%lu tags read, %lu second reads, %lu crashes, %lu arguments elsewhere, "
	       "%lu out of reach, %lu checks\n",
	       (unsigned long)fz_stats.calls,
	       (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9,
	       (unsigned long)fz_stats.inputs, (unsigned long)fz_stats.maps,
	       (unsigned long)fz_stats.maps_ok, (unsigned long)fz_stats.unmaps_ok,
	       (unsigned long)fz_stats.copies_ok, (unsigned long)fz_stats.parts_ok,
	       (unsigned long)fz_stats.passed_ok, (unsigned long)fz_stats.moved,
	       (unsigned long)fz_stats.replaced, (unsigned long)fz_stats.v3_maps_ok,
	       (unsigned long)fz_stats.v3_revoked, (unsigned long)fz_stats.v3_turned,
	       (unsigned long)fz_stats.v3_bound, (unsigned long)fz_stats.v3_large,
	       (unsigned long)fz_stats.v3_split, (unsigned long)fz_stats.v1_revoked,
	       (unsigned long)fz_stats.lent, (unsigned long)fz_stats.lend_revoked,
	       (unsigned long)fz_stats.contexts_ok, (unsigned long)fz_stats.reads,
	       (unsigned long)fz_stats.second_reads, (unsigned long)fz_stats.crashes,
	       (unsigned long)fz_stats.asked, (unsigned long)fz_stats.faults,
	       (unsigned long)fz_stats.checks);
	return 0;
}
#endif
