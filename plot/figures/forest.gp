# SPDX-License-Identifier: GPL-2.0-only
# Ratios with intervals around 1 on a linear axis. ARG4 height, ARG5 rows, ARG6 "smallest largest" of the axis,
# ARG7 left margin as a share of the width, ARG8 "mark:colour" of each series, ARG9 their names
width = "1000"
height = ARG4
out = ARG3
load ARG1."/style.gp"
lo = word(ARG6, 1) + 0.0
hi = word(ARG6, 2) + 0.0
set xlabel "ratio to the baseline (linear; left of 1: less)"
set xrange [lo - 0.022 : hi + 0.022]
set xtics lo, 0.05, hi nomirror
set format x "%.2f"
set yrange [ARG5 - 0.3 : -0.7]
unset ytics
set ytics scale 0 noenhanced font ",11"
set arrow 1 from 1, graph 0 to 1, graph 1 nohead lc rgb "#222222" dt 2
set arrow 2 from lo, graph 0 to lo, graph 1 nohead lc rgb "#999999" dt 3
set arrow 3 from hi, graph 0 to hi, graph 1 nohead lc rgb "#999999" dt 3
set lmargin at screen (ARG7 + 0.0)
set rmargin at screen 0.985
set key at screen 0.5, screen key_y center center horizontal Left reverse samplen 1.4
set tmargin at screen plot_y
set bmargin at screen 58.0 / (height + 0)
colon(s) = strstrt(s, ":")
mark(i) = int(word(ARG8, i)[1:colon(word(ARG8, i)) - 1])
colour(i) = int(word(ARG8, i)[colon(word(ARG8, i)) + 1:*])
inside(x) = x > lo && x < hi
plot ARG2 index 0 using ($11 > 1 ? $5 : NaN):1:6:7:8 with xerrorbars pt -1 lw 2.2 lc rgb variable notitle, \
     ARG2 index 0 using ($11 > 1 ? NaN : $5):1:6:7:8 with xerrorbars pt -1 lw 0.9 lc rgb variable notitle, \
     ARG2 index 0 using (inside($5) ? $5 : NaN):1:9:8 with points pt variable ps 0.75 lw 1.5 lc rgb variable notitle, \
     ARG2 index 0 using ($5 <= lo ? lo : NaN):1:10 with labels left offset 0.4,0 font ",10" tc rgb "#222222" noenhanced notitle, \
     ARG2 index 0 using ($5 >= hi ? hi : NaN):1:10 with labels right offset -0.4,0 font ",10" tc rgb "#222222" noenhanced notitle, \
     ARG2 index 1 using (lo):1:ytic(2) with points pt -1 notitle, \
     for [i = 1:words(ARG8)] NaN with points pt mark(i) ps 0.9 lc rgb colour(i) title word(ARG9, i)
