#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What grantbench compare says of runs that are made up: tests/compare/figures.py.
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
python3 tests/compare/figures.py "${B:-build}" "$tmp"
