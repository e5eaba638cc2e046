;; Runs of pixels, and what is made of them: spans, rectangles, rings.

;; Pixels [start, stop), counted from the picture's first one.
(func $run (param $start i32) (param $stop i32)
  (local $at i32) (local $end i32) (local $ink v128)
  (local $even v128) (local $odd v128) (local $keep v128) (local $under v128) (local $bytes v128)
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
  (local.set $even (global.get $giveEven))
  (local.set $odd (global.get $giveOdd))
  (local.set $keep (global.get $keep))
  (local.set $bytes (global.get $bytes))
  (if (i32.ge_u (local.get $at) (local.get $end)) (then (return)))
  (block $last
    (loop $four
      (br_if $last (i32.ge_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)))
      (local.set $under (v128.load offset=393216 (local.get $at)))
      (v128.store offset=393216 (local.get $at)
        (v128.or
          (i16x8.shr_u (i16x8.add (local.get $even) (i16x8.mul (local.get $keep)
            (v128.and (local.get $under) (local.get $bytes)))) (i32.const 8))
          (v128.andnot (i16x8.add (local.get $odd) (i16x8.mul (local.get $keep)
            (i16x8.shr_u (local.get $under) (i32.const 8)))) (local.get $bytes))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $four)))
  ;; of the last four only those that belong to the run
  (local.set $under (v128.load offset=393216 (local.get $at)))
  (v128.store offset=393216 (local.get $at) (v128.bitselect
    (v128.or
      (i16x8.shr_u (i16x8.add (local.get $even) (i16x8.mul (local.get $keep)
        (v128.and (local.get $under) (local.get $bytes)))) (i32.const 8))
      (v128.andnot (i16x8.add (local.get $odd) (i16x8.mul (local.get $keep)
        (i16x8.shr_u (local.get $under) (i32.const 8)))) (local.get $bytes)))
    (local.get $under)
    (i32x4.gt_s (i32x4.splat (i32.sub (local.get $end) (local.get $at)))
      (v128.const i32x4 0 4 8 12)))))

;; Spans of whole pixels within the picture, `count` of them at byte 4096: left, row, right of each.
(func (export "spans") (param $count i32)
  (local $at i32) (local $pixels i32)
  (block $done
    (loop $next
      (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
      (local.set $pixels (i32.mul (i32.load offset=4100 (local.get $at)) (global.get $stride)))
      (call $run
        (i32.add (local.get $pixels) (i32.load offset=4096 (local.get $at)))
        (i32.add (local.get $pixels) (i32.load offset=4104 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 12)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next))))

;; Columns [left, right), within the picture, of those of rows [top, bottom) that are painted.
(func $rows (export "rows") (param $left i32) (param $t i32) (param $right i32) (param $b i32)
  (local $at i32)
  (local.set $t (call $most (local.get $t) (global.get $top)))
  (local.set $b (call $least (local.get $b) (global.get $bottom)))
  (block $done
    (loop $next
      (br_if $done (i32.ge_s (local.get $t) (local.get $b)))
      (local.set $at (i32.mul (local.get $t) (global.get $stride)))
      (call $run (i32.add (local.get $at) (local.get $left))
        (i32.add (local.get $at) (local.get $right)))
      (local.set $t (i32.add (local.get $t) (i32.const 1)))
      (br $next))))
