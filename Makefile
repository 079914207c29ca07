# SPDX-License-Identifier: BSD-3-Clause
# Headway.  `make demo` shows it, `make check` tests it, `make help` lists the other targets.
# CFLAGS, CPPFLAGS and LDFLAGS are the user's; what the build needs is added after them.
#
#   Makefile               settings, sources, variants, libraries, programs, packages to install
#   tests/tests.mk         check, test T=…, lint, abi
#   bench/bench.mk         bench and its peers
#   packaging/install.mk   install, uninstall
#   packaging/packaging.mk, bindings/bindings.mk   if the source package has those folders

.DEFAULT_GOAL := all
VERSION  := $(shell cat VERSION)
SOMAJOR  := 0
PREFIX   ?= /usr/local
CFLAGS   ?= -O2 -g
BUILD    ?= build
WERROR   ?=
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	$(if $(WERROR),-Werror)
OUR_CPPFLAGS := -D_GNU_SOURCE -Ilib -DHEADWAY_VERSION_TEXT='"$(VERSION)"'
# Built files do not contain the path of this folder.
OUR_CFLAGS   := -std=gnu11 $(WARN) -fvisibility=hidden -fPIC -MMD -MP -ffile-prefix-map='$(CURDIR)'=.
# Compiles and links one source file without an object file.
COMPILE = $(CC) $(CPPFLAGS) $(OUR_CPPFLAGS) $(CFLAGS) $(OUR_CFLAGS) $(LDFLAGS) -MF $@.d -o $@

# ---- sources -------------------------------------------------------------------------------------
LIB_SRC   := $(wildcard lib/*/*.c)
TOOL_SRC  := $(wildcard tools/*.c tools/base/*.c tools/parse/*.c tools/top/*.c tools/cmd/*.c)
HTTPD_SRC := $(wildcard httpd/*.c httpd/*/*.c)
# What headway-relay takes of headway-httpd.
RELAY_SRC := $(wildcard fleet/relay/*.c fleet/shared/*.c) $(addprefix httpd/,$(addsuffix .c, \
	base/clock base/utf8 base/text base/parse base/log base/latency base/process base/signals base/option_table \
	net/notify net/listen security/sandbox snapshot/sigbus snapshot/source \
	snapshot/fingerprint answer/exposition))

LIB_LIBS   := -lpthread
TOOL_LIBS  := -lncursesw -ltinfo
# What `headway --url` needs; libcurl itself is loaded when it is used.
CURL      := $(shell pkg-config --exists libcurl 2>/dev/null && echo yes)
CURL_LIBS := $(if $(CURL),-ldl)
REMOTE_SRC := fleet/shared/json.c httpd/base/utf8.c httpd/base/glob.c
MHD_LIBS   := -lmicrohttpd
HTTPD_LIBS := -lurcu-bp -lz -lseccomp
# Records of many hosts, through NATS: left out where its C client is missing.
NATS      := $(shell pkg-config --exists libnats 2>/dev/null && echo yes)
NATS_LIBS := $(if $(NATS),$(shell pkg-config --libs libnats))
READER_SRC := $(if $(NATS),$(wildcard fleet/reader/*.c fleet/shared/*.c))

# ---- variants: each has a folder in $(BUILD) -----------------------------------------------------
VARIANTS      := release asan tsan weak
R             := $(BUILD)/release
release_FLAGS :=
# SHARED=1 links the programs with the shared library, for packages, which install it with them.
release_LIB   := $(if $(SHARED),$(R)/libheadway.so.$(VERSION))
asan_FLAGS    := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
tsan_FLAGS    := -fsanitize=thread -fno-omit-frame-pointer
weak_FLAGS    := -DHW__ACCESSES='"../../tests/weak/accesses.h"'

define variant
$(BUILD)/$(1)/%.o: %.c Makefile VERSION
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CPPFLAGS) $$(OUR_CPPFLAGS) $$(CFLAGS) $$(OUR_CFLAGS) $$($(1)_FLAGS) \
		-c -o $$@ $$<
$(BUILD)/$(1)/lib/%.o: OUR_CPPFLAGS := -DHW__INTERNAL $(OUR_CPPFLAGS)
$(BUILD)/$(1)/libheadway.a: $$(LIB_SRC:%.c=$(BUILD)/$(1)/%.o)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
$(BUILD)/$(1)/tools/%.o: OUR_CPPFLAGS := -Itools -Ifleet -Ihttpd $(OUR_CPPFLAGS)
$(addprefix $(BUILD)/$(1)/tools/base/,remote.o curl.o): \
	override OUR_CPPFLAGS += $(if $(CURL),-DHEADWAY_CURL)
$(BUILD)/$(1)/headway: $$(patsubst %.c,$(BUILD)/$(1)/%.o,$$(TOOL_SRC) $$(REMOTE_SRC)) \
		$(or $($(1)_LIB),$(BUILD)/$(1)/libheadway.a)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) -o $$@ $$^ $$(TOOL_LIBS) $$(CURL_LIBS) $$(LIB_LIBS) -lm
$(BUILD)/$(1)/httpd/%.o: OUR_CPPFLAGS := -Ihttpd $(if $(NATS),-Ifleet) $(OUR_CPPFLAGS)
$(BUILD)/$(1)/httpd/fleet.o: override OUR_CPPFLAGS += $(if $(NATS),-DHEADWAY_NATS)
$(BUILD)/$(1)/httpd/answer/page.o: $$(wildcard httpd/page/* httpd/client/*.js)
$(BUILD)/$(1)/headway-httpd: $$(patsubst %.c,$(BUILD)/$(1)/%.o,$$(HTTPD_SRC) $$(READER_SRC)) \
		$(or $($(1)_LIB),$(BUILD)/$(1)/libheadway.a)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) -o $$@ $$^ \
		$$(MHD_LIBS) $$(HTTPD_LIBS) $$(NATS_LIBS) $$(LIB_LIBS) -lm
$(BUILD)/$(1)/fleet/%.o: OUR_CPPFLAGS := -Ifleet -Ihttpd $(OUR_CPPFLAGS)
$(BUILD)/$(1)/headway-relay: $$(RELAY_SRC:%.c=$(BUILD)/$(1)/%.o) \
		$(or $($(1)_LIB),$(BUILD)/$(1)/libheadway.a)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_FLAGS) -o $$@ $$^ \
		$$(NATS_LIBS) $$(MHD_LIBS) -lurcu-bp -lseccomp $$(LIB_LIBS)
endef
$(foreach v,$(VARIANTS),$(eval $(call variant,$(v))))

# ---- libraries and programs ----------------------------------------------------------------------
SO := $(R)/libheadway.so.$(VERSION)

.PHONY: all demo demo-fleet dist clean format help always
.SECONDARY:
.DELETE_ON_ERROR:

PROGRAMS := $(R)/headway $(R)/headway-httpd $(if $(NATS),$(R)/headway-relay)

all: $(SO) $(R)/libheadway.a $(PROGRAMS)
ifndef NATS
	@echo '  NOTE    libnats is missing (libnats-dev): no headway-relay, and headway-httpd without --nats'
endif

$(SO): $(LIB_SRC:%.c=$(R)/%.o) lib/libheadway.map
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-soname,libheadway.so.$(SOMAJOR) -Wl,-z,defs \
		-Wl,-z,nodelete -Wl,--version-script,lib/libheadway.map \
		-o $@ $(filter %.o,$^) $(LIB_LIBS)
	$(Q)ln -sf $(@F) $(R)/libheadway.so.$(SOMAJOR) && ln -sf $(@F) $(R)/libheadway.so

$(R)/pipeline: tools/demo/pipeline.c $(R)/libheadway.a
	$(call say,CC,$@)
	$(Q)$(COMPILE) $< $(R)/libheadway.a $(LIB_LIBS) -lz

demo: need-build
	$(Q)$(MAKE) --no-print-directory all $(R)/pipeline
	$(Q)tools/demo/demo.sh $(R)

demo-fleet: need-build
	$(Q)tests/deps.sh --unpack $(UNPACKED) nats-server
	$(Q)$(MAKE) --no-print-directory all
	$(Q)fleet/demo/demo.sh $(R)

# ---- Debian packages to install: A,B means A, or B where the release has no A --------------------
DEPS_BUILD = gcc make libc6-dev pkg-config liburcu-dev libck-dev libmicrohttpd-dev libnats-dev \
	libcurl4-openssl-dev \
	libncurses-dev zlib1g-dev libseccomp-dev curl jq
DEPS_CHECK = $(DEPS_BUILD) libcriterion-dev golang-go jq strace tmux mandoc g++ \
	clang-format-14,clang-format shellcheck spin tcc clang libclang-rt-dev,libclang-rt-14-dev \
	abigail-tools slowhttptest binutils procps iproute2 util-linux locales openssl python3 nodejs \
	chromium-driver,webkit2gtk-driver chromium-driver,xvfb cmake libc++-dev libc++abi-dev \
	python3-dev python3-setuptools python3-wheel python3-build python3-pip python3-pytest \
	python3-pytest-xdist python3-joblib python3-tqdm python3-nbclient python3-ipykernel mypy pv
DEPS_BENCH = $(DEPS_CHECK) liblmdb-dev libsqlite3-dev redis-server libhiredis-dev libjansson-dev \
	libcjson-dev wrk nginx-light
DEPS_LONG  = $(DEPS_CHECK) gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user valgrind
# Installing these would start a service, so they are only unpacked. `make clean` keeps the folder.
UNPACKED     := .deps
UNPACK_CHECK  = promtool,prometheus prometheus nats-server

.PHONY: deps need-build need-check need-bench need-long
need-build:
	$(Q)tests/deps.sh --missing-only $(DEPS_BUILD)
need-bench:
	$(Q)tests/deps.sh --missing-only $(DEPS_BENCH)
need-long:
	$(Q)tests/deps.sh --missing-only $(DEPS_LONG)
need-check:
	$(Q)tests/deps.sh --missing-only $(DEPS_CHECK)
	$(Q)tests/deps.sh --unpack $(UNPACKED) $(UNPACK_CHECK)
deps:
	$(Q)tests/deps.sh $(DEPS_CHECK)
	$(Q)tests/deps.sh --unpack $(UNPACKED) $(UNPACK_CHECK)

# ---- other targets -------------------------------------------------------------------------------
dist:
	git archive --prefix=headway-$(VERSION)/ -o headway-$(VERSION).tar.gz HEAD

clean:
	rm -rf $(BUILD)

format:
	$(Q)git ls-files '*.c' '*.h' '*.cpp' '*.hpp' | xargs $$(command -v clang-format-14 || echo clang-format) -i

define HELP
make all          libraries and programs, into $(BUILD)/release
make demo         a real pipeline, watched (installs missing packages)
make demo-fleet   three hosts, a NATS cluster, one page
make install      PREFIX=/usr/local DESTDIR=…; make uninstall
make deb          Debian packages, into $(BUILD)/deb; make rpm: RPM packages; make check-deb: test them
make check        all tests that a change must pass (installs missing packages)
make test         T=unit/test_slot runs one test: the file tests/unit/test_slot.c without tests/
                  and .c or .sh; VARIANT=asan|tsan builds it so; V=1 shows its output
make check-quick  `make check` without a look at packages; make check-long: the long proofs
make lint         the rules that a machine can check; make format: clang-format
make bench        Headway beside its floors and its peers; make bench-plot: figures into documents
make bench-smoke  each bench for a moment; make bench-many: many cores and hosts, simulated
make check-bindings  build and test bindings/ only
make abi          write lib/headway.abi again, after a change of the ABI that was meant
make deps         the packages that build and tests need, with apt-get
make dist         a tarball of HEAD; make clean: remove $(BUILD)
V=1 shows commands; WERROR=1 makes warnings errors; BUILD=folder; CC, CFLAGS, CPPFLAGS, LDFLAGS
endef
help: export TEXT = $(HELP)
help:
	@printf '%s\n' "$$TEXT"

# ---- parts ---------------------------------------------------------------------------------------
# Some source packages lack some of these files; then their targets do not exist.
include $(wildcard tests/tests.mk bench/bench.mk bindings/bindings.mk packaging/install.mk \
	packaging/packaging.mk)
-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)
