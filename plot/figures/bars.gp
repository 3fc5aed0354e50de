# SPDX-License-Identifier: GPL-2.0-only
# Horizontal bars; marks on a logarithmic axis where one would dwarf the others, since the length of a bar says nothing
# there. ARG4 height, ARG5 top of y, ARG6 series, ARG7 colours, ARG8 unit
width = "900"
height = ARG4
out = ARG3
stats ARG2 index 0 using 3 nooutput
load ARG1."/style.gp"
top = STATS_max
low = STATS_min
dots = low > 0 && top / low > 25
set key at screen 0.5, screen key_y center center horizontal Left reverse samplen 1.6
if (words(ARG6) < 2) { unset key }
set tmargin at screen (words(ARG6) < 2 ? 1 - 36.0 / (height + 0) : plot_y)
set xlabel ARG8.(dots ? ", logarithmic" : "") noenhanced
set yrange [ARG5 + 0.0 : -0.8]
set grid noytics
unset ytics
set ytics scale 0 noenhanced
if (dots) {
	set logscale x 10
	set xrange [low * 0.7 : top * (top / low) ** 0.22]
	set xtics () nomirror
	do for [e = -9:15] {
		do for [m in (top / low < 1e3 ? "1 2 5" : top / low < 1e5 ? "1 3" : "1")] {
			tic = m * 10.0**e
			if (tic >= low * 0.7 && tic <= top * 1.5) { set xtics add (sprintf(tic < 1e5 ? "%g" : "%.0f", tic) tic) }
		}
	}
} else {
	set xrange [0 : (top > 0 ? top * 1.24 : 1)]
	set format x (top >= 1e5 ? "%.0f" : "%g")
}
left = dots ? low * 0.7 : 0
plot for [i = 1:words(ARG6)] NaN with points pt (dots ? 3 + 2 * i : 5) ps (dots ? 0.9 : 1.4) lc rgb word(ARG7, i) title word(ARG6, i), \
     ARG2 index 0 using (left):1:(left):(dots || $7 != 0 ? left : $3):1:2:4 with boxxyerror lc rgb variable notitle, \
     ARG2 index 0 using (left):1:(left):(dots || $7 != 1 ? left : $3):1:2:4 with boxxyerror fs empty border lw 1.5 lc rgb variable notitle, \
     ARG2 index 0 using (dots ? $3 : NaN):(($1 + $2) / 2):5:4 with points pt variable ps 0.9 lw 1.5 lc rgb variable notitle, \
     ARG2 index 0 using ($7 == 2 ? left : $3):(($1 + $2) / 2):6 with labels left offset 1,0 noenhanced font ",11" notitle, \
     ARG2 index 1 using (left):1:ytic(2) with points pt -1 notitle
