#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What grantbench compare says of runs whose figures are made up: tests/compare/cases.py.
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
python3 tests/compare/cases.py "${B:-build}" "$tmp"
