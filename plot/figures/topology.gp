# SPDX-License-Identifier: GPL-2.0-only
# Boxes in boxes. ARG4 height, ARG5 and ARG6 the size of the outermost, ARG7 size of letters, ARG8 width
width = ARG8
height = ARG4
out = ARG3
load ARG1."/style.gp"
unset key
unset border
unset tics
unset grid
set lmargin at screen 10.0 / (width + 0)
set rmargin at screen 1 - 10.0 / (width + 0)
set tmargin at screen 1 - 40.0 / (height + 0)
set bmargin at screen 10.0 / (height + 0)
set xrange [0 : ARG5 + 0.0]
set yrange [ARG6 + 0.0 : 0]
plot ARG2 index 0 using (($1 + $3) / 2):(($2 + $4) / 2):1:3:2:4:5 with boxxyerror lc rgb variable fs solid border rgb "#6b7580", \
     ARG2 index 1 using ($5 == 1 ? $1 : NaN):2:3:4 with labels center tc rgb variable noenhanced font ",".ARG7, \
     ARG2 index 1 using ($5 == 0 ? $1 : NaN):2:3:4 with labels left tc rgb variable noenhanced font ",".ARG7
