# SPDX-License-Identifier: GPL-2.0-only
# Stacked shares of threads. ARG4 height, ARG5 top of y, ARG6 number of threads, ARG7 colours
width = "900"
height = ARG4
out = ARG3
load ARG1."/style.gp"
set key at screen 0.5, screen key_y center center horizontal Left reverse samplen 1.6
set tmargin at screen plot_y
set xlabel "share of all operations"
set xrange [0 : 1]
set yrange [ARG5 + 0.0 : -0.7]
set format x "%.1f"
unset ytics
set ytics scale 0 noenhanced
set grid noytics
plot for [i = 1:int(ARG6)] NaN with boxes lc rgb word(ARG7, i) title sprintf("thread %d", i - 1), \
     ARG2 index 0 using (0):1:2:3:($1 - 0.42):($1 + 0.42):4 with boxxyerror lc rgb variable fs solid border rgb "white" notitle, \
     ARG2 index 0 using (($2 + $3) / 2):1:5 with labels tc rgb "white" noenhanced font ",11" notitle, \
     ARG2 index 1 using (0):1:ytic(2) with points pt -1 notitle
