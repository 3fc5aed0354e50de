# SPDX-License-Identifier: GPL-2.0-only
#
#   make run      set up, build, measure, report         make check    set up, build, all tests
#   make          build only                             make help     every target
#
# Variables: V=1 shows commands, WERROR=1 makes warnings errors, SAN=address|thread|fuzz|debug builds into
# build-$(SAN), MUTANT=n with a deliberate defect (hv/base/mutant.h) into build-mutantN, SLOW=VERSION:n with n more
# instructions for each grant that this version maps (hv/base/slow.h) into build-slow-VERSION-n, DEAR=KIND with one more
# of something (hv/base/dear.h) into build-dear-KIND, HOLD=1 with an account of how long locks are held
# (hv/include/hv/locks.h) into build-hold, DESTDIR and PREFIX for install, RUN_ARGS is passed to grantbench by
# `make run`.
#
# Each folder says in its room.mk what is made of it; arrows.mk says which folder sees which.

VERSION := 0.1.0
PREFIX ?= /usr/local
SAN ?=
JOBS ?= $(shell nproc)
MUTANT ?=
SLOW ?=
HOLD ?=
DEAR ?=
B := build$(if $(SAN),-$(SAN))$(if $(MUTANT),-mutant$(MUTANT))$(if $(SLOW),-slow-$(subst :,-,$(SLOW)))
B := $(B)$(if $(DEAR),-dear-$(DEAR))$(if $(HOLD),-hold)
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
WARN := -Wall -Wextra $(if $(WERROR),-Werror)
C_WARN = $(WARN) -Wmissing-prototypes -Wstrict-prototypes $(if $(filter gcc,$(CC)),-Wshadow=local)
# Without a version Xen's headers show guests the interface of 2006.
XEN_ABI := -D__XEN_INTERFACE_VERSION__=0x00040e00
# x86-64-v2: callgrind, which counts instructions for the claims, stops at AVX-512.
ARCH := -march=x86-64-v2
CFLAGS = -std=c11 -D_GNU_SOURCE $(XEN_ABI) $(OPT) -g $(ARCH) -fno-omit-frame-pointer -pthread $(C_WARN) $(SAN_FLAGS)
CXXFLAGS = -std=c++14 $(OPT) -g $(ARCH) -pthread $(WARN) $(SAN_FLAGS)
SAN_FLAGS_address := -fsanitize=address,undefined -fno-sanitize-recover=all -DHV_DEBUG
SAN_FLAGS_debug := -DHV_DEBUG
# TSan ignores fences, and gcc says so at each; hv orders its data by the accesses beside them.
SAN_FLAGS_thread := -fsanitize=thread -DHV_DEBUG -Wno-tsan
SAN_FLAGS = $(SAN_FLAGS_$(SAN)) $(VARIANT_FLAGS) $(if $(HOLD),-DHV_HOLD)
# Deliberately another hypervisor by the same compiler: no flag that two builds would have to share to be compared.
VARIANT_FLAGS = $(if $(MUTANT),-DHV_MUTANT=$(MUTANT)) $(if $(SLOW),$(SLOW_FLAGS)) \
		$(if $(DEAR),-DHV_DEAR=HV_DEAR_$(shell echo '$(DEAR)' | tr a-z A-Z))
HV_VARIANT = $(strip $(if $(MUTANT),MUTANT=$(MUTANT)) $(if $(SLOW),SLOW=$(SLOW)) $(if $(DEAR),DEAR=$(DEAR)))
slow := $(subst :, ,$(SLOW))
SLOW_FLAGS = -DHV_SLOW_VERSION=$(word 1,$(slow)) -DHV_SLOW=$(word 2,$(slow))
versions = $(shell sed -n 's/.*\.name = "\(.*\)",/\1/p' bench/side/versions.c)
ifneq ($(SLOW),)
ifneq ($(words $(slow))$(words $(filter $(word 1,$(slow)),$(versions))),21)
$(error SLOW=$(SLOW): write SLOW=VERSION:INSTRUCTIONS, a multiple of 4, with one of the versions $(versions))
endif
endif

dear = $(shell sed -n 's/^.define HV_DEAR_\([A-Z]*\) *[1-9].*/\1/p' hv/base/dear.h | tr A-Z a-z)
ifneq ($(filter-out $(dear),$(DEAR))$(filter-out 0 1,$(words $(DEAR))),)
$(error DEAR=$(DEAR): there is $(dear))
endif

# Of this project's own repository, and of no other that a tarball was unpacked in: a tarball's program says that it
# knows no commit.
own_git = [ "$$(git rev-parse --show-toplevel 2>/dev/null)" -ef . ]
GIT_SHA := $(shell { $(own_git) && git rev-parse --short=7 HEAD 2>/dev/null; } || echo nogit)
GIT_DIRTY := $(if $(shell $(own_git) && git status --porcelain 2>/dev/null),1,0)

.PHONY: all
all:

# ---- the rooms ----

include arrows.mk
ROOMS := $(sort $(patsubst sees/%,%,$(filter sees/%,$(.VARIABLES))))
# objects ROOM...: what is compiled of them.
objects = $(foreach r,$(1),$(patsubst %,$(B)/%.o,$(basename $(wildcard $(r)/*.c $(r)/*.cc))))
# In room.mk: programs, archives; NAME.rooms, NAME.archives and NAME.libs of each; ROOM.cflags; version_in; for tests
# ROOM.objects, ROOM.archives, ROOM.libs.
include $(wildcard $(ROOMS:%=%/room.mk)) scripts/room.mk

room = $(patsubst %/,%,$(dir $(1)))
sees = $(addprefix -I,$(sees/$(call room,$(1)))) $($(call room,$(1)).cflags)
$(B)/%.o: %.c $(B)/flags
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(call sees,$<) -MMD -MP -c -o $@ $<
$(B)/%.o: %.cc $(B)/flags
	$(call msg,CXX,$@)
	$(Q)mkdir -p $(@D) && $(CXX) $(CXXFLAGS) $(call sees,$<) -MMD -MP -c -o $@ $<

# What the compiler says of every source that `all` and `tests` are made of, without building anything: CC=clang
# CXX=clang++ in a tree that gcc built. What runs in a kernel, a domain or the lab is built by rules of its own; what is
# in grant-v3 is part of what includes it.
.PHONY: syntax
no_syntax = kernel-helpers/% grant-v3 tests/tools tests/lab $(unbuilt)
syntax: $(patsubst %.o,%.syntax,$(call objects,$(filter-out $(no_syntax),$(ROOMS))))
$(B)/%.syntax: %.c FORCE
	$(Q)$(CC) $(CFLAGS) $(call sees,$<) -fsyntax-only $<
$(B)/%.syntax: %.cc FORCE
	$(Q)$(CXX) $(CXXFLAGS) $(call sees,$<) -fsyntax-only $<
$(patsubst %.o,%.syntax,$(call objects,$(version_in))): $(B)/version.h

define archive
$(B)/$(1): $(call objects,$($(1).rooms))
	$$(call msg,AR,$$@)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
define program
all: $(B)/$(1)
$(B)/$(1): $(call objects,$($(1).rooms)) $(addprefix $(B)/,$($(1).archives))
	$$(call msg,LINK,$$@)
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$($(1).libs)
endef
define tests
TESTS += $(patsubst %.c,$(B)/%,$(wildcard $(1)/*_test.c))
$(patsubst %.c,$(B)/%,$(wildcard $(1)/*_test.c)): %: %.o $($(1).objects) $(addprefix $(B)/,$($(1).archives))
	$$(call msg,LINK,$$@)
	$$(Q)$$(CC) $$(CFLAGS) -o $$@ $$^ $$($(1).libs)
endef
$(foreach a,$(archives),$(eval $(call archive,$(a))))
$(foreach p,$(programs),$(eval $(call program,$(p))))
$(foreach r,$(filter tests/%,$(ROOMS)),$(eval $(call tests,$(r))))

# Rewritten only when they change: a new commit does not rebuild everything twice, other flags rebuild all.
rewrite = $(Q)mkdir -p $(@D) && cat >$@.tmp && { cmp -s $@.tmp $@ && rm -f $@.tmp || mv $@.tmp $@; }
$(B)/version.h: FORCE
	$(Q)printf '#define GNB_%s\n' 'SUITE_VERSION "$(VERSION)"' 'GIT_SHA "$(GIT_SHA)"' 'GIT_DIRTY $(GIT_DIRTY)' \
		'VARIANT "$(HV_VARIANT)"' \
		'CFLAGS "$(strip $(filter-out $(C_WARN) $(VARIANT_FLAGS),$(CFLAGS)))"' | { $(rewrite:@%=%); }
$(B)/flags: FORCE
	$(Q)printf '%s\n' '$(CC) $(filter-out -Werror,$(CFLAGS)) $(LDFLAGS)' '$(CXX) $(filter-out -Werror,$(CXXFLAGS))' \
		$(foreach r,$(ROOMS),$(if $($(r).cflags),'$(r) $(filter-out -Werror,$($(r).cflags))')) | { $(rewrite:@%=%); }
$(call objects,$(version_in)): $(B)/version.h
.PHONY: FORCE
FORCE:

# ---- what is done with it ----

.PHONY: tests run check claims claims-programs install dist clean help format lint asan tsan
tests: $(TESTS) $(test_programs)

# 7: measured, but the environment is not trustworthy; 1: a cell failed. Both leave results worth a report. Instructions
# that cannot be counted cost the run nothing: the script says why on a line, and the report says it, too.
run:
	@scripts/bootstrap
	@$(MAKE) -j$(JOBS) --no-print-directory all
	@before=$$(readlink results/latest); code=0; \
	$(B)/grantbench $(RUN_ARGS) || code=$$?; \
	case $$code in 0|1|7) ;; *) exit $$code ;; esac; \
	if [ "$$(readlink results/latest)" != "$$before" ]; then \
		echo "counting hv's instructions of the same cells, for exact ratios"; \
		B=$(B) scripts/hv-instructions --of=results/latest >/dev/null || :; \
		$(B)/grantbench-report results/latest >/dev/null || exit 1; \
		echo "report: $(CURDIR)/results/latest/report.html"; \
	fi; \
	exit $$code

check:
	@scripts/bootstrap
	@B=$(B) scripts/bootstrap browser || true
	@B=$(B) scripts/bootstrap consumers || true
	@$(MAKE) -j$(JOBS) --no-print-directory WERROR=1 all tests
	@B=$(B) scripts/check $(TEST)

# Every published figure, measured anew. CLAIMS=name for one.
claims:
	@scripts/bootstrap
	@$(MAKE) -j$(JOBS) --no-print-directory all claims-programs
	@B=$(B) scripts/claims $(CLAIMS)
claims-programs: $(claims_programs)

# The unit tests again, under a sanitizer.
asan:
	@$(MAKE) -j$(JOBS) --no-print-directory SAN=address WERROR=1 all tests
	@B=build-address scripts/check $(TESTS:$(B)/tests/%=%)
	build-address/grantbench --quick --launches=0 --allow-untrusted --results=build-address/results --no-progress
tsan:
	@$(MAKE) -j$(JOBS) --no-print-directory SAN=thread WERROR=1 all tests
	@B=build-thread scripts/check $(TESTS:$(B)/tests/%=%)
	build-thread/grantbench --quick --budget=90 --launches=0 --allow-untrusted --results=build-thread/results \
		--no-progress

SHARE := $(PREFIX)/share/grantbench
# Programs that are scripts, in a tree that looks to them as the sources do.
script_programs := grantbench-fleet grantbench-perf
TOOLS = $(DESTDIR)$(PREFIX)/lib/grantbench/tools
install: all install-lab
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(SHARE)/plot' '$(DESTDIR)$(SHARE)/traces' \
		'$(DESTDIR)$(PREFIX)/share/man/man1' '$(DESTDIR)$(PREFIX)/share/doc/grantbench'
	install $(programs:%=$(B)/%) '$(DESTDIR)$(PREFIX)/bin'
	install -m 644 $(plot_scripts) '$(DESTDIR)$(SHARE)/plot'
	install -m 644 $(wildcard workloads/traces/*) '$(DESTDIR)$(SHARE)/traces'
	install -m 644 $(wildcard docs/*.1) '$(DESTDIR)$(PREFIX)/share/man/man1'
	install -m 644 $(wildcard docs/*.md LICENSES/*.txt) '$(DESTDIR)$(PREFIX)/share/doc/grantbench'
	rm -rf '$(TOOLS)'
	install -d '$(TOOLS)/scripts' '$(TOOLS)/build'
	install $(script_programs:%=scripts/%) '$(TOOLS)/scripts'
	install -m 644 scripts/ending.py scripts/fleet_merge.py '$(TOOLS)/scripts'
	ln -sf $(programs:%=../../../../bin/%) '$(TOOLS)/build'
	ln -sf $(script_programs:%=../lib/grantbench/tools/scripts/%) '$(DESTDIR)$(PREFIX)/bin'

# The same commit gives the same bytes: git archive takes its times from the commit, gzip -n keeps none.
DIST := grantbench-$(VERSION)
dist:
	@{ $(own_git) && git rev-parse -q --verify HEAD >/dev/null; } || \
		{ echo 'make dist: needs a git commit to pack' >&2; exit 1; }
	@[ -z "$$(git status --porcelain)" ] || \
		echo 'make dist: warning: uncommitted changes are not in the archive' >&2
	@mkdir -p dist
	@git -c tar.umask=0022 archive --format=tar --prefix=$(DIST)/ HEAD | gzip -9n > dist/$(DIST).tar.gz.tmp
	@mv dist/$(DIST).tar.gz.tmp dist/$(DIST).tar.gz
	@echo dist/$(DIST).tar.gz

# Debian's packages, of the commit: dist's archive is unpacked and built, so that nothing else is in them.
DEB = $(B)/deb
.PHONY: deb
deb: dist
	@scripts/bootstrap
	@scripts/bootstrap packaging
	@rm -rf '$(DEB)' && mkdir -p '$(DEB)'
	@tar -C '$(DEB)' -xf dist/$(DIST).tar.gz
	@cd '$(DEB)/$(DIST)' && GIT_SHA=$(GIT_SHA) dpkg-buildpackage -us -uc -b >../build.log 2>&1 || \
		{ tail -n 20 ../build.log >&2; echo 'make deb: failed, see $(DEB)/build.log' >&2; exit 1; }
	@cd '$(DEB)' && lintian --fail-on=error,warning --tag-display-limit 0 --allow-root *.changes
	@ls '$(DEB)'/*.deb
.PHONY: deb-check
deb-check:
	@scripts/clean-root deb

clean:
	rm -rf build build-* dist

STYLED = $(foreach r,$(ROOMS) bench/include/gnb hv/include/hv,$(wildcard $(r)/*.[ch] $(r)/*.cc))
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
	@echo 'make              build what a user runs: $(programs:%=$(B)/%)'
	@echo 'make run          set up, build, measure, count instructions, report; RUN_ARGS="--quick" goes to grantbench'
	@echo 'make check        set up, build, all tests; TEST=name for one'
	@echo 'make tests        build them only'
	@echo 'make lab          real Xen in an emulator, every machine twice; MACHINE=pv XEN=FILE, see docs/lab.md'
	@echo 'make lab-ab       two hypervisors in the lab, what costs more and where; OLD=FILE NEW=FILE MACHINE=pv'
	@echo 'make lab-xen      Xen from source with grant tables v3 in it; VARIANT=NAME, see docs/grant-v3-in-xen.md'
	@echo 'make lab-v3       grant tables v3, v1, v2 and the rivals in a real Xen, one report; ONLY=NAME,...'
	@echo 'make lab-v3-mutants  defects of its core, built into Xen, and who finds them; NAMES="A B"'
	@echo 'make lab-v3-race  maps against revokes on two CPUs of Xen; TURNS=N'
	@echo 'make lab-diff     the differential stream on Xen and on hv, compared; SEED=1,2,3 COUNT=$(COUNT)'
	@echo 'make lab-counts   what hv counts against what Xen counts (docs/profile.md); MACHINE=pv XEN=FILE'
	@echo 'make lab-profile  every instruction of Xen by function; VERSION=1|2 FILTER=cells, see docs/profile.md'
	@echo 'make lab-contention  the locks that two processors wait for, see docs/profile.md'
	@echo 'make lab-locks    locks that Xen takes and finds held, by counters of its own; WHAT=contend|race'
	@echo 'make lab-iommu    a real Linux on emulated VT-d, AMD-Vi and virtio-iommu, see docs/iommu.md; ONLY=NAME,...'
	@echo 'make lab-probe    one boot with the smallest user of the module: 20 s; MACHINE=pv XEN=FILE'
	@echo 'make lab-programs build what runs inside the lab'"'"'s machines, in LAB=$(LAB)'
	@echo 'make lab-selftest the lab'"'"'s own tests, the slow ones too'
	@echo 'make claims       measure every published figure anew; CLAIMS=name for one'
	@echo 'make claims-programs  build what those use'
	@echo 'make asan, tsan   the unit tests under AddressSanitizer and UBSan, or ThreadSanitizer'
	@echo 'make fuzz         libFuzzer on the hypercalls for FUZZ_TIME=$(FUZZ_TIME) minutes'
	@echo 'make diff         the differential stream on hv; SEED=$(SEED) COUNT=$(COUNT)'
	@echo 'make domain       a domain of our own for Xen, and the program that makes such domains (docs/xen.md)'
	@echo 'make install      into PREFIX=$(PREFIX), under DESTDIR=: programs, pages, the lab (grantbench-lab)'
	@echo 'make install-lab, lab-built  only the lab, and what it is built of'
	@echo 'make install-domain  only the program that makes domains, and its images'
	@echo 'make install-xen  that, grantbench-domain and the source of the module, for a Xen machine (docs/xen.md)'
	@echo 'make deb          packages for Debian in build/deb, which lintian has looked at'
	@echo 'make deb-check    builds them in a fresh Debian, and uses them in another (root)'
	@echo 'make dist         dist/$(DIST).tar.gz, the same bytes for the same commit'
	@echo 'make syntax       the compiler over every source, nothing is built; CC=clang CXX=clang++'
	@echo 'make format, lint clang-format: change the files, or only name them'
	@echo 'make help         this text'
	@echo 'make clean        remove what was built; results stay'
	@echo 'Variables: V=1 WERROR=1 SAN=address|thread|fuzz|debug MUTANT=n SLOW=VERSION:n DEAR=KIND HOLD=1 OPT=-O2 LDFLAGS='

# Sources of Xen have folders of that kind, wherever they were built.
-include $(shell find $(B) -name xens -prune -o -name '*.d' -type f -print 2>/dev/null)
.DELETE_ON_ERROR:
.SECONDARY:
