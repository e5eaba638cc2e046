;; The loops over pixels, four at a time. `raster.js` decides what is painted where.
;;
;; Memory: four numbers of 16 bits for each alpha, by which `release` takes it out of the channels;
;; from byte 4096 on, what is handed over with a call; from byte 65536 on, room for the crossings of
;; edges with rows; from byte 393216 on, the picture, row by row, four bytes a pixel in the order R,
;; G, B, A; then 16 bytes that nobody looks at, as the last pixels are read and written with others
;; behind them; then a store of plates; then the numbers of rings and lines.
;;
;; While painting, colours have their alpha multiplied in. To lay a colour over another is to move
;; each channel, alpha among them, by a part of the way to the colour made opaque; alpha is that part.
;;
;; `python -m tests.assemble` makes pixels.wasm of this file, and a test that they agree.
(module
  (memory (export "memory") 7)

  ;; The picture's row, in pixels; rows [top, bottom) are painted.
  (global $width (mut i32) (i32.const 0))
  (global $top (mut i32) (i32.const 0))
  (global $bottom (mut i32) (i32.const 0))

  ;; The ink: its colour made opaque, as that and with 16 bits a channel; its alpha, that in 32767ths;
  ;; what it gives to each channel of a pixel and what it keeps of it, in 256ths.
  (global $solid (mut i32) (i32.const 0))
  (global $wide (mut v128) (v128.const i32x4 0 0 0 0))
  (global $alpha (mut i32) (i32.const 0))
  (global $weight (mut f32) (f32.const 0))
  (global $give (mut v128) (v128.const i32x4 0 0 0 0))
  (global $keep (mut v128) (v128.const i32x4 0 0 0 0))

  ;; The line at hand: its length along its main direction, half its width across that, how it
  ;; climbs; pixels along the line for one along its main direction; its dashes.
  (global $length (mut f32) (f32.const 0))
  (global $reach (mut f64) (f64.const 0))
  (global $slope (mut f64) (f64.const 0))
  (global $stretch (mut f32) (f32.const 0))
  (global $backwards (mut i32) (i32.const 0))
  (global $dash (mut f32) (f32.const 0))
  (global $on (mut f32) (f32.const 0))
  (global $period (mut f32) (f32.const 0))

  ;; For each alpha what `release` multiplies the four channels with, in 256ths; alpha itself stays.
  (func $prepare (local $alpha i32)
    (local.set $alpha (i32.const 1))
    (loop $next
      (i64.store (i32.shl (local.get $alpha) (i32.const 3)) (i64.or
        (i64.const 0x0100000000000000)
        (i64.mul (i64.const 0x100010001) (i64.extend_i32_u (i32.div_u
          (i32.add (i32.const 65280) (i32.shr_u (local.get $alpha) (i32.const 1)))
          (local.get $alpha))))))
      (local.set $alpha (i32.add (local.get $alpha) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $alpha) (i32.const 255)))))
  (start $prepare)

  ;; A picture of `width` columns; only rows [top, bottom) are painted from now on.
  (func (export "clip") (param $w i32) (param $t i32) (param $b i32)
    (global.set $width (local.get $w))
    (global.set $top (local.get $t))
    (global.set $bottom (local.get $b)))

  ;; The colour of what is painted next: red in the lowest byte, alpha in the highest.
  (func (export "ink") (param $color i32)
    (local $part i32)
    (global.set $alpha (i32.shr_u (local.get $color) (i32.const 24)))
    (global.set $solid (i32.or (local.get $color) (i32.const 0xff000000)))
    (global.set $wide (i16x8.extend_low_i8x16_u (i32x4.splat (global.get $solid))))
    (global.set $weight (f32.mul (f32.convert_i32_u (global.get $alpha))
      (f32.div (f32.const 32767) (f32.const 255))))
    (local.set $part (i32.div_u
      (i32.add (i32.shl (global.get $alpha) (i32.const 8)) (i32.const 127)) (i32.const 255)))
    (global.set $keep (i16x8.splat (i32.sub (i32.const 256) (local.get $part))))
    (global.set $give (i16x8.add (i16x8.splat (i32.const 128)) ;; for rounding
      (i16x8.mul (global.get $wide) (i16x8.splat (local.get $part))))))

  ;; Pixels [start, stop), counted from the picture's first one.
  (func $run (param $start i32) (param $stop i32)
    (local $at i32) (local $end i32) (local $ink v128)
    (local $give v128) (local $keep v128) (local $under v128)
    (local.set $at (i32.shl (local.get $start) (i32.const 2)))
    (local.set $end (i32.shl (local.get $stop) (i32.const 2)))
    (if (i32.eq (global.get $alpha) (i32.const 255))
      (then
        (local.set $ink (i32x4.splat (global.get $solid)))
        (if (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 16))
          (then
            (loop $four
              (v128.store offset=393216 (local.get $at) (local.get $ink))
              (br_if $four (i32.lt_u
                (i32.add (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 16))
                (local.get $end))))
            ;; the last four, some of them perhaps once more
            (v128.store offset=393216 (i32.sub (local.get $end) (i32.const 16)) (local.get $ink))
            (return)))
        (block $done
          (loop $one
            (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
            (i32.store offset=393216 (local.get $at) (global.get $solid))
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (br $one)))
        (return)))
    (local.set $give (global.get $give))
    (local.set $keep (global.get $keep))
    (if (i32.ge_u (local.get $at) (local.get $end)) (then (return)))
    (block $last
      (loop $four
        (br_if $last (i32.ge_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)))
        (local.set $under (v128.load offset=393216 (local.get $at)))
        (v128.store offset=393216 (local.get $at)
          (i8x16.narrow_i16x8_u
            (i16x8.shr_u (i16x8.add (local.get $give) (i16x8.mul (local.get $keep)
              (i16x8.extend_low_i8x16_u (local.get $under)))) (i32.const 8))
            (i16x8.shr_u (i16x8.add (local.get $give) (i16x8.mul (local.get $keep)
              (i16x8.extend_high_i8x16_u (local.get $under)))) (i32.const 8))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $four)))
    ;; of the last four only those that belong to the run
    (local.set $under (v128.load offset=393216 (local.get $at)))
    (v128.store offset=393216 (local.get $at) (v128.bitselect
      (i8x16.narrow_i16x8_u
        (i16x8.shr_u (i16x8.add (local.get $give) (i16x8.mul (local.get $keep)
          (i16x8.extend_low_i8x16_u (local.get $under)))) (i32.const 8))
        (i16x8.shr_u (i16x8.add (local.get $give) (i16x8.mul (local.get $keep)
          (i16x8.extend_high_i8x16_u (local.get $under)))) (i32.const 8)))
      (local.get $under)
      (i32x4.gt_s (i32x4.splat (i32.sub (local.get $end) (local.get $at)))
        (v128.const i32x4 0 4 8 12)))))

  ;; Spans of whole pixels within the picture, `count` of them at byte 4096: left, row, right of each.
  (func (export "spans") (param $count i32)
    (local $at i32) (local $pixels i32)
    (block $done
      (loop $next
        (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
        (local.set $pixels (i32.mul (i32.load offset=4100 (local.get $at)) (global.get $width)))
        (call $run
          (i32.add (local.get $pixels) (i32.load offset=4096 (local.get $at)))
          (i32.add (local.get $pixels) (i32.load offset=4104 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 12)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next))))

  ;; The row whose middle is the first one not above `y`, of those that are painted or the next.
  (func $row (param $y f64) (result i32)
    (call $least (global.get $bottom) (call $most (global.get $top)
      (i32.trunc_sat_f64_s (f64.ceil (f64.sub (local.get $y) (f64.const 0.5)))))))

  ;; The inside of rings by the even-odd rule: a pixel is in when its centre is, as in spans.js. The
  ;; rings are `bytes` bytes at `from`: of each the number of vertices, then x and y of each.
  ;; There are at most as many vertices as there is room for crossings of each with 64 rows, and no
  ;; more rows than that.
  (func (export "rings") (param $from i32) (param $bytes i32)
    (local $first i32) (local $rows i32) (local $k i32) (local $total i32) (local $crossed i32)
    (local $left i32) (local $right i32) (local $start i32) (local $stop i32)
    (local.set $rows (i32.sub (global.get $bottom) (global.get $top)))
    ;; by row: how many edges more cross it than the one above, then where its crossings end
    (memory.fill (i32.const 65536) (i32.const 0)
      (i32.shl (i32.add (local.get $rows) (i32.const 2)) (i32.const 2)))
    (local.set $bytes (i32.add (local.get $from) (local.get $bytes)))
    (call $edges (local.get $from) (local.get $bytes) (i32.const 0))
    (block $counted
      (loop $next
        (br_if $counted (i32.ge_s (local.get $k) (local.get $rows)))
        (local.set $crossed (i32.add (local.get $crossed)
          (i32.load offset=65536 (i32.shl (local.get $k) (i32.const 2)))))
        (local.set $total (i32.add (local.get $total) (local.get $crossed)))
        (i32.store offset=65536 (i32.shl (local.get $k) (i32.const 2)) (local.get $total))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br $next)))
    (i32.store offset=65536 (i32.shl (local.get $rows) (i32.const 2)) (local.get $total))
    ;; filled from its end, each row's number comes to be where its crossings begin
    (call $edges (local.get $from) (local.get $bytes) (i32.const 1))
    (local.set $k (i32.const 0))
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $k) (local.get $rows)))
        (local.set $start (i32.load offset=65536 (i32.shl (local.get $k) (i32.const 2))))
        (local.set $stop (i32.load offset=65540 (i32.shl (local.get $k) (i32.const 2))))
        (if (i32.gt_s (i32.sub (local.get $stop) (local.get $start)) (i32.const 1)) (then
          (call $sort (local.get $start) (local.get $stop))
          (local.set $first
            (i32.mul (i32.add (global.get $top) (local.get $k)) (global.get $width)))
          (loop $pairs
            (local.set $left (i32.load offset=66048 (i32.shl (local.get $start) (i32.const 2))))
            (local.set $right (i32.load offset=66052 (i32.shl (local.get $start) (i32.const 2))))
            (if (i32.lt_s (local.get $left) (local.get $right)) (then
              (call $run (i32.add (local.get $first) (local.get $left))
                (i32.add (local.get $first) (local.get $right)))))
            (br_if $pairs (i32.lt_s
              (i32.add (local.tee $start (i32.add (local.get $start) (i32.const 2))) (i32.const 1))
              (local.get $stop))))))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br $next))))

  ;; Counts where edges of the rings in bytes [at, stop) begin and end to cross rows, or writes down
  ;; where they cross them.
  (func $edges (param $at i32) (param $stop i32) (param $write i32)
    (local $end i32) (local $a i32) (local $b i32) (local $swap i32)
    (local $x0 f64) (local $y0 f64) (local $x1 f64) (local $y1 f64) (local $slope f64)
    (block $done
      (loop $ring
        (br_if $done (i32.ge_u (local.get $at) (local.get $stop)))
        (local.set $end (i32.add (local.get $at) (i32.shl
          (i32.trunc_sat_f64_s (f64.load (local.get $at))) (i32.const 4))))
        ;; the last vertex comes before the first
        (local.set $x0 (f64.load (i32.sub (local.get $end) (i32.const 8))))
        (local.set $y0 (f64.load (local.get $end)))
        (local.set $a (call $row (local.get $y0)))
        (block $closed
          (loop $edge
            (br_if $closed (i32.ge_u (local.get $at) (local.get $end)))
            (local.set $x1 (f64.load offset=8 (local.get $at)))
            (local.set $y1 (f64.load offset=16 (local.get $at)))
            (local.set $b (call $row (local.get $y1)))
            (if (i32.ne (local.get $a) (local.get $b)) (then
              (if (local.get $write)
                (then (call $cross (local.get $x0) (local.get $y0)
                  (f64.div (f64.sub (local.get $x1) (local.get $x0))
                    (f64.sub (local.get $y1) (local.get $y0)))
                  (call $least (local.get $a) (local.get $b))
                  (call $most (local.get $a) (local.get $b))))
                (else
                  (call $change (call $least (local.get $a) (local.get $b)) (i32.const 1))
                  (call $change (call $most (local.get $a) (local.get $b)) (i32.const -1))))))
            (local.set $x0 (local.get $x1))
            (local.set $y0 (local.get $y1))
            (local.set $a (local.get $b))
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br $edge)))
        (local.set $at (i32.add (local.get $end) (i32.const 8)))
        (br $ring))))

  (func $change (param $row i32) (param $by i32)
    (local.set $row (i32.shl (i32.sub (local.get $row) (global.get $top)) (i32.const 2)))
    (i32.store offset=65536 (local.get $row)
      (i32.add (i32.load offset=65536 (local.get $row)) (local.get $by))))

  ;; Where an edge through (x, y) crosses rows [row, stop). Positions are added up in whole numbers,
  ;; of which 24 bits are behind the point.
  (func $cross (param $x f64) (param $y f64) (param $slope f64) (param $row i32) (param $stop i32)
    (local $at i32) (local $place i32) (local $side i64) (local $step i64) (local $right i64)
    (local $pixel i64)
    (local.set $at (i32.shl (i32.sub (local.get $row) (global.get $top)) (i32.const 2)))
    (local.set $stop (i32.shl (i32.sub (local.get $stop) (global.get $top)) (i32.const 2)))
    (local.set $right (i64.extend_i32_s (global.get $width)))
    (local.set $step (i64.trunc_sat_f64_s (f64.mul (local.get $slope) (f64.const 0x1p24))))
    ;; the first pixel whose centre is not on the left
    (local.set $side (i64.add (i64.const 0xffffff) (i64.trunc_sat_f64_s (f64.mul (f64.const 0x1p24)
      (f64.sub (f64.add (local.get $x)
        (f64.mul (f64.sub (f64.add (f64.convert_i32_s (local.get $row)) (f64.const 0.5))
          (local.get $y)) (local.get $slope))) (f64.const 0.5))))))
    (loop $next
      (local.set $place (i32.sub (i32.load offset=65536 (local.get $at)) (i32.const 1)))
      (i32.store offset=65536 (local.get $at) (local.get $place))
      (local.set $pixel (i64.shr_s (local.get $side) (i64.const 24)))
      (local.set $pixel (select (local.get $pixel) (i64.const 0)
        (i64.gt_s (local.get $pixel) (i64.const 0))))
      (i32.store offset=66048 (i32.shl (local.get $place) (i32.const 2))
        (i32.wrap_i64 (select (local.get $pixel) (local.get $right)
          (i64.lt_s (local.get $pixel) (local.get $right)))))
      (local.set $side (i64.add (local.get $side) (local.get $step)))
      (br_if $next (i32.lt_s
        (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $stop)))))

  ;; Sorts crossings [start, stop), nearly always two of them or four.
  (func $sort (param $start i32) (param $stop i32)
    (local $at i32) (local $value i32) (local $place i32)
    (local.set $start (i32.shl (local.get $start) (i32.const 2)))
    (local.set $stop (i32.shl (local.get $stop) (i32.const 2)))
    (local.set $at (i32.add (local.get $start) (i32.const 4)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $at) (local.get $stop)))
        (local.set $value (i32.load offset=66048 (local.get $at)))
        (local.set $place (local.get $at))
        (block $found
          (loop $down
            (br_if $found (i32.le_s (local.get $place) (local.get $start)))
            (br_if $found
              (i32.le_s (i32.load offset=66044 (local.get $place)) (local.get $value)))
            (i32.store offset=66048 (local.get $place)
              (i32.load offset=66044 (local.get $place)))
            (local.set $place (i32.sub (local.get $place) (i32.const 4)))
            (br $down)))
        (i32.store offset=66048 (local.get $place) (local.get $value))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $next))))

  ;; Outlines, two pixels wide and opaque, `count` of them at byte 4096: the colour of each, and the
  ;; columns [left, right), within the picture, and rows [top, bottom) where it ends, in the order
  ;; left, top, right, bottom, with four and more between.
  (func (export "outlines") (param $count i32)
    (local $at i32)
    (global.set $alpha (i32.const 255))
    (block $done
      (loop $next
        (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
        (global.set $solid (i32.load offset=4096 (local.get $at)))
        (call $outline
          (i32.load offset=4100 (local.get $at)) (i32.load offset=4104 (local.get $at))
          (i32.load offset=4108 (local.get $at)) (i32.load offset=4112 (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 20)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next))))

  (func $outline (param $left i32) (param $t i32) (param $right i32) (param $b i32)
    (local $row i32) (local $stop i32) (local $at i32) (local $across i32) (local $step i32)
    (local $pair i64)
    (if (i32.gt_s (i32.add (local.get $t) (i32.const 2)) (global.get $top)) (then
      (call $rows (local.get $left) (local.get $t) (local.get $right)
        (i32.add (local.get $t) (i32.const 2)))))
    (local.set $row (call $most (i32.add (local.get $t) (i32.const 2)) (global.get $top)))
    (local.set $stop (call $least (i32.sub (local.get $b) (i32.const 2)) (global.get $bottom)))
    (local.set $pair (i64.mul (i64.extend_i32_u (global.get $solid)) (i64.const 0x100000001)))
    (local.set $step (i32.shl (global.get $width) (i32.const 2)))
    (local.set $across (i32.shl
      (i32.sub (i32.sub (local.get $right) (local.get $left)) (i32.const 2)) (i32.const 2)))
    (local.set $at (i32.shl
      (i32.add (i32.mul (local.get $row) (global.get $width)) (local.get $left)) (i32.const 2)))
    (block $few ;; two rows at once
      (loop $next
        (br_if $few (i32.ge_s (i32.add (local.get $row) (i32.const 1)) (local.get $stop)))
        (i64.store offset=393216 (local.get $at) (local.get $pair))
        (i64.store offset=393216 (i32.add (local.get $at) (local.get $across)) (local.get $pair))
        (local.set $at (i32.add (local.get $at) (local.get $step)))
        (i64.store offset=393216 (local.get $at) (local.get $pair))
        (i64.store offset=393216 (i32.add (local.get $at) (local.get $across)) (local.get $pair))
        (local.set $at (i32.add (local.get $at) (local.get $step)))
        (local.set $row (i32.add (local.get $row) (i32.const 2)))
        (br $next)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $row) (local.get $stop)))
        (i64.store offset=393216 (local.get $at) (local.get $pair))
        (i64.store offset=393216 (i32.add (local.get $at) (local.get $across)) (local.get $pair))
        (local.set $at (i32.add (local.get $at) (local.get $step)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next)))
    (if (i32.lt_s (i32.sub (local.get $b) (i32.const 2)) (global.get $bottom)) (then
      (call $rows (local.get $left) (i32.sub (local.get $b) (i32.const 2)) (local.get $right)
        (local.get $b)))))

  ;; Columns [left, right), within the picture, of those of rows [top, bottom) that are painted.
  (func $rows (export "rows") (param $left i32) (param $t i32) (param $right i32) (param $b i32)
    (local $at i32)
    (local.set $t (call $most (local.get $t) (global.get $top)))
    (local.set $b (call $least (local.get $b) (global.get $bottom)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $t) (local.get $b)))
        (local.set $at (i32.mul (local.get $t) (global.get $width)))
        (call $run (i32.add (local.get $at) (local.get $left))
          (i32.add (local.get $at) (local.get $right)))
        (local.set $t (i32.add (local.get $t) (i32.const 1)))
        (br $next))))

  ;; Copies plates from a store, row behind row of each, `count` of them at byte 4096: the pixel of the
  ;; store where each begins, and the columns [left, right) and rows [top, bottom) of the picture where
  ;; it goes, in the order left, top, right, bottom.
  (func (export "plates") (param $count i32) (param $store i32)
    (local $at i32) (local $row i32) (local $stop i32) (local $from i32) (local $to i32)
    (local $end i32) (local $columns i32)
    (block $done
      (loop $next
        (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
        (local.set $row (call $most (global.get $top) (i32.load offset=4104 (local.get $at))))
        (local.set $stop
          (call $least (global.get $bottom) (i32.load offset=4112 (local.get $at))))
        (local.set $columns
          (i32.sub (i32.load offset=4108 (local.get $at)) (i32.load offset=4100 (local.get $at))))
        (local.set $from (i32.add (local.get $store) (i32.shl
          (i32.add (i32.load offset=4096 (local.get $at)) (i32.mul (local.get $columns)
            (i32.sub (local.get $row) (i32.load offset=4104 (local.get $at)))))
          (i32.const 2))))
        (block $copied
          (loop $rows
            (br_if $copied (i32.ge_s (local.get $row) (local.get $stop)))
            (local.set $to (i32.shl (i32.add (i32.load offset=4100 (local.get $at))
              (i32.mul (local.get $row) (global.get $width))) (i32.const 2)))
            (local.set $end (i32.add (local.get $to)
              (i32.shl (local.get $columns) (i32.const 2))))
            (block $few
              (loop $four
                (br_if $few (i32.gt_u (i32.add (local.get $to) (i32.const 16)) (local.get $end)))
                (v128.store offset=393216 (local.get $to) (v128.load (local.get $from)))
                (local.set $to (i32.add (local.get $to) (i32.const 16)))
                (local.set $from (i32.add (local.get $from) (i32.const 16)))
                (br $four)))
            (block $none
              (loop $one
                (br_if $none (i32.ge_u (local.get $to) (local.get $end)))
                (i32.store offset=393216 (local.get $to) (i32.load (local.get $from)))
                (local.set $to (i32.add (local.get $to) (i32.const 4)))
                (local.set $from (i32.add (local.get $from) (i32.const 4)))
                (br $one)))
            (local.set $row (i32.add (local.get $row) (i32.const 1)))
            (br $rows)))
        (local.set $at (i32.add (local.get $at) (i32.const 20)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next))))

  (func $least (param $a i32) (param $b i32) (result i32)
    (select (local.get $a) (local.get $b) (i32.lt_s (local.get $a) (local.get $b))))

  (func $most (param $a i32) (param $b i32) (result i32)
    (select (local.get $a) (local.get $b) (i32.gt_s (local.get $a) (local.get $b))))

  ;; Lays the ink over four pixels; `weight` is the alpha for each of them, 0 to 32767, not rounded.
  ;; What is below is moved by that part of the way to the ink, which is exact at both ends.
  (func $lay (param $pixel i32) (param $weight v128)
    (local $at i32) (local $four v128) (local $low v128) (local $high v128)
    ;; Added to this number, a small one is rounded, and stands in the two lowest bytes; then twice.
    (local.set $weight (i32x4.shl
      (f32x4.add (local.get $weight) (f32x4.splat (f32.const 8388608))) (i32.const 16)))
    (local.set $weight (v128.or (local.get $weight)
      (i32x4.shr_u (local.get $weight) (i32.const 16))))
    (local.set $at (i32.shl (local.get $pixel) (i32.const 2)))
    (local.set $four (v128.load offset=393216 (local.get $at)))
    (local.set $low (i16x8.extend_low_i8x16_u (local.get $four)))
    (local.set $high (i16x8.extend_high_i8x16_u (local.get $four)))
    (v128.store offset=393216 (local.get $at)
      (i8x16.narrow_i16x8_u
        (i16x8.add (local.get $low) (i16x8.q15mulr_sat_s
          (i16x8.sub (global.get $wide) (local.get $low))
          (i8x16.shuffle 0 1 2 3 0 1 2 3 4 5 6 7 4 5 6 7
            (local.get $weight) (local.get $weight))))
        (i16x8.add (local.get $high) (i16x8.q15mulr_sat_s
          (i16x8.sub (global.get $wide) (local.get $high))
          (i8x16.shuffle 8 9 10 11 8 9 10 11 12 13 14 15 12 13 14 15
            (local.get $weight) (local.get $weight)))))))

  ;; Moves four pixels at byte `at` of the picture towards an opaque ink: two and two of them by their
  ;; parts of 256, once for each channel. `one` is 256 in each.
  (func $mix (param $at i32) (param $ink v128) (param $one v128) (param $two v128) (param $more v128)
    (local $four v128) (local $half v128)
    (local.set $half (i16x8.splat (i32.const 128)))
    (local.set $four (v128.load offset=393216 (local.get $at)))
    (v128.store offset=393216 (local.get $at) (i8x16.narrow_i16x8_u
      (i16x8.shr_u (i16x8.add (local.get $half) (i16x8.add
        (i16x8.mul (local.get $ink) (local.get $two))
        (i16x8.mul (i16x8.extend_low_i8x16_u (local.get $four))
          (i16x8.sub (local.get $one) (local.get $two))))) (i32.const 8))
      (i16x8.shr_u (i16x8.add (local.get $half) (i16x8.add
        (i16x8.mul (local.get $ink) (local.get $more))
        (i16x8.mul (i16x8.extend_high_i8x16_u (local.get $four))
          (i16x8.sub (local.get $one) (local.get $more))))) (i32.const 8)))))

  ;; How much of each of four pixels from `near` on lies between `low` and `high`, along one direction.
  (func $between (param $near v128) (param $low v128) (param $high v128) (result v128)
    (f32x4.pmax (f32x4.splat (f32.const 0)) (f32x4.sub
      (f32x4.pmin (f32x4.add (local.get $near) (f32x4.splat (f32.const 1))) (local.get $high))
      (f32x4.pmax (local.get $near) (local.get $low)))))

  ;; The line's alpha for four pixels that begin `gone` px behind its start, along its main
  ;; direction: what of them lies between its ends, and on a dash.
  (func $along (param $gone v128) (result v128)
    (local $weight v128) (local $phase v128) (local $on v128) (local $period v128)
    (local.set $weight (f32x4.mul
      (f32x4.splat (global.get $weight))
      (call $between (local.get $gone) (f32x4.splat (f32.const 0))
        (f32x4.splat (global.get $length)))))
    (if (f32.lt (global.get $dash) (f32.const 0)) (then (return (local.get $weight))))
    (local.set $on (f32x4.splat (global.get $on)))
    (local.set $period (f32x4.splat (global.get $period)))
    (local.set $gone (f32x4.add (local.get $gone) (f32x4.splat (f32.const 0.5))))
    (if (global.get $backwards) (then (local.set $gone
      (f32x4.sub (f32x4.splat (global.get $length)) (local.get $gone)))))
    (local.set $phase (f32x4.add (f32x4.splat (global.get $dash))
      (f32x4.mul (local.get $gone) (f32x4.splat (global.get $stretch)))))
    (local.set $phase (f32x4.sub (local.get $phase) (f32x4.mul (local.get $period)
      (f32x4.floor (f32x4.div (local.get $phase) (local.get $period))))))
    (local.set $phase (v128.bitselect
      (f32x4.pmin (local.get $phase) (f32x4.sub (local.get $on) (local.get $phase)))
      (f32x4.pmax (f32x4.sub (local.get $on) (local.get $phase))
        (f32x4.sub (local.get $phase) (local.get $period)))
      (f32x4.le (local.get $phase) (local.get $on))))
    (f32x4.mul (local.get $weight) (f32x4.pmin (f32x4.splat (f32.const 1))
      (f32x4.pmax (f32x4.splat (f32.const 0))
        (f32x4.add (local.get $phase) (f32x4.splat (f32.const 0.5)))))))

  ;; `weight`, but none for pixels that are `count` and more behind the first.
  (func $first (param $weight v128) (param $count i32) (result v128)
    (v128.and (local.get $weight)
      (i32x4.lt_s (v128.const i32x4 0 1 2 3) (i32x4.splat (local.get $count)))))

  ;; Lines with soft edges, `count` of them at byte `at`: x0, y0, x1, y1, half the width, dash of
  ;; each. Each pixel takes the share of it that the line covers, measured across the line's main
  ;; direction. `on` of every `period` px are drawn, beginning `dash` px into the first; all when
  ;; `dash` is negative.
  (func (export "segments") (param $at i32) (param $count i32) (param $on f32) (param $period f32)
    (local $far f64) (local $above f64) (local $below f64) (local $y0 f64) (local $y1 f64)
    (global.set $on (local.get $on))
    (global.set $period (local.get $period))
    ;; Across its main direction a line is up to half the square root of two times its width. All
    ;; are equally wide.
    (local.set $far (f64.add (f64.const 1) (f64.mul (f64.const 1.5)
      (f64.load offset=32 (local.get $at)))))
    (local.set $above (f64.sub (f64.convert_i32_s (global.get $top)) (local.get $far)))
    (local.set $below (f64.add (f64.convert_i32_s (global.get $bottom)) (local.get $far)))
    (block $done
      (loop $next
        (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
        (local.set $y0 (f64.load offset=8 (local.get $at)))
        (local.set $y1 (f64.load offset=24 (local.get $at)))
        (if (i32.eqz (i32.or
            (i32.and (f64.le (local.get $y0) (local.get $above))
              (f64.le (local.get $y1) (local.get $above)))
            (i32.and (f64.ge (local.get $y0) (local.get $below))
              (f64.ge (local.get $y1) (local.get $below))))) (then
          (global.set $dash (f32.demote_f64 (f64.load offset=40 (local.get $at))))
          (call $segment
            (f64.load (local.get $at)) (local.get $y0)
            (f64.load offset=16 (local.get $at)) (local.get $y1)
            (f64.load offset=32 (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 48)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next))))

  (func $segment (param $x0 f64) (param $y0 f64) (param $x1 f64) (param $y1 f64) (param $half f64)
    (local $dx f64) (local $dy f64)
    (local.set $dx (f64.sub (local.get $x1) (local.get $x0)))
    (local.set $dy (f64.sub (local.get $y1) (local.get $y0)))
    (if (f64.ge (f64.abs (local.get $dx)) (f64.abs (local.get $dy)))
      (then
        (call $climb (local.get $dx) (local.get $dy) (local.get $half))
        (if (global.get $backwards)
          (then (call $flat (local.get $x1) (local.get $x0) (local.get $y1)))
          (else (call $flat (local.get $x0) (local.get $x1) (local.get $y0)))))
      (else
        (call $climb (local.get $dy) (local.get $dx) (local.get $half))
        (if (global.get $backwards)
          (then (call $steep (local.get $y1) (local.get $y0) (local.get $x1)))
          (else (call $steep (local.get $y0) (local.get $y1) (local.get $x0)))))))

  ;; Takes a line that goes `along` its main direction and `across` it.
  (func $climb (param $along f64) (param $across f64) (param $half f64)
    (local $stretch f64)
    (global.set $backwards (f64.lt (local.get $along) (f64.const 0)))
    (global.set $length (f32.demote_f64 (f64.abs (local.get $along))))
    (global.set $slope (f64.const 0))
    (if (f64.ne (local.get $along) (f64.const 0)) (then
      (global.set $slope (f64.div (local.get $across) (local.get $along)))))
    (local.set $stretch (f64.sqrt
      (f64.add (f64.const 1) (f64.mul (global.get $slope) (global.get $slope)))))
    (global.set $stretch (f32.demote_f64 (local.get $stretch)))
    (global.set $reach (f64.mul (local.get $half) (local.get $stretch))))

  ;; Of a line from a0 to a1, the pixels [from, to) that are covered in their whole length; none of a
  ;; dashed one.
  (func $covered (param $a0 f64) (param $a1 f64) (result i32 i32)
    (if (result i32 i32) (f32.ge (global.get $dash) (f32.const 0))
      (then (i32.const 0) (i32.const 0))
      (else
        (i32.trunc_sat_f64_s (f64.ceil (local.get $a0)))
        (i32.trunc_sat_f64_s (f64.floor (local.get $a1))))))

  ;; 32 bits of a whole number, 32 of what is behind the point: a line's sides are added up in these.
  (func $fixed (param $x f64) (result i64)
    (i64.trunc_sat_f64_s (f64.mul (local.get $x) (f64.const 4294967296))))

  ;; As such a number, in 256ths.
  (func $of256 (param $x i64) (result i32)
    (i32.wrap_i64 (i64.shr_s (i64.add (local.get $x) (i64.const 0x800000)) (i64.const 24))))

  (func $loose (param $x i64) (result f32)
    (f32.mul (f32.convert_i64_s (local.get $x)) (f32.const 0x1p-32)))

  (func $whole (param $x i64) (result i32)
    (i32.wrap_i64 (i64.shr_s (local.get $x) (i64.const 32))))

  ;; From column a0 to a1, at the height b0 in the beginning.
  (func $flat (param $a0 f64) (param $a1 f64) (param $b0 f64)
    (local $i i32) (local $stop i32) (local $row i32) (local $end i32) (local $pixels i32)
    (local $near f64) (local $far f64) (local $side i64) (local $step i64) (local $wide i64)
    (local $over f64) (local $under f64) (local $from i32) (local $to i32)
    (local $all v128) (local $climb v128) (local $weight v128) (local $low v128) (local $high v128)
    (local $easy i32) (local $thick i32) (local $ink v128) (local $one v128)
    (local $climb2 v128) (local $climb4 v128) (local $low4 v128) (local $high4 v128)
    (local.set $all (f32x4.splat (global.get $weight)))
    (local.set $climb (f32x4.mul (v128.const f32x4 0 1 2 3)
      (f32x4.splat (f32.demote_f64 (global.get $slope)))))
    (local.set $near (f64.max (f64.const 0) (f64.floor (local.get $a0))))
    (local.set $far (f64.min (f64.convert_i32_s (global.get $width)) (f64.ceil (local.get $a1))))
    (if (f64.ne (global.get $slope) (f64.const 0)) (then
      ;; only where the line is within the rows, and a bit before and after
      (local.set $over (f64.add (local.get $a0) (f64.div
        (f64.sub (f64.sub (f64.convert_i32_s (global.get $top)) (global.get $reach)) (local.get $b0))
        (global.get $slope))))
      (local.set $under (f64.add (local.get $a0) (f64.div
        (f64.sub (f64.add (f64.convert_i32_s (global.get $bottom)) (global.get $reach))
          (local.get $b0))
        (global.get $slope))))
      (local.set $near (f64.max (local.get $near) (f64.floor (f64.sub
        (f64.min (local.get $over) (local.get $under)) (f64.const 2)))))
      (local.set $far (f64.min (local.get $far) (f64.ceil (f64.add
        (f64.max (local.get $over) (local.get $under)) (f64.const 2)))))))
    (local.set $i (i32.trunc_sat_f64_s (local.get $near)))
    (local.set $stop (i32.trunc_sat_f64_s (local.get $far)))
    (call $covered (local.get $a0) (f64.min (local.get $a1) (local.get $far)))
    (local.set $to)
    (local.set $from)
    ;; the line's upper side in the middle of the column, and how it goes on in four columns
    (local.set $side (call $fixed (f64.sub (f64.add (local.get $b0)
      (f64.mul (global.get $slope) (f64.add (f64.const 0.5) (f64.sub
        (f64.convert_i32_s (local.get $i)) (local.get $a0)))))
      (global.get $reach))))
    (local.set $step (call $fixed (global.get $slope)))
    (local.set $wide (call $fixed (f64.mul (f64.const 2) (global.get $reach))))
    ;; in 256ths, once for each channel of two pixels and two more
    (local.set $thick (call $of256 (local.get $wide)))
    (local.set $easy (i32.and (i32.eq (global.get $alpha) (i32.const 255))
      (i32.lt_s (local.get $thick) (i32.const 16384))))
    (local.set $climb2 (v128.bitselect (i16x8.splat (call $of256 (local.get $step)))
      (v128.const i32x4 0 0 0 0) (v128.const i32x4 0 0 -1 -1)))
    (local.set $climb4 (v128.bitselect
      (i16x8.splat (call $of256 (i64.mul (local.get $step) (i64.const 3))))
      (i16x8.splat (call $of256 (i64.mul (local.get $step) (i64.const 2))))
      (v128.const i32x4 0 0 -1 -1)))
    (local.set $ink (global.get $wide))
    (local.set $one (i16x8.splat (i32.const 256)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $i) (local.get $stop)))
        (local.set $row (call $whole (local.get $side)))
        (local.set $end (call $whole (i64.add (local.get $side)
          (i64.mul (i64.const 3) (local.get $step)))))
        (if (i32.gt_s (local.get $row) (local.get $end)) (then
          (local.set $pixels (local.get $row))
          (local.set $row (local.get $end))
          (local.set $end (local.get $pixels))))
        (local.set $row (call $most (local.get $row) (global.get $top)))
        (local.set $end (call $least (global.get $bottom) (i32.add (local.get $end)
          (i32.add (i32.const 2) (call $whole (local.get $wide))))))
        (local.set $pixels
          (i32.add (i32.mul (local.get $row) (global.get $width)) (local.get $i)))
        (block $painted
          (if (i32.and (local.get $easy) (i32.and (i32.ge_s (local.get $i) (local.get $from))
              (i32.le_s (i32.add (local.get $i) (i32.const 4)) (local.get $to)))) (then
            ;; nearly all columns of nearly all lines, as in $steep
            (local.set $low (i16x8.splat (call $of256 (i64.sub (local.get $side)
              (i64.shl (i64.extend_i32_s (local.get $row)) (i64.const 32))))))
            (local.set $low4 (i16x8.add (local.get $low) (local.get $climb4)))
            (local.set $low (i16x8.add (local.get $low) (local.get $climb2)))
            (local.set $weight (i16x8.splat (local.get $thick)))
            (local.set $high (i16x8.add (local.get $low) (local.get $weight)))
            (local.set $high4 (i16x8.add (local.get $low4) (local.get $weight)))
            (loop $rows
              (br_if $painted (i32.ge_s (local.get $row) (local.get $end)))
              (call $mix (i32.shl (local.get $pixels) (i32.const 2))
                (local.get $ink) (local.get $one)
                (i16x8.max_s (v128.const i32x4 0 0 0 0) (i16x8.sub
                  (i16x8.min_s (local.get $one) (local.get $high))
                  (i16x8.max_s (v128.const i32x4 0 0 0 0) (local.get $low))))
                (i16x8.max_s (v128.const i32x4 0 0 0 0) (i16x8.sub
                  (i16x8.min_s (local.get $one) (local.get $high4))
                  (i16x8.max_s (v128.const i32x4 0 0 0 0) (local.get $low4)))))
              (local.set $low (i16x8.sub (local.get $low) (local.get $one)))
              (local.set $low4 (i16x8.sub (local.get $low4) (local.get $one)))
              (local.set $high (i16x8.sub (local.get $high) (local.get $one)))
              (local.set $high4 (i16x8.sub (local.get $high4) (local.get $one)))
              (local.set $row (i32.add (local.get $row) (i32.const 1)))
              (local.set $pixels (i32.add (local.get $pixels) (global.get $width)))
              (br $rows))))
          (local.set $weight (local.get $all))
          (if (i32.or (i32.lt_s (local.get $i) (local.get $from))
              (i32.gt_s (i32.add (local.get $i) (i32.const 4)) (local.get $to))) (then
            (local.set $weight (call $first
              (call $along (f32x4.add (v128.const f32x4 0 1 2 3) (f32x4.splat (f32.demote_f64
                (f64.sub (f64.convert_i32_s (local.get $i)) (local.get $a0))))))
              (i32.sub (local.get $stop) (local.get $i))))))
          (local.set $low (f32x4.add (local.get $climb) (f32x4.splat (call $loose
            (i64.sub (local.get $side)
              (i64.shl (i64.extend_i32_s (local.get $row)) (i64.const 32)))))))
          (local.set $high
            (f32x4.add (local.get $low) (f32x4.splat (call $loose (local.get $wide)))))
          (loop $down
            (br_if $painted (i32.ge_s (local.get $row) (local.get $end)))
            (call $lay (local.get $pixels) (f32x4.mul (local.get $weight)
              (call $between (f32x4.splat (f32.const 0)) (local.get $low) (local.get $high))))
            (local.set $low (f32x4.sub (local.get $low) (f32x4.splat (f32.const 1))))
            (local.set $high (f32x4.sub (local.get $high) (f32x4.splat (f32.const 1))))
            (local.set $row (i32.add (local.get $row) (i32.const 1)))
            (local.set $pixels (i32.add (local.get $pixels) (global.get $width)))
            (br $down)))
        (local.set $side (i64.add (local.get $side) (i64.shl (local.get $step) (i64.const 2))))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br $next))))

  ;; From row a0 to a1, at the column b0 in the beginning.
  (func $steep (param $a0 f64) (param $a1 f64) (param $b0 f64)
    (local $row i32) (local $end i32) (local $i i32) (local $pixels i32)
    (local $side i64) (local $step i64) (local $near f32) (local $wide f32)
    (local $from i32) (local $to i32) (local $all v128) (local $weight v128)
    (local $limit i32) (local $easy i32) (local $thick i32) (local $near256 i32)
    (local $ink v128) (local $one v128) (local $low v128) (local $high v128)
    (local $left2 v128) (local $right2 v128) (local $left4 v128) (local $right4 v128)
    (local.set $row (call $most (global.get $top)
      (i32.trunc_sat_f64_s (f64.floor (local.get $a0)))))
    (local.set $end (call $least (global.get $bottom)
      (i32.trunc_sat_f64_s (f64.ceil (local.get $a1)))))
    (local.set $pixels (i32.mul (local.get $row) (global.get $width)))
    (call $covered (local.get $a0) (local.get $a1))
    (local.set $to)
    (local.set $from)
    ;; the line's left side in the middle of the row, and how it goes on
    (local.set $side (call $fixed (f64.sub (f64.add (local.get $b0)
      (f64.mul (global.get $slope) (f64.add (f64.const 0.5) (f64.sub
        (f64.convert_i32_s (local.get $row)) (local.get $a0)))))
      (global.get $reach))))
    (local.set $step (call $fixed (global.get $slope)))
    (local.set $wide (f32.demote_f64 (f64.mul (f64.const 2) (global.get $reach))))
    (local.set $all (f32x4.splat (global.get $weight)))
    (local.set $limit (call $most (i32.const 0) (i32.sub (global.get $width) (i32.const 3))))
    (local.set $thick (i32.trunc_sat_f32_s
      (f32.nearest (f32.mul (local.get $wide) (f32.const 256)))))
    (local.set $easy (select (call $least (local.get $to) (local.get $end)) (i32.const 0)
      (i32.and (i32.le_s (local.get $thick) (i32.const 768))
        (i32.eq (global.get $alpha) (i32.const 255)))))
    (local.set $ink (global.get $wide))
    (local.set $one (i16x8.splat (i32.const 256)))
    (local.set $left2 (v128.const i16x8 0 0 0 0 256 256 256 256))
    (local.set $right2 (i16x8.add (local.get $left2) (local.get $one)))
    (local.set $left4 (i16x8.add (local.get $right2) (local.get $one)))
    (local.set $right4 (i16x8.add (local.get $left4) (local.get $one)))
    (block $done
      (loop $next
        ;; Nearly all rows of nearly all lines: four pixels hold all that is covered, and whole
        ;; numbers tell how much, in 256ths.
        (block $other
          (br_if $other (i32.lt_s (local.get $row) (local.get $from)))
          (loop $rows
            (br_if $other (i32.ge_s (local.get $row) (local.get $easy)))
            (br_if $other (i32.ge_u
              (local.tee $i (i32.shr_s (local.tee $near256 (call $of256 (local.get $side)))
                (i32.const 8))) (local.get $limit)))
            (local.set $near256 (i32.and (local.get $near256) (i32.const 255)))
            (local.set $low (i16x8.splat (local.get $near256)))
            (local.set $high (i16x8.splat (i32.add (local.get $near256) (local.get $thick))))
            (call $mix (i32.shl (i32.add (local.get $pixels) (local.get $i)) (i32.const 2))
              (local.get $ink) (local.get $one)
              (i16x8.max_s (v128.const i32x4 0 0 0 0) (i16x8.sub
                (i16x8.min_s (local.get $right2) (local.get $high))
                (i16x8.max_s (local.get $left2) (local.get $low))))
              (i16x8.max_s (v128.const i32x4 0 0 0 0) (i16x8.sub
                (i16x8.min_s (local.get $right4) (local.get $high))
                (i16x8.max_s (local.get $left4) (local.get $low)))))
            (local.set $side (i64.add (local.get $side) (local.get $step)))
            (local.set $row (i32.add (local.get $row) (i32.const 1)))
            (local.set $pixels (i32.add (local.get $pixels) (global.get $width)))
            (br $rows)))
        (br_if $done (i32.ge_s (local.get $row) (local.get $end)))
        (local.set $weight (local.get $all))
        (if (i32.or (i32.lt_s (local.get $row) (local.get $from))
            (i32.ge_s (local.get $row) (local.get $to))) (then
          (local.set $weight (call $along (f32x4.splat (f32.demote_f64
            (f64.sub (f64.convert_i32_s (local.get $row)) (local.get $a0))))))))
        (local.set $i (call $most (i32.const 0) (call $whole (local.get $side))))
        ;; the left side, counted from pixel i
        (local.set $near (call $loose (i64.sub (local.get $side)
          (i64.shl (i64.extend_i32_s (local.get $i)) (i64.const 32)))))
        (block $right
          (loop $four
            (br_if $right (i32.ge_s (local.get $i) (global.get $width)))
            (br_if $right (f32.le (f32.add (local.get $near) (local.get $wide)) (f32.const 0)))
            (call $lay (i32.add (local.get $pixels) (local.get $i))
              (call $first
                (f32x4.mul (local.get $weight) (call $between (v128.const f32x4 0 1 2 3)
                  (f32x4.splat (local.get $near))
                  (f32x4.splat (f32.add (local.get $near) (local.get $wide)))))
                (i32.sub (global.get $width) (local.get $i))))
            (local.set $near (f32.sub (local.get $near) (f32.const 4)))
            (local.set $i (i32.add (local.get $i) (i32.const 4)))
            (br $four)))
        (local.set $side (i64.add (local.get $side) (local.get $step)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (local.set $pixels (i32.add (local.get $pixels) (global.get $width)))
        (br $next))))

  ;; A disc with a soft edge.
  (func (export "disc") (param $x f64) (param $y f64) (param $radius f64)
    (local $left i32) (local $right i32) (local $row i32) (local $end i32) (local $i i32)
    (local $reach f64) (local $dx v128) (local $dy v128)
    (local.set $reach (f64.add (local.get $radius) (f64.const 0.5)))
    (local.set $left (i32.trunc_sat_f64_s (f64.max (f64.const 0)
      (f64.floor (f64.sub (local.get $x) (local.get $reach))))))
    (local.set $right (i32.trunc_sat_f64_s (f64.min (f64.convert_i32_s (global.get $width))
      (f64.ceil (f64.add (local.get $x) (local.get $reach))))))
    (local.set $row (i32.trunc_sat_f64_s (f64.max (f64.convert_i32_s (global.get $top))
      (f64.floor (f64.sub (local.get $y) (local.get $reach))))))
    (local.set $end (i32.trunc_sat_f64_s (f64.min (f64.convert_i32_s (global.get $bottom))
      (f64.ceil (f64.add (local.get $y) (local.get $reach))))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_s (local.get $row) (local.get $end)))
        (local.set $dy (f32x4.splat (f32.demote_f64 (f64.sub (local.get $y)
          (f64.add (f64.convert_i32_s (local.get $row)) (f64.const 0.5))))))
        (local.set $i (local.get $left))
        (block $right
          (loop $four
            (br_if $right (i32.ge_s (local.get $i) (local.get $right)))
            (local.set $dx (f32x4.add (v128.const f32x4 0.5 1.5 2.5 3.5)
              (f32x4.splat (f32.demote_f64
                (f64.sub (f64.convert_i32_s (local.get $i)) (local.get $x))))))
            (call $lay
              (i32.add (i32.mul (local.get $row) (global.get $width)) (local.get $i))
              (call $first
                (f32x4.mul (f32x4.splat (global.get $weight))
                  (f32x4.pmin (f32x4.splat (f32.const 1)) (f32x4.pmax (f32x4.splat (f32.const 0))
                    (f32x4.sub (f32x4.splat (f32.demote_f64 (local.get $reach)))
                      (f32x4.sqrt (f32x4.add
                        (f32x4.mul (local.get $dx) (local.get $dx))
                        (f32x4.mul (local.get $dy) (local.get $dy))))))))
                (i32.sub (local.get $right) (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 4)))
            (br $four)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next))))

  ;; Takes alpha out of pixels [start, stop). No channel is above alpha, so 16 bits are enough.
  (func (export "release") (param $start i32) (param $stop i32)
    (local $at i32) (local $end i32) (local $four v128) (local $bare v128) (local $half v128)
    (local.set $at (i32.shl (local.get $start) (i32.const 2)))
    (local.set $end (i32.shl (local.get $stop) (i32.const 2)))
    (local.set $half (i16x8.splat (i32.const 128)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $four (v128.load offset=393216 (local.get $at)))
        (if (v128.any_true (local.get $four)) (then
          (local.set $bare (i8x16.narrow_i16x8_u
            (i16x8.shr_u (i16x8.add (local.get $half) (i16x8.mul
              (i16x8.extend_low_i8x16_u (local.get $four))
              (v128.load64_lane 1
                (i32.shl (i8x16.extract_lane_u 7 (local.get $four)) (i32.const 3))
                (v128.load64_zero
                  (i32.shl (i8x16.extract_lane_u 3 (local.get $four)) (i32.const 3))))))
              (i32.const 8))
            (i16x8.shr_u (i16x8.add (local.get $half) (i16x8.mul
              (i16x8.extend_high_i8x16_u (local.get $four))
              (v128.load64_lane 1
                (i32.shl (i8x16.extract_lane_u 15 (local.get $four)) (i32.const 3))
                (v128.load64_zero
                  (i32.shl (i8x16.extract_lane_u 11 (local.get $four)) (i32.const 3))))))
              (i32.const 8))))
          (if (i32.gt_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)) (then
            (local.set $bare (v128.bitselect (local.get $bare) (local.get $four)
              (i32x4.lt_u (v128.const i32x4 0 4 8 12)
                (i32x4.splat (i32.sub (local.get $end) (local.get $at))))))))
          (v128.store offset=393216 (local.get $at) (local.get $bare))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next))))
)
