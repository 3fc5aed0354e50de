/* SPDX-License-Identifier: GPL-2.0-only */
/* What the machine is, read from the kernel, and the fingerprint over it. */
#include <cpuid.h>
#include <dirent.h>
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <sha2.h>

#include "env.h"
#include "gbench.h"
#include "identity.h"
#include "noise.h"
#include "target_arg.h"

#ifdef __clang__
#define COMPILER __VERSION__ /* with its name */
#else
#define COMPILER "gcc " __VERSION__
#endif

/* What a comparison of two runs must agree in. memory and load are left out: they vary by
 * themselves. */
static const char *const relevant[] = { "kernel",
					"cpu_model",
					"microcode",
					"hypervisor",
					"cpus_online",
					"cpus_allowed",
					"cmdline",
					"governor",
					"turbo",
					"smt",
					"thp",
					"aslr",
					"clocksource",
					"numa_balancing",
					"mitigations",
					"compiler",
					"cflags",
					"benchmark_library",
					"cgroup_cpu_max",
					"target_facts",
					NULL };

/* First line of a file without its end; false if there is none. */
static bool line_of(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(buf, (int)len, f);

	if (f)
		fclose(f);
	if (ok)
		buf[strcspn(buf, "\n")] = '\0';
	return ok;
}

static struct json_object *text(const char *path)
{
	char buf[4096];

	return line_of(path, buf, sizeof(buf)) ? gnb_json_string(buf) : NULL;
}

static struct json_object *number(const char *path)
{
	char buf[64], *end;
	double v;

	if (!line_of(path, buf, sizeof(buf)))
		return NULL;
	v = strtod(buf, &end);
	return end == buf ? NULL : gnb_json_number(v);
}

/* The value after "key" and a colon in a file of such lines. */
static struct json_object *field(const char *path, const char *key)
{
	FILE *f = fopen(path, "re");
	struct json_object *o = NULL;
	char line[4096];

	while (f && !o && fgets(line, sizeof(line), f)) {
		char *p = line + strlen(key);

		if (strncmp(line, key, strlen(key)))
			continue;
		p += strspn(p, " \t");
		if (*p++ != ':')
			continue;
		p += strspn(p, " \t");
		p[strcspn(p, "\n")] = '\0';
		o = gnb_json_string(p);
	}
	if (f)
		fclose(f);
	return o;
}

static struct json_object *memory(void)
{
	struct json_object *kb = field("/proc/meminfo", "MemTotal"), *o = NULL;

	if (kb)
		o = gnb_json_number(strtod(json_object_get_string(kb), NULL) * 1024);
	json_object_put(kb);
	return o;
}

/* The choice in "always [madvise] never". */
static struct json_object *chosen(const char *path)
{
	char buf[256], *a, *b;

	if (!line_of(path, buf, sizeof(buf)))
		return NULL;
	a = strchr(buf, '[');
	b = a ? strchr(a, ']') : NULL;
	if (!b)
		return gnb_json_string(buf);
	*b = '\0';
	return gnb_json_string(a + 1);
}

static struct json_object *turbo(void)
{
	char buf[16];

	if (line_of("/sys/devices/system/cpu/intel_pstate/no_turbo", buf, sizeof(buf)))
		return gnb_json_string(*buf == '0' ? "on" : "off");
	if (line_of("/sys/devices/system/cpu/cpufreq/boost", buf, sizeof(buf)))
		return gnb_json_string(*buf == '0' ? "off" : "on");
	return NULL;
}

static struct json_object *hypervisor(void)
{
	static const struct {
		const char *signature, *name;
	} known[] = { { "KVMKVMKVM", "kvm" },	      { "XenVMMXenVMM", "xen" },
		      { "VMwareVMware", "vmware" },   { "Microsoft Hv", "hyper-v" },
		      { "TCGTCGTCGTCG", "qemu-tcg" }, { "bhyve bhyve ", "bhyve" } };
	unsigned a, b, c, d;
	char s[13] = "";

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return NULL;
	if (!(c & (1u << 31)))
		return gnb_json_string("none");
	__cpuid(0x40000000, a, b, c, d);
	memcpy(s, &b, 4);
	memcpy(s + 4, &c, 4);
	memcpy(s + 8, &d, 4);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(s, known[i].signature))
			return gnb_json_string(known[i].name);
	return gnb_json_string(*s ? s : "unknown");
}

/*
 * What a C library chooses its loops by, which move and clear bytes: as this process sees it, which under valgrind is
 * not what the machine has.
 */
static struct json_object *cpu_features(void)
{
	unsigned a, b = 0, c, d = 0;
	char text[160] = "";
	size_t n = 0;

	__get_cpuid_count(7, 0, &a, &b, &c, &d);
	const struct {
		const char *name;
		bool has;
	} feature[] = {
		{ "ssse3", __builtin_cpu_supports("ssse3") },
		{ "avx", __builtin_cpu_supports("avx") },
		{ "avx2", __builtin_cpu_supports("avx2") },
		{ "avx512f", __builtin_cpu_supports("avx512f") },
		{ "avx512vl", __builtin_cpu_supports("avx512vl") },
		{ "avx512bw", __builtin_cpu_supports("avx512bw") },
		{ "erms", b & (1u << 9) },
		{ "rtm", b & (1u << 11) },
		{ "fsrm", d & (1u << 4) },
	};
	for (size_t i = 0; i < sizeof(feature) / sizeof(feature[0]); i++)
		if (feature[i].has)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "",
					      feature[i].name);
	return gnb_json_string(text);
}

static struct json_object *libc(void)
{
	char text[64];

	snprintf(text, sizeof(text), "glibc %s", gnu_get_libc_version());
	return gnb_json_string(text);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static struct json_object *mitigations(void)
{
	static const char dir[] = "/sys/devices/system/cpu/vulnerabilities";
	struct json_object *o;
	struct dirent **e;
	int n = scandir(dir, &e, NULL, by_name);

	if (n < 0)
		return NULL;
	o = json_object_new_object();
	for (int i = 0; i < n; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", dir, e[i]->d_name);
		if (e[i]->d_name[0] != '.')
			json_object_object_add(o, e[i]->d_name, text(path));
		free(e[i]);
	}
	free(e);
	return o;
}

static struct json_object *cgroup(void)
{
	char line[1024], path[1200];

	if (!line_of("/proc/self/cgroup", line, sizeof(line)) || strncmp(line, "0::", 3))
		return NULL;
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.max", line + 3);
	return text(path);
}

static struct json_object *procs_running(void)
{
	FILE *f = fopen("/proc/stat", "re");
	struct json_object *o = NULL;
	char line[4096];
	double v;

	while (f && !o && fgets(line, sizeof(line), f))
		if (sscanf(line, "procs_running %lf", &v) == 1)
			o = gnb_json_number(v);
	if (f)
		fclose(f);
	return o;
}

/* Of what is measured and of the library that measures: "release" only if both are. */
static const char *build_type(void)
{
#if defined(__OPTIMIZE__) && !defined(HV_DEBUG)
	return gnb_gbench_build();
#else
	return "debug";
#endif
}

static char allowed[4096];

void gnb_env_init(void)
{
	struct json_object *o = field("/proc/self/status", "Cpus_allowed_list");

	if (o)
		snprintf(allowed, sizeof(allowed), "%s", json_object_get_string(o));
	json_object_put(o);
}

const char *gnb_env_host(void)
{
	static char host[256];

	if (!host[0] && gethostname(host, sizeof(host) - 1))
		host[0] = '\0';
	return host;
}

struct json_object *gnb_env_read(const struct gnb_target *t)
{
	struct json_object *o = json_object_new_object();
	struct gnb_noise n;
	struct utsname u;

#define ADD(key, value) json_object_object_add(o, key, value)
	gnb_noise_read(&n);
	ADD("host", gnb_json_string(gnb_env_host()));
	ADD("kernel", uname(&u) ? NULL : gnb_json_string(u.release));
	ADD("cpu_model", field("/proc/cpuinfo", "model name"));
	ADD("microcode", field("/proc/cpuinfo", "microcode"));
	ADD("cpu_features", cpu_features());
	ADD("hypervisor", hypervisor());
	ADD("cpus_online", json_object_new_int64(sysconf(_SC_NPROCESSORS_ONLN)));
	ADD("cpus_allowed", *allowed ? gnb_json_string(allowed) : NULL);
	ADD("memory_bytes", memory());
	ADD("cmdline", text("/proc/cmdline"));
	ADD("governor", text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
	ADD("turbo", turbo());
	ADD("smt", text("/sys/devices/system/cpu/smt/control"));
	ADD("thp", chosen("/sys/kernel/mm/transparent_hugepage/enabled"));
	ADD("aslr", number("/proc/sys/kernel/randomize_va_space"));
	ADD("clocksource",
	    text("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
	ADD("numa_balancing", number("/proc/sys/kernel/numa_balancing"));
	ADD("mitigations", mitigations());
	ADD("compiler", gnb_json_string(COMPILER));
	ADD("cflags", gnb_json_string(GNB_CFLAGS));
	ADD("variant", *GNB_VARIANT ? gnb_json_string(GNB_VARIANT) : NULL);
	ADD("libc", libc());
	ADD("build_type", gnb_json_string(build_type()));
	ADD("benchmark_library", gnb_json_string(gnb_gbench_version()));
	ADD("loadavg1", number("/proc/loadavg"));
	ADD("procs_running", procs_running());
	ADD("steal_ticks", n.steal_ticks < 0 ? NULL : gnb_json_number(n.steal_ticks));
	ADD("psi_cpu_some_us", n.psi_us < 0 ? NULL : gnb_json_number(n.psi_us));
	ADD("involuntary_switches", gnb_json_number(n.involuntary));
	ADD("cgroup_cpu_max", cgroup());
	ADD("target_facts", gnb_target_facts(t));
#undef ADD
	return o;
}

const char *gnb_env_untrusted(struct json_object *env, const struct gnb_clock *c)
{
	const char *below = gnb_json_get_string(env, "hypervisor", ""),
		   *model = gnb_json_get_string(env, "cpu_model", "");

	if (c->exact)
		return NULL;
	if (!strcmp(below, "qemu-tcg"))
		return "the processor is emulated by QEMU";
	/* Xen hides what is below it, except in the name of the processor. */
	if (!strcmp(below, "xen") && !strncmp(model, "QEMU ", 5))
		return "Xen itself runs inside QEMU";
	return NULL;
}

void gnb_env_fingerprint(struct json_object *env, const char *target, char hex[65],
			 struct json_object **keys)
{
	SHA2_CTX sha;

	if (keys)
		*keys = json_object_new_array();
	SHA256Init(&sha);
	for (const char *const *k = relevant; *k; k++) {
		struct json_object *v = NULL;
		const char *s;

		json_object_object_get_ex(env, *k, &v);
		s = v ? gnb_json_line(v) : "null";
		SHA256Update(&sha, (const uint8_t *)*k, strlen(*k) + 1);
		SHA256Update(&sha, (const uint8_t *)s, strlen(s) + 1);
		if (keys)
			json_object_array_add(*keys, gnb_json_string(*k));
	}
	SHA256Update(&sha, (const uint8_t *)target, strlen(target) + 1);
	if (keys)
		json_object_array_add(*keys, gnb_json_string("target"));
	SHA256End(&sha, hex);
}

/* SHA-256 of an object as one line, in hex. It is given back. */
static struct json_object *digest(struct json_object *o)
{
	const char *s = gnb_json_line(o);
	SHA2_CTX sha;
	char hex[65];

	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)s, strlen(s));
	SHA256End(&sha, hex);
	json_object_put(o);
	return gnb_json_string(hex);
}

struct json_object *gnb_env_fingerprints(struct json_object *manifest)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "machine", digest(gnb_identity_machine(manifest)));
	json_object_object_add(o, "subject", digest(gnb_identity_subject(manifest)));
	return o;
}

void gnb_env_anonymize(struct json_object *env)
{
	json_object_object_add(env, "host", NULL);
	/* A boot command line may carry it as well. */
	if (*gnb_env_host())
		gnb_json_replace(env, gnb_env_host(), "anon");
}
