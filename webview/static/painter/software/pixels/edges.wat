;; Soft edges: four pixels that take parts of the ink, and how much of each is covered.

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

;; Numbers that loops take from here once: a constant within a loop is made anew each time.
;; All of a pair's lower byte, half of a part, and where four pixels, twice each, begin and end, in
;; 256ths.
(global $bytes (mut v128) (v128.const i16x8 255 255 255 255 255 255 255 255))
(global $half (mut v128) (v128.const i16x8 64 64 64 64 64 64 64 64))
(global $left (mut v128) (v128.const i16x8 0 0 256 256 512 512 768 768))
(global $right (mut v128) (v128.const i16x8 256 256 512 512 768 768 1024 1024))

;; Moves four pixels at byte `at` of the picture towards an opaque ink, given as its pairs of both
;; kinds, by parts of 128, one for each pair. `bytes` and `half` are the numbers above.
(func $mix (param $at i32) (param $even v128) (param $odd v128) (param $part v128)
  (param $bytes v128) (param $half v128)
  (local $four v128)
  (local.set $four (v128.load offset=393216 (local.get $at)))
  (v128.store offset=393216 (local.get $at) (i16x8.add
    (i16x8.add (local.get $four) (i16x8.shr_s
      (i16x8.add (local.get $half) (i16x8.mul (local.get $part)
        (i16x8.sub (local.get $even) (v128.and (local.get $four) (local.get $bytes)))))
      (i32.const 7)))
    (v128.andnot (i16x8.shl
      (i16x8.add (local.get $half) (i16x8.mul (local.get $part)
        (i16x8.sub (local.get $odd) (i16x8.shr_u (local.get $four) (i32.const 8)))))
      (i32.const 1)) (local.get $bytes)))))

;; How much of each of four pixels, twice, lies between `low` and `high`, where they begin at `left`
;; and end at `right`, all in 256ths and none below 0: in 128ths.
(func $within (param $left v128) (param $right v128) (param $low v128) (param $high v128)
  (result v128)
  (i16x8.avgr_u (v128.const i16x8 0 0 0 0 0 0 0 0) (i16x8.sub_sat_u
    (i16x8.min_u (local.get $right) (local.get $high))
    (i16x8.max_u (local.get $left) (local.get $low)))))

;; The product of numbers of 128.
(func $part (param $one v128) (param $other v128) (result v128)
  (i16x8.shr_u (i16x8.add (i16x8.splat (i32.const 64))
    (i16x8.mul (local.get $one) (local.get $other))) (i32.const 7)))

;; How much of each of four pixels from `near` on lies between `low` and `high`, along one direction.
(func $between (param $near v128) (param $low v128) (param $high v128) (result v128)
  (f32x4.pmax (f32x4.splat (f32.const 0)) (f32x4.sub
    (f32x4.pmin (f32x4.add (local.get $near) (f32x4.splat (f32.const 1))) (local.get $high))
    (f32x4.pmax (local.get $near) (local.get $low)))))

;; `weight`, but none for pixels that are `count` and more behind the first.
(func $first (param $weight v128) (param $count i32) (result v128)
  (v128.and (local.get $weight)
    (i32x4.lt_s (v128.const i32x4 0 1 2 3) (i32x4.splat (local.get $count)))))

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
            (i32.add (i32.mul (local.get $row) (global.get $stride)) (local.get $i))
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
