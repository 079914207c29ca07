# SPDX-License-Identifier: BSD-3-Clause
# make deb, make rpm and their tests. packaging/README.md says what is built and how it is tested.

DEPS_DEB       = $(DEPS_BUILD) build-essential debhelper libcriterion-dev python3 systemd-dev,systemd \
	dh-python python3-dev python3-setuptools
DEPS_DEB_CHECK = $(DEPS_DEB) lintian devscripts blhc faketime mmdebstrap util-linux
DEPS_RPM       = $(DEPS_BUILD) rpm
DEPS_LONG     += $(DEPS_DEB_CHECK)

.PHONY: deb rpm check-deb check-package need-deb need-deb-check need-rpm
need-deb:
	$(Q)tests/deps.sh --missing-only $(DEPS_DEB)
need-deb-check:
	$(Q)tests/deps.sh --missing-only $(DEPS_DEB_CHECK)
need-rpm:
	$(Q)tests/deps.sh --missing-only $(DEPS_RPM)

# $(call built,KIND): builds in a folder of its own and prints the result.
built = rm -rf '$(BUILD)/$(1)' && packaging/$(1).sh '$(BUILD)/$(1)' && \
	printf 'the packages are in %s:\n' '$(abspath $(BUILD))/$(1)' && ls '$(BUILD)/$(1)' | grep '\.$(1)$$'
deb: need-deb
	$(Q)$(call built,deb)
rpm: need-rpm
	$(Q)$(call built,rpm)

# PLACES='here debian12 debian13 ubuntu2404'
check-deb: need-deb-check
	$(Q)packaging/test.sh $(PLACES)

# Tests that a build of the packages runs: short, without a network, as any user, independent of the
# load of the machine.
PACKAGE_TESTS := $(UNIT_SRC:%.c=$(R)/%) tests/http/test_http_basics.sh \
	$(patsubst %,tests/cli/test_%.sh,arena dump header pipe records)
check-package: all $(UNIT_SRC:%.c=$(R)/%)
	$(Q)BIN='$(abspath $(R))' tests/run.sh $(PACKAGE_TESTS)
