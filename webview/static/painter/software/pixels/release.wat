;; The end: pictures are handed over without alpha multiplied in.

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
