# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced first by tests that only root can run: an ordinary user's test is started again with sudo
# if that needs no password.
[ "$(id -u)" -eq 0 ] || ! sudo -n true 2>/dev/null || exec sudo -n env "BIN=$BIN" "TMPDIR=${TMPDIR:-/tmp}" "$0"
