;; Lines that touch more rows than columns, see lines.wat.

;; The segment at byte `at`, row by row.
(func $steep (param $at i32)
  (local $row i32) (local $end i32) (local $to i32) (local $side i64) (local $step i64)
  (local $wide i64) (local $head i32) (local $tail i32)
  (local.set $row (call $most (global.get $top) (i32.load offset=24 (local.get $at))))
  (local.set $end (call $least (global.get $bottom) (i32.load offset=28 (local.get $at))))
  (if (i32.ge_s (local.get $row) (local.get $end)) (then (return)))
  ;; the left side in the middle of the row
  (local.set $step (i64.load offset=8 (local.get $at)))
  (local.set $side (i64.add (i64.load (local.get $at)) (i64.mul (local.get $step)
    (i64.extend_i32_s (i32.sub (local.get $row) (i32.load offset=24 (local.get $at)))))))
  (local.set $wide (i64.load offset=16 (local.get $at)))
  ;; Nearly all lines are so thin that four pixels hold all that is covered of a row, and whole
  ;; numbers tell how much.
  (if (i32.eqz (i32.and
      (i32.and (call $plain (local.get $at))
        (i64.le_s (local.get $wide) (i64.const 0x300000000)))
      (i32.and (call $fits (local.get $side))
        (call $fits (i64.add (local.get $side) (i64.mul (local.get $step)
          (i64.extend_i32_s (i32.sub (i32.sub (local.get $end) (local.get $row))
            (i32.const 1))))))))) (then
    (loop $next
      (call $anyRow (local.get $at) (local.get $row) (local.get $side))
      (local.set $side (i64.add (local.get $side) (local.get $step)))
      (br_if $next (i32.lt_s
        (local.tee $row (i32.add (local.get $row) (i32.const 1))) (local.get $end))))
    (return)))
  (local.set $head (call $before (local.get $at) (local.get $row)))
  (local.set $tail (call $behind (local.get $at) (i32.sub (local.get $end) (i32.const 1))))
  (if (local.get $head) (then
    (if (i32.eq (i32.add (local.get $row) (i32.const 1)) (local.get $end)) (then
      ;; both are rounded: of a dot nothing may be left
      (local.set $head (call $least (i32.const 128)
        (i32.add (local.get $head) (local.get $tail))))))
    (call $thinEnd (local.get $row) (local.get $side) (local.get $wide)
      (i32.sub (i32.const 128) (local.get $head)))
    (local.set $side (i64.add (local.get $side) (local.get $step)))
    (local.set $row (i32.add (local.get $row) (i32.const 1)))))
  (local.set $to (i32.sub (local.get $end) (i32.ne (local.get $tail) (i32.const 0))))
  (if (i32.lt_s (local.get $row) (local.get $to)) (then
    (call $thin (local.get $row) (local.get $to) (local.get $side) (local.get $step)
      (call $of256 (local.get $wide)))
    (local.set $side (i64.add (local.get $side) (i64.mul (local.get $step)
      (i64.extend_i32_s (i32.sub (local.get $to) (local.get $row))))))
    (local.set $row (local.get $to))))
  (if (i32.lt_s (local.get $row) (local.get $end)) (then
    (call $thinEnd (local.get $row) (local.get $side) (local.get $wide)
      (i32.sub (i32.const 128) (local.get $tail))))))

;; Whether four pixels from a thin line's left side on are columns of the picture.
(func $fits (param $side i64) (result i32)
  (i32.lt_u (i32.shr_s (call $of256 (local.get $side)) (i32.const 8))
    (call $most (i32.const 0) (i32.sub (global.get $width) (i32.const 3)))))

;; Rows [row, end) of a thin line that are covered in their whole length, `thick` 256ths of a pixel.
(func $thin (param $row i32) (param $end i32) (param $side i64) (param $step i64)
  (param $thick i32)
  (local $at i32) (local $stop i32) (local $stride i32) (local $near i32) (local $low v128)
  (local $even v128) (local $odd v128) (local $bytes v128) (local $half v128)
  (local $left v128) (local $right v128) (local $wide v128)
  (local.set $stride (i32.shl (global.get $stride) (i32.const 2)))
  (local.set $at (i32.mul (local.get $row) (local.get $stride)))
  (local.set $stop (i32.mul (local.get $end) (local.get $stride)))
  (local.set $even (global.get $even))
  (local.set $odd (global.get $odd))
  (local.set $bytes (global.get $bytes))
  (local.set $half (global.get $half))
  (local.set $left (global.get $left))
  (local.set $right (global.get $right))
  (local.set $wide (i16x8.splat (local.get $thick)))
  (loop $next
    (local.set $near (call $of256 (local.get $side)))
    (local.set $low (i16x8.splat (i32.and (local.get $near) (i32.const 255))))
    (call $mix
      (i32.add (local.get $at)
        (i32.shl (i32.shr_u (local.get $near) (i32.const 8)) (i32.const 2)))
      (local.get $even) (local.get $odd)
      (call $within (local.get $left) (local.get $right)
        (local.get $low) (i16x8.add (local.get $low) (local.get $wide)))
      (local.get $bytes) (local.get $half))
    (local.set $side (i64.add (local.get $side) (local.get $step)))
    (br_if $next (i32.ne
      (local.tee $at (i32.add (local.get $at) (local.get $stride))) (local.get $stop)))))

;; A row of a thin line where it begins or ends, `weight` 128ths of it.
(func $thinEnd (param $row i32) (param $side i64) (param $wide i64) (param $weight i32)
  (local $near i32) (local $low v128)
  (local.set $near (call $of256 (local.get $side)))
  (local.set $low (i16x8.splat (i32.and (local.get $near) (i32.const 255))))
  (call $mix
    (i32.shl (i32.add (i32.mul (local.get $row) (global.get $stride))
      (i32.shr_u (local.get $near) (i32.const 8))) (i32.const 2))
    (global.get $even) (global.get $odd)
    (call $part (i16x8.splat (local.get $weight))
      (call $within (global.get $left) (global.get $right) (local.get $low)
        (i16x8.add (local.get $low) (i16x8.splat (call $of256 (local.get $wide))))))
    (global.get $bytes) (global.get $half)))

;; A row of any line.
(func $anyRow (param $at i32) (param $row i32) (param $side i64)
  (local $i i32) (local $pixels i32) (local $near f32) (local $wide f32) (local $weight v128)
  (local.set $weight (f32x4.splat (f32x4.extract_lane 0 (call $along (local.get $at)
    (i32.sub (local.get $row) (i32.load offset=24 (local.get $at)))))))
  (local.set $pixels (i32.mul (local.get $row) (global.get $stride)))
  (local.set $wide (call $loose (i64.load offset=16 (local.get $at))))
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
      (br $four))))
