#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The quick half of the models.
exec "$(dirname "$0")/run.sh" --quick
