#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Each model in a small size, and a few of its mutants.
exec "$(dirname "$0")/run.sh" --quick
