# SPDX-License-Identifier: GPL-2.0-only
# What all figures share. The others set width, height (pixels) and out (a file) before they load it.
set terminal svg size @width,@height fixed font "DejaVu Sans,12" background rgb "white" rounded
set output out
set datafile missing "?"
set border 3 lc rgb "#555555"
set tics nomirror textcolor rgb "#222222"
set grid back lc rgb "#e3e6ea" lw 1 lt 1
set key noenhanced
set style fill solid 1.0 noborder
if (exists("title")) { set title title noenhanced font ",13" }
