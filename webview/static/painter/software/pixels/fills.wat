;; Runs of pixels, and what is made of them: spans, rectangles, rings.

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
  (local $end i32) (local $a i32) (local $b i32)
  (local $x0 f64) (local $y0 f64) (local $x1 f64) (local $y1 f64)
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
