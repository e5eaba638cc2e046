;; Lines with soft edges.

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
  (local $up i64) (local $down i64)
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
  ;; how far four columns reach up and down from the upper side in the first
  (local.set $down (i64.mul (i64.const 3) (local.get $step)))
  (local.set $up (select (local.get $down) (i64.const 0)
    (i64.lt_s (local.get $down) (i64.const 0))))
  (local.set $down (i64.add (local.get $wide) (i64.sub (local.get $down) (local.get $up))))
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
      (local.set $row (call $most (global.get $top)
        (call $whole (i64.add (local.get $side) (local.get $up)))))
      (local.set $end (call $least (global.get $bottom) (i32.add (i32.const 1)
        (call $whole (i64.add (local.get $side) (local.get $down))))))
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
