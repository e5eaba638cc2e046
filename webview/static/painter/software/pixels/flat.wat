;; Lines that touch more columns than rows, see lines.wat.

;; The segment at byte `at`, four columns after the other.
(func $flat (param $at i32)
  (local $first i32) (local $i i32) (local $stop i32) (local $to i32)
  (local $side i64) (local $step i64) (local $wide i64)
  (local.set $first (i32.load offset=24 (local.get $at)))
  (local.set $side (i64.load (local.get $at)))
  (local.set $step (i64.load offset=8 (local.get $at)))
  (local.set $wide (i64.load offset=16 (local.get $at)))
  (local.set $stop (i32.load offset=28 (local.get $at)))
  (local.set $i (local.get $first))
  (if (i32.or (i32.lt_s (i32.load offset=32 (local.get $at)) (global.get $top))
      (i32.gt_s (i32.load offset=36 (local.get $at)) (global.get $bottom))) (then
    (call $cut (local.get $at))
    (local.set $stop)
    (local.set $i)))
  (local.set $i (call $most (i32.const 0) (local.get $i)))
  (local.set $stop (call $least (global.get $width) (local.get $stop)))
  ;; the upper side in the middle of the column
  (local.set $side (i64.add (local.get $side) (i64.mul (local.get $step)
    (i64.extend_i32_s (i32.sub (local.get $i) (local.get $first))))))
  (if (i32.ge_s (local.get $i) (local.get $stop)) (then (return)))
  ;; nearly all lines are so thin, see $steep: here it is 16 bits that must hold it, in 256ths
  (if (i32.eqz (i32.and (call $plain (local.get $at))
      (i64.lt_s (local.get $wide) (i64.const 0x4000000000)))) (then
    (loop $next
      (call $anyColumns (local.get $at) (local.get $i) (local.get $stop) (local.get $side))
      (local.set $side (i64.add (local.get $side) (i64.shl (local.get $step) (i64.const 2))))
      (br_if $next (i32.lt_s
        (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $stop))))
    (return)))
  (if (call $before (local.get $at) (local.get $i)) (then
    (call $levelEnd (local.get $at) (local.get $i) (local.get $stop) (local.get $side))
    (local.set $side (i64.add (local.get $side) (i64.shl (local.get $step) (i64.const 2))))
    (local.set $i (i32.add (local.get $i) (i32.const 4)))))
  ;; whole groups of four
  (local.set $to (i32.and (i32.const -4) (i32.sub
    (i32.sub (local.get $stop) (i32.ne (i32.const 0)
      (call $behind (local.get $at) (i32.sub (local.get $stop) (i32.const 1)))))
    (local.get $i))))
  (if (i32.gt_s (local.get $to) (i32.const 0)) (then
    (call $level (local.get $i) (i32.add (local.get $i) (local.get $to))
      (local.get $side) (local.get $step) (local.get $wide))
    (local.set $side (i64.add (local.get $side)
      (i64.mul (local.get $step) (i64.extend_i32_s (local.get $to)))))
    (local.set $i (i32.add (local.get $i) (local.get $to)))))
  (if (i32.lt_s (local.get $i) (local.get $stop)) (then
    (call $levelEnd (local.get $at) (local.get $i) (local.get $stop) (local.get $side)))))

;; The rows [row, end) that four columns of a line touch, whose upper side is at `side` in the first.
(func $touched (param $side i64) (param $step i64) (param $wide i64) (result i32 i32)
  (local $up i64) (local $down i64)
  (local.set $down (i64.mul (i64.const 3) (local.get $step)))
  (local.set $up (i64.and (local.get $down) (i64.shr_s (local.get $down) (i64.const 63))))
  (local.set $down (i64.add (local.get $wide) (i64.sub (local.get $down) (local.get $up))))
  (call $most (global.get $top) (call $whole (i64.add (local.get $side) (local.get $up))))
  (call $least (global.get $bottom) (i32.add (i32.const 1)
    (call $whole (i64.add (local.get $side) (local.get $down))))))

;; How much lower the side is in each of four columns than in the first, in 256ths, twice.
(func $rise (param $step i64) (result v128)
  (local $rise v128)
  (local.set $rise (i32x4.trunc_sat_f32x4_s (f32x4.nearest (f32x4.mul
    (v128.const f32x4 0 256 512 768) (f32x4.splat (call $loose (local.get $step)))))))
  (i8x16.shuffle 0 1 0 1 4 5 4 5 8 9 8 9 12 13 12 13 (local.get $rise) (local.get $rise)))

;; Columns [i, to) of a thin line, groups of four that are covered in their whole length.
(func $level (param $i i32) (param $to i32) (param $side i64) (param $step i64) (param $wide i64)
  (local $at i32) (local $row i32) (local $end i32) (local $stride i32)
  (local $low v128) (local $high v128) (local $above v128) (local $below v128)
  (local $thick v128) (local $rise v128)
  (local $even v128) (local $odd v128) (local $bytes v128) (local $half v128)
  (local $one v128)
  (local.set $stride (i32.shl (global.get $stride) (i32.const 2)))
  (local.set $even (global.get $even))
  (local.set $odd (global.get $odd))
  (local.set $bytes (global.get $bytes))
  (local.set $half (global.get $half))
  (local.set $one (i16x8.splat (i32.const 256)))
  (local.set $thick (i16x8.splat (call $of256 (local.get $wide))))
  (local.set $rise (call $rise (local.get $step)))
  (loop $next
    (call $touched (local.get $side) (local.get $step) (local.get $wide))
    (local.set $end)
    (local.set $row)
    (if (i32.lt_s (local.get $row) (local.get $end)) (then
      (local.set $at (i32.add (i32.mul (local.get $row) (local.get $stride))
        (i32.shl (local.get $i) (i32.const 2))))
      (local.set $end (i32.add (local.get $at) (i32.mul (local.get $stride)
        (i32.sub (local.get $end) (local.get $row)))))
      (local.set $low (i16x8.add (local.get $rise) (i16x8.splat
        (i32.sub (call $of256 (local.get $side)) (i32.shl (local.get $row) (i32.const 8))))))
      (local.set $above (i16x8.sub (local.get $one) (local.get $one)))
      (local.set $high (i16x8.max_s (local.get $above)
        (i16x8.add (local.get $low) (local.get $thick))))
      (local.set $low (i16x8.max_s (local.get $above) (local.get $low)))
      (loop $rows
        (local.set $below (i16x8.add (local.get $above) (local.get $one)))
        (call $mix (local.get $at) (local.get $even) (local.get $odd)
          (call $within (local.get $above) (local.get $below)
            (local.get $low) (local.get $high))
          (local.get $bytes) (local.get $half))
        (local.set $above (local.get $below))
        (br_if $rows (i32.ne
          (local.tee $at (i32.add (local.get $at) (local.get $stride))) (local.get $end))))))
    (local.set $side (i64.add (local.get $side) (i64.shl (local.get $step) (i64.const 2))))
    (br_if $next (i32.lt_s
      (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $to)))))

;; Four columns of a thin line where it begins or ends; it is over at `stop`.
(func $levelEnd (param $at i32) (param $i i32) (param $stop i32) (param $side i64)
  (local $row i32) (local $end i32) (local $pixels i32) (local $step i64)
  (local $low v128) (local $high v128) (local $above v128) (local $below v128)
  (local $weight v128)
  (local.set $step (i64.load offset=8 (local.get $at)))
  (call $touched (local.get $side) (local.get $step) (i64.load offset=16 (local.get $at)))
  (local.set $end)
  (local.set $row)
  (local.set $pixels (i32.add (i32.mul (local.get $row) (global.get $stride)) (local.get $i)))
  ;; in 128ths: how much of each column lies between the ends
  (local.set $weight (v128.and
    (i16x8.lt_s (v128.const i16x8 0 0 1 1 2 2 3 3)
      (i16x8.splat (i32.sub (local.get $stop) (local.get $i))))
    (i16x8.sub_sat_u
      (i16x8.sub (i16x8.splat (i32.const 128)) (v128.and
        (v128.const i16x8 -1 -1 0 0 0 0 0 0)
        (i16x8.splat (call $before (local.get $at) (local.get $i)))))
      (v128.and
        (i16x8.eq (v128.const i16x8 1 1 2 2 3 3 4 4)
          (i16x8.splat (i32.sub (local.get $stop) (local.get $i))))
        (i16x8.splat
          (call $behind (local.get $at) (i32.sub (local.get $stop) (i32.const 1))))))))
  (local.set $low (i16x8.add (call $rise (local.get $step)) (i16x8.splat
    (i32.sub (call $of256 (local.get $side)) (i32.shl (local.get $row) (i32.const 8))))))
  (local.set $high (i16x8.max_s (local.get $above) (i16x8.add (local.get $low)
    (i16x8.splat (call $of256 (i64.load offset=16 (local.get $at)))))))
  (local.set $low (i16x8.max_s (local.get $above) (local.get $low)))
  (block $done
    (loop $rows
      (br_if $done (i32.ge_s (local.get $row) (local.get $end)))
      (local.set $below (i16x8.add (local.get $above) (i16x8.splat (i32.const 256))))
      (call $mix (i32.shl (local.get $pixels) (i32.const 2))
        (global.get $even) (global.get $odd)
        (call $part
          (call $within (local.get $above) (local.get $below)
            (local.get $low) (local.get $high))
          (local.get $weight))
        (global.get $bytes) (global.get $half))
      (local.set $above (local.get $below))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (local.set $pixels (i32.add (local.get $pixels) (global.get $stride)))
      (br $rows))))

;; Four columns of any line; it is over at `stop`.
(func $anyColumns (param $at i32) (param $i i32) (param $stop i32) (param $side i64)
  (local $row i32) (local $end i32) (local $pixels i32) (local $step i64) (local $wide i64)
  (local $low v128) (local $high v128) (local $weight v128)
  (local.set $step (i64.load offset=8 (local.get $at)))
  (local.set $wide (i64.load offset=16 (local.get $at)))
  (call $touched (local.get $side) (local.get $step) (local.get $wide))
  (local.set $end)
  (local.set $row)
  (local.set $pixels (i32.add (i32.mul (local.get $row) (global.get $stride)) (local.get $i)))
  (local.set $weight (call $first
    (call $along (local.get $at)
      (i32.sub (local.get $i) (i32.load offset=24 (local.get $at))))
    (i32.sub (local.get $stop) (local.get $i))))
  (local.set $low (f32x4.add
    (f32x4.mul (v128.const f32x4 0 1 2 3) (f32x4.splat (call $loose (local.get $step))))
    (f32x4.splat (call $loose (i64.sub (local.get $side)
      (i64.shl (i64.extend_i32_s (local.get $row)) (i64.const 32)))))))
  (local.set $high (f32x4.add (local.get $low) (f32x4.splat (call $loose (local.get $wide)))))
  (block $done
    (loop $down
      (br_if $done (i32.ge_s (local.get $row) (local.get $end)))
      (call $lay (local.get $pixels) (f32x4.mul (local.get $weight)
        (call $between (f32x4.splat (f32.const 0)) (local.get $low) (local.get $high))))
      (local.set $low (f32x4.sub (local.get $low) (f32x4.splat (f32.const 1))))
      (local.set $high (f32x4.sub (local.get $high) (f32x4.splat (f32.const 1))))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (local.set $pixels (i32.add (local.get $pixels) (global.get $stride)))
      (br $down))))

;; The columns [from, to) where the segment at byte `at` is within the rows that are painted, and a
;; few before and after.
(func $cut (param $at i32) (result i32 i32)
  (local $first i32) (local $stop i32)
  (local $step f64) (local $side f64) (local $over f64) (local $under f64)
  (local.set $first (i32.load offset=24 (local.get $at)))
  (local.set $stop (i32.load offset=28 (local.get $at)))
  (local.set $step (f64.convert_i64_s (i64.load offset=8 (local.get $at))))
  (if (f64.eq (local.get $step) (f64.const 0)) (then
    (return (local.get $first) (local.get $stop))))
  (local.set $side (f64.convert_i64_s (i64.load (local.get $at))))
  (local.set $over (f64.div (f64.sub
    (f64.mul (f64.convert_i32_s (global.get $top)) (f64.const 0x1p32))
    (f64.add (local.get $side) (f64.convert_i64_s (i64.load offset=16 (local.get $at)))))
    (local.get $step)))
  (local.set $under (f64.div (f64.sub
    (f64.mul (f64.convert_i32_s (global.get $bottom)) (f64.const 0x1p32)) (local.get $side))
    (local.get $step)))
  (i32.trunc_sat_f64_s (f64.max (f64.convert_i32_s (local.get $first))
    (f64.add (f64.convert_i32_s (local.get $first))
      (f64.floor (f64.sub (f64.min (local.get $over) (local.get $under)) (f64.const 2))))))
  (i32.trunc_sat_f64_s (f64.min (f64.convert_i32_s (local.get $stop))
    (f64.add (f64.convert_i32_s (local.get $first))
      (f64.ceil (f64.add (f64.max (local.get $over) (local.get $under)) (f64.const 3)))))))
