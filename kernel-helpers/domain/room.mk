# SPDX-License-Identifier: GPL-2.0-only
# A domain of our own for Xen (docs/xen.md): its two images, and the program that makes such domains in dom0. Not part
# of `all`: it is linked with the libraries of one Xen version.
DOMAIN := kernel-helpers/domain
kernel-helpers/domain.cflags = -std=c11 $(OPT) -g -ffreestanding -fno-pic -mno-red-zone -mgeneral-regs-only \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none \
	$(if $(filter gcc,$(CC)),-fno-tree-loop-distribute-patterns) $(WARN) -Wmissing-prototypes -Wstrict-prototypes \
	$(XEN_ABI) -Ikernel-helpers/include
DOMAIN_LDFLAGS := -nostdlib -static \
	-Wl,-T,$(DOMAIN)/guest.lds,-z,noexecstack,--build-id=none,--no-warn-rwx-segments
DOMAIN_DEPS := $(B)/flags $(wildcard $(DOMAIN)/*.h kernel-helpers/include/*.h) $(DOMAIN)/guest.lds
.PHONY: domain
domain: $(B)/grantbench-domain $(B)/grantbench-domain-pvh $(B)/grantbench-domain-pv
test_programs += $(B)/grantbench-domain
$(B)/grantbench-domain-pvh: $(DOMAIN)/entry.c $(DOMAIN)/main.c $(DOMAIN)/start_pvh.c $(DOMAIN_DEPS)
	$(call msg,DOMAIN,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(kernel-helpers/domain.cflags) -DGNB_PVH $(DOMAIN_LDFLAGS) -o $@ $(filter %.c,$^)
$(B)/grantbench-domain-pv: $(DOMAIN)/entry.c $(DOMAIN)/main.c $(DOMAIN)/start_pv.c $(DOMAIN_DEPS)
	$(call msg,DOMAIN,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(kernel-helpers/domain.cflags) -DGNB_PV $(DOMAIN_LDFLAGS) -o $@ $(filter %.c,$^)
# gnu11: xenctrl.h wants it.
$(B)/grantbench-domain: $(DOMAIN)/grantbench-domain.c $(DOMAIN)/maker_ask.c record/standard.c record/standard.h \
		$(DOMAIN_DEPS)
	$(call msg,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -D_GNU_SOURCE $(OPT) -g $(WARN) -Irecord -Ikernel-helpers/include \
		$(LDFLAGS) -o $@ \
		$(filter %.c,$^) -lxenctrl -lxenguest -lxenforeignmemory -lxentoollog

# For a Xen machine (docs/xen.md): that program lies beside its images, and the module comes as source.
MODULE_SRC := $(PREFIX)/src/gnb_guest-$(VERSION)
domain_files = grantbench-domain grantbench-domain-pvh grantbench-domain-pv
.PHONY: install-domain install-xen
install-domain: domain
	install -d '$(DESTDIR)$(PREFIX)/lib/grantbench' '$(DESTDIR)$(PREFIX)/bin'
	install $(B)/grantbench-domain '$(DESTDIR)$(PREFIX)/lib/grantbench'
	install -m 644 $(B)/grantbench-domain-pvh $(B)/grantbench-domain-pv '$(DESTDIR)$(PREFIX)/lib/grantbench'
	ln -sf ../lib/grantbench/grantbench-domain '$(DESTDIR)$(PREFIX)/bin/grantbench-domain'
install-xen: install install-domain
	install -d '$(DESTDIR)$(MODULE_SRC)'
	install -m 644 $(wildcard kernel-helpers/guest/*.[ch] kernel-helpers/include/*.h) kernel-helpers/guest/Kbuild \
		'$(DESTDIR)$(MODULE_SRC)'
	sed 's/@VERSION@/$(VERSION)/' kernel-helpers/guest/dkms.conf.in >'$(DESTDIR)$(MODULE_SRC)/dkms.conf'
