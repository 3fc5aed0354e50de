# SPDX-License-Identifier: GPL-2.0-only
#
#   make run      set up, build, measure, report         make check    set up, build, all tests
#   make          build only                             make help     every target
#
# Variables: V=1 shows commands, WERROR=1 makes warnings errors, SAN=address|thread|fuzz|debug builds
# into build-$(SAN), MUTANT=n with a deliberate defect (hv/core/mutant.h) into build-mutantN, DESTDIR and
# PREFIX for install, RUN_ARGS is passed to grantbench by `make run`.

VERSION := 0.1.0
PREFIX ?= /usr/local
SAN ?=
JOBS ?= $(shell nproc)
MUTANT ?=
B := build$(if $(SAN),-$(SAN))$(if $(MUTANT),-mutant$(MUTANT))
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
msg = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' "$(1)" "$(2)")

ifneq ($(shell uname -m),x86_64)
$(error grantbench needs an x86-64 machine: the reference hypervisor models Xen on x86)
endif

# libFuzzer is clang's.
CC = $(if $(filter fuzz,$(SAN)),clang,gcc)
CXX = $(if $(filter fuzz,$(SAN)),clang++,g++)
OPT ?= -O2
# x86-64-v2: callgrind, which counts instructions for the claims, stops at AVX-512.
CFLAGS = -std=c11 -D_GNU_SOURCE $(OPT) -g -march=x86-64-v2 -fno-omit-frame-pointer -pthread \
	 -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes $(if $(filter gcc,$(CC)),-Wshadow=local) $(if $(WERROR),-Werror) $(SAN_FLAGS)
CXXFLAGS = -std=c++14 $(OPT) -g -march=x86-64-v2 -pthread -Wall -Wextra $(if $(WERROR),-Werror) $(SAN_FLAGS)
SAN_FLAGS_address := -fsanitize=address,undefined -fno-sanitize-recover=all -DHV_DEBUG
SAN_FLAGS_thread := -fsanitize=thread -DHV_DEBUG
SAN_FLAGS_debug := -DHV_DEBUG
SAN_FLAGS_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DHV_DEBUG
# --- hv tests: builds of their own, see the rules below ---
SAN_FLAGS_hvfuzz := -fsanitize=address,undefined -fno-sanitize-recover=all -DHV_DEBUG -DHV_FUZZ
SAN_FLAGS_hvmutants := -DHV_DEBUG -DHV_FUZZ -DHV_MUTANT=hv_mutant_now -include tests/hv_mutant_now.h
SAN_FLAGS_fuzz += -DHV_FUZZ -DHV_LIBFUZZER
# TSan ignores fences, and gcc says so at each; hv orders its data by the accesses beside them.
SAN_FLAGS_thread += -Wno-tsan
# --- end of hv tests ---
SAN_FLAGS := $(SAN_FLAGS_$(SAN)) $(if $(MUTANT),-DHV_MUTANT=$(MUTANT))
HV_INC := -Ihv/include -D__XEN_INTERFACE_VERSION__=0x00040e00
BENCH_INC := -Ibench/include -Ibench/driver $(HV_INC)
BENCH_LIBS := -lbenchmark -lstdc++ -ljson-c -lhwloc -lgsl -lgslcblas -lmd -lm -pthread
REPORT_LIBS := -ljson-c -lgsl -lgslcblas -lm
PROFILE_LIBS := -lelf -ljson-c

HV_SRC := $(wildcard hv/core/*.c)
BENCH_SRC := $(wildcard bench/*.c bench/driver/*.c bench/targets/*.c workloads/*.c)
REPORT_SRC := $(wildcard plot/*.c)
PROFILE_SRC := $(wildcard profile/*.c)
PLUGIN_SRC := $(wildcard kernel-helpers/qemu/*.c)
TEST_SRC := $(wildcard tests/*_test.c)

HV_OBJ := $(HV_SRC:%.c=$(B)/%.o)
BENCH_OBJ := $(BENCH_SRC:%.c=$(B)/%.o) $(B)/bench/driver/gbench.o
REPORT_OBJ := $(REPORT_SRC:%.c=$(B)/%.o)
PROFILE_OBJ := $(PROFILE_SRC:%.c=$(B)/%.o)
TESTS := $(TEST_SRC:tests/%.c=$(B)/tests/%)

GIT_SHA := $(shell git rev-parse --short=7 HEAD 2>/dev/null || echo nogit)
GIT_DIRTY := $(if $(shell git status --porcelain 2>/dev/null),1,0)
STYLED = $(wildcard bench/*.c bench/*/*.[ch] bench/*/*.cc bench/include/gnb/*.h workloads/*.[ch] hv/*/*.[ch] \
	   hv/include/hv/*.h plot/*.[ch] profile/*.[ch] tests/*.[ch] tests/diff/*.[ch])

.PHONY: all
all: $(B)/grantbench $(B)/grantbench-report $(B)/grantbench-profile

$(B)/grantbench: $(BENCH_OBJ) $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(BENCH_LIBS)

$(B)/grantbench-report: $(REPORT_OBJ)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(REPORT_LIBS)

$(B)/grantbench-profile: $(PROFILE_OBJ)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(PROFILE_LIBS)

# Loaded by the emulator, so without a sanitizer.
PLUGIN_CFLAGS := -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -fvisibility=hidden
$(B)/lab/gnb_profile.so: $(PLUGIN_SRC) $(wildcard kernel-helpers/qemu/*.h) kernel-helpers/guest/gnb_mark.h
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(PLUGIN_CFLAGS) $(if $(WERROR),-Werror) -shared -fPIC -o $@ $(PLUGIN_SRC)

$(B)/libhv.a: $(HV_OBJ)
	$(call msg,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# hv knows nothing of bench, plot reads only results: the include paths say so.
$(B)/hv/%.o: hv/%.c
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(HV_INC) -Ihv/core -MMD -MP -c -o $@ $<
$(B)/plot/%.o: plot/%.c
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -DGNB_SUITE_VERSION='"$(VERSION)"' -MMD -MP -c -o $@ $<
$(B)/profile/%.o: profile/%.c
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/%.o: %.c $(B)/version.h
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(BENCH_INC) -include $(B)/version.h -MMD -MP -c -o $@ $<
$(B)/%.o: %.cc
	$(call msg,CXX,$@)
	$(Q)mkdir -p $(@D) && $(CXX) $(CXXFLAGS) $(BENCH_INC) -MMD -MP -c -o $@ $<

# Tests by what they may see: hv_* the hypervisor, plot_* the report, all others the driver and all benchmarks.
$(B)/tests/hv_%.o: BENCH_INC += -Ihv/core
$(B)/tests/hv_%_test: $(B)/tests/hv_%_test.o $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -pthread
$(B)/tests/plot_%_test: $(B)/tests/plot_%_test.o $(filter-out $(B)/plot/main.o,$(REPORT_OBJ))
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(REPORT_LIBS)
# The plugin with a stand-in for the emulator.
$(B)/tests/plugin_%_test: tests/plugin_%_test.c tests/plugin_fake.h tests/tap.h $(PLUGIN_SRC) $(wildcard kernel-helpers/qemu/*.h)
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -o $@ $< $(PLUGIN_SRC)
$(B)/tests/%_test: $(B)/tests/%_test.o $(filter-out $(B)/bench/driver/main.o,$(BENCH_OBJ)) $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(BENCH_LIBS)

# What the claims run under callgrind.
$(B)/tests/tools/%: tests/tools/%.c tests/hv_fixture.h tests/tap.h $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(HV_INC) -o $@ $< $(B)/libhv.a -pthread

# --- hv tests ---
# hv_fuzz: SAN=hvfuzz a driver with ASan and UBSan, SAN=fuzz for libFuzzer, SAN=hvmutants with all defects in one.
FZ_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tests/hv_fuzz*.c))
$(B)/tests/hv_fuzz: $(FZ_OBJ) $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(if $(filter fuzz,$(SAN)),-fsanitize=fuzzer) -o $@ $^ -pthread
$(B)/tests/hv_soak: $(B)/tests/hv_soak_duel.o $(B)/tests/hv_soak_move.o $(B)/tests/hv_soak_tool.o
$(B)/tests/hv_mutant_probe $(B)/tests/hv_soak: $(B)/tests/%: $(B)/tests/%.o $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -pthread
# The same operations on two hypervisors (tests/diff/diff.h).
DIFF_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tests/diff/*.c) bench/targets/xen_privcmd.c bench/targets/xen_channel.c \
	    bench/targets/xen_channel_memory.c bench/targets/xen_domain.c)
$(B)/tests/hv_diff: $(DIFF_OBJ) $(B)/libhv.a
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ -pthread
# --- end of hv tests ---

# Rewritten only when it changes, so that a new commit does not rebuild everything twice.
$(B)/version.h: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '#define GNB_SUITE_VERSION "%s"\n#define GNB_GIT_SHA "%s"\n#define GNB_GIT_DIRTY %s\n#define GNB_CFLAGS "%s"\n' \
		'$(VERSION)' '$(GIT_SHA)' '$(GIT_DIRTY)' '$(OPT) -march=x86-64-v2 $(SAN_FLAGS)' > $@.tmp
	$(Q)cmp -s $@.tmp $@ && rm -f $@.tmp || mv $@.tmp $@
.PHONY: FORCE
FORCE:

.PHONY: tests run check claims install dist clean help format lint asan tsan fuzz
tests: $(TESTS) $(B)/tests/tools/insn $(B)/tests/tools/hv_pairs

# 7: measured, but the environment is not trustworthy; 1: a cell failed. Both leave results worth a report.
run:
	@scripts/bootstrap
	@$(MAKE) -j$(JOBS) --no-print-directory all
	@before=$$(readlink results/latest); code=0; \
	$(B)/grantbench $(RUN_ARGS) || code=$$?; \
	case $$code in 0|1|7) ;; *) exit $$code ;; esac; \
	if [ "$$(readlink results/latest)" != "$$before" ]; then \
		$(B)/grantbench-report results/latest >/dev/null || exit 1; \
		echo "report: $(CURDIR)/results/latest/report.html"; \
	fi; \
	exit $$code

check:
	@scripts/bootstrap
	@$(MAKE) -j$(JOBS) --no-print-directory WERROR=1 all tests
	@B=$(B) scripts/check $(TEST)

# Every published figure, measured anew. CLAIMS=name for one.
claims:
	@scripts/bootstrap
	@$(MAKE) -j$(JOBS) --no-print-directory all claims-programs
	@B=$(B) scripts/claims $(CLAIMS)
.PHONY: claims-programs
claims-programs: $(B)/tests/hv_counts_test $(B)/tests/tools/insn

# The unit tests again, under a sanitizer.
asan:
	@$(MAKE) -j$(JOBS) --no-print-directory SAN=address WERROR=1 all tests
	@B=build-address scripts/check $(notdir $(TESTS))
	build-address/grantbench --quick --launches=0 --allow-untrusted --results=build-address/results --no-progress
tsan:
	@$(MAKE) -j$(JOBS) --no-print-directory SAN=thread WERROR=1 all tests
	@B=build-thread scripts/check $(notdir $(TESTS))
	build-thread/grantbench --quick --budget=90 --launches=0 --allow-untrusted --results=build-thread/results --no-progress

# --- hv tests ---
# libFuzzer, for FUZZ_TIME minutes (0: until it is stopped). What it learns stays in build-fuzz/corpus, a
# finding in build-fuzz/crash-*;
# replay one with build-fuzz/tests/hv_fuzz FILE.
FUZZ_TIME ?= 10
fuzz:
	@$(MAKE) -j$(JOBS) --no-print-directory SAN=fuzz build-fuzz/tests/hv_fuzz
	@mkdir -p build-fuzz/corpus
	build-fuzz/tests/hv_fuzz -max_total_time=$$(($(FUZZ_TIME) * 60)) -max_len=65536 -len_control=0 -timeout=60 \
		-artifact_prefix=build-fuzz/ -print_final_stats=1 build-fuzz/corpus tests/data/fuzz
# The differential stream on hv (docs/conformance.md): SEED, and COUNT operations of each kind of machine.
SEED ?= 1
COUNT ?= 20000
.PHONY: diff
diff: $(B)/tests/hv_diff
	@for v in 1 2; do for g in pv,pv pvh,pvh pv,pvh pvh,pv; do for d in 1 2; do \
		echo "version $$v, guests $$g, domains $$d"; \
		$(B)/tests/hv_diff run -v $$v -g $$g -d $$d -s $(SEED) -n $(COUNT) || exit 1; \
	done; done; done
# --- end of hv tests ---

# --- domain ---
# A domain of our own for Xen (docs/xen.md): its two images, and the program that makes such domains in dom0. Not part
# of `all`: it is linked with the libraries of one Xen version.
DOMAIN := kernel-helpers/domain
DOMAIN_CFLAGS := -std=c11 -O2 -g -ffreestanding -fno-pic -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
		 -fno-asynchronous-unwind-tables -fcf-protection=none -fno-tree-loop-distribute-patterns -Wall -Wextra \
		 -Wmissing-prototypes -Wstrict-prototypes $(if $(WERROR),-Werror) -D__XEN_INTERFACE_VERSION__=0x00040e00
DOMAIN_LDFLAGS := -nostdlib -static -no-pie -Wl,-T,$(DOMAIN)/guest.lds,-z,noexecstack,--build-id=none,--no-warn-rwx-segments
DOMAIN_DEPS := $(wildcard $(DOMAIN)/*.h) $(DOMAIN)/guest.lds kernel-helpers/guest/gnb_mark.h
.PHONY: domain
domain: $(B)/grantbench-domain $(B)/grantbench-domain-pvh $(B)/grantbench-domain-pv
$(B)/grantbench-domain-pvh: $(DOMAIN)/entry.c $(DOMAIN)/main.c $(DOMAIN)/start_pvh.c $(DOMAIN_DEPS)
	$(call msg,DOMAIN,$@)
	$(Q)mkdir -p $(@D) && gcc $(DOMAIN_CFLAGS) -DGNB_PVH $(DOMAIN_LDFLAGS) -o $@ $(filter %.c,$^)
$(B)/grantbench-domain-pv: $(DOMAIN)/entry.c $(DOMAIN)/main.c $(DOMAIN)/start_pv.c $(DOMAIN_DEPS)
	$(call msg,DOMAIN,$@)
	$(Q)mkdir -p $(@D) && gcc $(DOMAIN_CFLAGS) -DGNB_PV $(DOMAIN_LDFLAGS) -o $@ $(filter %.c,$^)
# gnu11: xenctrl.h wants it.
$(B)/grantbench-domain: $(DOMAIN)/grantbench-domain.c $(DOMAIN)/maker_ask.c $(DOMAIN_DEPS)
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D) && gcc -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra $(if $(WERROR),-Werror) -o $@ $(filter %.c,$^) \
		-lxenctrl -lxenguest -lxenforeignmemory -lxentoollog
# --- domain ---

# --- lab ---
# Real Xen in an emulator (docs/lab.md): every machine, two boots that have to agree, of the whole plan.
# MACHINE=NAME for one; XEN=FILE SYMS=FILE LINUX=FILE LINUX_HEADERS=DIR XEN_ARGS=... DOM0_ARGS=...
# for other builds and command lines. Of lab-profile also VERSION=1|2, both if empty; FILTER=cells.
LAB_ARGS ?= --target=xen
LAB_OPTIONS = $(if $(MACHINE),'--machine=$(MACHINE)') $(if $(XEN),'--xen=$(XEN)') $(if $(SYMS),'--syms=$(SYMS)') \
	      $(if $(LINUX),'--linux=$(LINUX)') $(if $(LINUX_HEADERS),'--linux-headers=$(LINUX_HEADERS)') \
	      $(if $(XEN_ARGS),'--xen-args=$(XEN_ARGS)') $(if $(DOM0_ARGS),'--dom0-args=$(DOM0_ARGS)')
PROFILE_ARGS = --target=xen --filter='$(or $(FILTER),^(map_unmap|copy)/)' --set=mapper=pv --set=map_unmap.batch=1,256 \
	       --set=map_unmap.vcpu=same --launches=0 --budget=4
.PHONY: lab lab-probe lab-diff lab-selftest lab-profile lab-counts lab-contention
lab:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-all $(LAB_OPTIONS) -- $(LAB_ARGS)
lab-probe:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab probe $(LAB_OPTIONS)
# The differential stream on a real Xen and on hv: SEED may be a list, 1,2,3.
lab-diff:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-diff --seed=$(SEED) --count=$(COUNT) $(LAB_OPTIONS)
lab-selftest:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@LAB_SLOW=1 B=$(B) scripts/check lab_test
lab-profile:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@for v in $(or $(VERSION),1 2); do \
		scripts/lab profile $(LAB_OPTIONS) --version=$$v -- $(PROFILE_ARGS) || exit; \
	done
lab-counts:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab counts $(LAB_OPTIONS)
lab-contention:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab contention $(LAB_OPTIONS)
# --- lab ---

SHARE := $(PREFIX)/share/grantbench
install: all
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(SHARE)/plot' '$(DESTDIR)$(SHARE)/traces' \
		'$(DESTDIR)$(PREFIX)/share/man/man1' '$(DESTDIR)$(PREFIX)/share/doc/grantbench'
	install $(B)/grantbench $(B)/grantbench-report $(B)/grantbench-profile '$(DESTDIR)$(PREFIX)/bin'
	install -m 644 $(wildcard plot/*.gp) '$(DESTDIR)$(SHARE)/plot'
	install -m 644 $(wildcard workloads/traces/*) '$(DESTDIR)$(SHARE)/traces'
	install -m 644 docs/grantbench.1 '$(DESTDIR)$(PREFIX)/share/man/man1'
	install -m 644 $(wildcard docs/*.md LICENSES/*.txt) '$(DESTDIR)$(PREFIX)/share/doc/grantbench'

# For a Xen machine (docs/xen.md): the program that makes domains lies beside its images, and the module comes as source.
.PHONY: install-xen
MODULE_SRC := $(PREFIX)/src/gnb_guest-$(VERSION)
install-xen: install domain
	install -d '$(DESTDIR)$(PREFIX)/lib/grantbench' '$(DESTDIR)$(MODULE_SRC)'
	install $(B)/grantbench-domain '$(DESTDIR)$(PREFIX)/lib/grantbench'
	install -m 644 $(B)/grantbench-domain-pvh $(B)/grantbench-domain-pv '$(DESTDIR)$(PREFIX)/lib/grantbench'
	ln -sf ../lib/grantbench/grantbench-domain '$(DESTDIR)$(PREFIX)/bin/grantbench-domain'
	install -m 644 $(wildcard kernel-helpers/guest/*.[ch]) kernel-helpers/guest/Kbuild '$(DESTDIR)$(MODULE_SRC)'
	sed 's/@VERSION@/$(VERSION)/' kernel-helpers/guest/dkms.conf.in >'$(DESTDIR)$(MODULE_SRC)/dkms.conf'

# The same commit gives the same bytes: git archive takes its times from the commit, gzip -n keeps none.
DIST := grantbench-$(VERSION)
dist:
	@git rev-parse -q --verify HEAD >/dev/null || { echo 'make dist: needs a git commit to pack' >&2; exit 1; }
	@[ -z "$$(git status --porcelain)" ] || \
		echo 'make dist: warning: uncommitted changes are not in the archive' >&2
	@mkdir -p dist
	@git -c tar.umask=0022 archive --format=tar --prefix=$(DIST)/ HEAD | gzip -9n > dist/$(DIST).tar.gz.tmp
	@mv dist/$(DIST).tar.gz.tmp dist/$(DIST).tar.gz
	@echo dist/$(DIST).tar.gz

clean:
	rm -rf build build-* dist

format:
	@command -v clang-format >/dev/null || { echo 'make format: needs clang-format' >&2; exit 6; }
	clang-format -i $(STYLED)

# Advice only: names the files that `make format` would change.
lint:
	@command -v clang-format >/dev/null || { echo 'make lint: needs clang-format' >&2; exit 6; }
	@for f in $(STYLED); do \
		clang-format --dry-run --Werror $$f >/dev/null 2>&1 || echo "lint: $$f: make format would change it"; \
	done

help:
	@echo 'make              build $(B)/grantbench and $(B)/grantbench-report'
	@echo 'make run          set up, build, measure, report; RUN_ARGS="--quick" goes to grantbench'
	@echo 'make check        set up, build, all tests; TEST=name for one'
	@echo 'make lab          real Xen in an emulator, every machine twice; MACHINE=pv XEN=FILE, see docs/lab.md'
	@echo 'make lab-diff     the differential stream on Xen and on hv, compared; SEED=1,2,3 COUNT=$(COUNT)'
	@echo 'make lab-selftest the lab'"'"'s own tests, the slow ones too'
	@echo 'make claims       measure every published figure anew; CLAIMS=name for one'
	@echo 'make asan, tsan   the unit tests under AddressSanitizer and UBSan, or ThreadSanitizer'
	@echo 'make fuzz         libFuzzer on the hypercalls for FUZZ_TIME=$(FUZZ_TIME) minutes'
	@echo 'make diff         the differential stream on hv; SEED=$(SEED) COUNT=$(COUNT)'
	@echo 'make domain       a domain of our own for Xen, and the program that makes such domains (docs/xen.md)'
	@echo 'make install      into PREFIX=$(PREFIX), under DESTDIR='
	@echo 'make install-xen  that, grantbench-domain and the source of the module, for a Xen machine (docs/xen.md)'
	@echo 'make dist         dist/$(DIST).tar.gz, the same bytes for the same commit'
	@echo 'make format, lint clang-format: change the files, or only name them'
	@echo 'make clean        remove what was built; results stay'
	@echo 'Variables: V=1 WERROR=1 SAN=address|thread|fuzz|debug MUTANT=n OPT=-O2'

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.DELETE_ON_ERROR:
.SECONDARY:
