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
# The title stands above the key, which stands above what is plotted.
if (exists("title")) { set label 99 title at screen 0.5, screen 1 - 20.0 / (height + 0) center noenhanced font ",13" }
key_y = 1 - 42.0 / (height + 0)
plot_y = 1 - 62.0 / (height + 0)
