# SPDX-License-Identifier: BSD-3-Clause
# make install, make uninstall. Each folder below can be set separately.

LIBDIR   ?= $(PREFIX)/lib
BINDIR   ?= $(PREFIX)/bin
SBINDIR  ?= $(PREFIX)/sbin
INCDIR   ?= $(PREFIX)/include
MANDIR   ?= $(PREFIX)/share/man
UNITDIR  ?= $(PREFIX)/lib/systemd/system
SYSUSERS ?= $(PREFIX)/lib/sysusers.d
TMPFILES ?= $(PREFIX)/lib/tmpfiles.d

MAN       := $(wildcard lib/man/*.[1-8] tools/*.[1-8] tools/*/*.[1-8] httpd/*.[1-8]) \
	$(if $(NATS),$(wildcard fleet/relay/*.[1-8]))
UNITS     := $(wildcard tools/*/*.service httpd/*.service httpd/*.socket) \
	$(if $(NATS),$(wildcard fleet/relay/*.service))
MONITORS  := httpd/monitoring/headway.rules.yml httpd/monitoring/headway.dashboard.json
SHELLS    := bash zsh fish
bash_FILE := $(PREFIX)/share/bash-completion/completions/headway
zsh_FILE  := $(PREFIX)/share/zsh/site-functions/_headway
fish_FILE := $(PREFIX)/share/fish/vendor_completions.d/headway.fish

HEADERS   := lib/headway.h $(wildcard bindings/cpp/*.hpp bindings/cpp/headway/*.hpp)
header_to  = $(INCDIR)/$(patsubst bindings/cpp/%,%,$(patsubst lib/%,%,$(1)))
CMAKE     := headway-config.cmake headway-config-version.cmake
CMAKEDIR   = $(LIBDIR)/cmake/headway

# Sources, as Go has it; a module takes them with a `replace` of its go.mod.
GODIR     ?= $(PREFIX)/share/gocode/src/headway
GO_FILES  := $(patsubst bindings/go/%,%,$(filter-out %_test.go bindings/go/link.go,$(wildcard \
	bindings/go/*.go bindings/go/*.h bindings/go/go.mod \
	$(addprefix bindings/go/,$(addsuffix /*.go,progress client now)))))
# The package of the JavaScript client: `npm install` takes a folder.
JSDIR     ?= $(PREFIX)/share/headway/headway-client
JS_FILES  := $(notdir $(wildcard httpd/client/*.js httpd/client/*.d.ts httpd/client/package.json))

# $(call put,MODE,FROM,TO): copies FROM to TO below DESTDIR, which may contain spaces; folders get
# mode 755.
to         = "$(DESTDIR)$(strip $(1))"
put        = install -D -m $(1) $(2) $(call to,$(3))
man_of     = $(MANDIR)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))
# A page about several calls is installed under the name of each.
names_of   = $(shell sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([a-z_]*\).*/\1/p' $(1))
MAN_LINKS  = $(foreach m,$(filter %.3,$(MAN)),$(foreach n,$(filter-out \
	$(basename $(notdir $(m))),$(call names_of,$(m))),$(notdir $(m)):$(n).3))
page_of    = $(firstword $(subst :, ,$(1)))
link_of    = $(MANDIR)/man3/$(lastword $(subst :, ,$(1)))

.PHONY: install uninstall

install: all
	set -e; $(foreach h,$(HEADERS),$(call put,644,$(h),$(call header_to,$(h)));)
	$(call put,644,$(R)/libheadway.a,$(LIBDIR)/libheadway.a)
	$(call put,755,$(SO),$(LIBDIR)/$(notdir $(SO)))
	ln -sf $(notdir $(SO)) $(call to,$(LIBDIR)/libheadway.so.$(SOMAJOR))
	ln -sf libheadway.so.$(SOMAJOR) $(call to,$(LIBDIR)/libheadway.so)
	sed -e 's|@prefix@|$(PREFIX)|' -e 's|@libdir@|$(LIBDIR)|' -e 's|@includedir@|$(INCDIR)|' \
		-e 's|@version@|$(VERSION)|' -e 's|@libs@|$(LIB_LIBS)|' lib/headway.pc.in | \
		$(call put,644,/dev/stdin,$(LIBDIR)/pkgconfig/headway.pc)
	set -e; includedir=$$(realpath -ms --relative-to=$(CMAKEDIR) $(INCDIR)); \
		$(foreach f,$(CMAKE),sed -e "s|@includedir@|$$includedir|" \
		-e 's|@version@|$(VERSION)|' -e 's|@somajor@|$(SOMAJOR)|' \
		-e 's|@libs@|$(LIB_LIBS)|' lib/cmake/$(f).in | \
		$(call put,644,/dev/stdin,$(CMAKEDIR)/$(f));)
	$(call put,755,$(R)/headway,$(BINDIR)/headway)
	$(call put,755,$(R)/headway-httpd,$(SBINDIR)/headway-httpd)
	$(if $(NATS),$(call put,755,$(R)/headway-relay,$(SBINDIR)/headway-relay))
	set -e; $(foreach s,$(SHELLS),$(R)/headway completion $(s) | \
		$(call put,644,/dev/stdin,$($(s)_FILE));)
	set -e; $(foreach m,$(MAN),$(call put,644,$(m),$(call man_of,$(m)));)
	set -e; $(foreach l,$(MAN_LINKS),\
		ln -sf $(call page_of,$(l)) $(call to,$(call link_of,$(l)));)
	set -e; $(foreach u,$(UNITS),sed -e 's|/usr/local/sbin/|$(SBINDIR)/|' \
		-e 's|/usr/local/bin/|$(BINDIR)/|' $(u) | \
		$(call put,644,/dev/stdin,$(UNITDIR)/$(notdir $(u)));)
	$(call put,644,tools/cmd/headway.sysusers,$(SYSUSERS)/headway.conf)
	$(call put,644,tools/cmd/headway.tmpfiles,$(TMPFILES)/headway.conf)
	set -e; $(foreach m,$(MONITORS),$(call put,644,$(m),$(PREFIX)/share/headway/$(notdir $(m)));)
	set -e; $(foreach f,$(GO_FILES),$(call put,644,bindings/go/$(f),$(GODIR)/$(f));)
	sed -e '/^\/\/ In the source/,/^$$/d' -e '/#cgo LDFLAGS/d' -e 's/#cgo CFLAGS.*/#cgo pkg-config: headway/' \
		bindings/go/link.go | $(call put,644,/dev/stdin,$(GODIR)/link.go)
	set -e; $(foreach f,$(JS_FILES),$(call put,644,httpd/client/$(f),$(JSDIR)/$(f));)

INSTALLED = $(foreach h,$(HEADERS),$(call header_to,$(h))) $(LIBDIR)/libheadway.a $(LIBDIR)/libheadway.so \
	$(LIBDIR)/libheadway.so.$(SOMAJOR) $(LIBDIR)/$(notdir $(SO)) \
	$(LIBDIR)/pkgconfig/headway.pc $(addprefix $(CMAKEDIR)/,$(CMAKE)) \
	$(BINDIR)/headway $(SBINDIR)/headway-httpd $(if $(NATS),$(SBINDIR)/headway-relay) $(foreach s,$(SHELLS),$($(s)_FILE)) \
	$(foreach m,$(MAN),$(call man_of,$(m))) \
	$(foreach l,$(MAN_LINKS),$(call link_of,$(l))) \
	$(addprefix $(UNITDIR)/,$(notdir $(UNITS))) \
	$(SYSUSERS)/headway.conf $(TMPFILES)/headway.conf \
	$(addprefix $(PREFIX)/share/headway/,$(notdir $(MONITORS))) \
	$(addprefix $(GODIR)/,$(GO_FILES) link.go) $(addprefix $(JSDIR)/,$(JS_FILES))

uninstall:
	rm -f $(foreach f,$(INSTALLED),$(call to,$(f)))
