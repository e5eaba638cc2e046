;; Lines with soft edges. Each pixel takes the share of it that the line covers, measured across the
;; line's main direction.
;;
;; A segment comes as six numbers of 64 bits: x0, y0, x1, y1, half the width, dash. What it comes to
;; along its main direction is found out once, for all bands, and takes their place:
;;   0 its side with the lower number, in the middle of its first pixel; 8 how that goes on with each
;;   pixel; 16 its thickness; all 32 bits before and 32 behind the point, and as wide as the direction
;;   asks for; 24 its first pixel, and 28 the one behind its last; 32 the first row that it touches,
;;   and 36 the one behind the last; 40 its dash; 44 whether it is steep (1), and goes backwards (2);
;;   45 and 46, in 128ths, how much of its first pixel comes before it, and of its last behind it.

;; Dashes of the lines at hand: `on` of every `period` px are drawn.
(global $on (mut f32) (f32.const 0))
(global $period (mut f32) (f32.const 0))

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

;; Finds out about `count` segments at byte `at`. No branch depends on what they look like: a processor
;; that guesses wrong loses more time than all that takes.
(func (export "planSegments") (param $at i32) (param $count i32)
  (local $one v128) (local $other v128) (local $far v128) (local $mask v128) (local $steep i32)
  (local $kind i32) (local $from i32) (local $to i32)
  (local $side i64) (local $step i64) (local $wide i64)
  (local $first f64) (local $slope f64) (local $reach f64) (local $a f64) (local $last f64)
  (block $done
    (loop $next
      (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
      (local.set $one (v128.load (local.get $at)))
      (local.set $other (v128.load offset=16 (local.get $at)))
      ;; the main direction first
      (local.set $far (f64x2.abs (f64x2.sub (local.get $other) (local.get $one))))
      (local.set $mask (f64x2.lt
        (i8x16.shuffle 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 (local.get $far) (local.get $far))
        (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
          (local.get $far) (local.get $far))))
      (local.set $steep (i32.and (i32x4.extract_lane 0 (local.get $mask)) (i32.const 1)))
      (local.set $one (v128.bitselect
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $one) (local.get $one))
        (local.get $one) (local.get $mask)))
      (local.set $other (v128.bitselect
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $other) (local.get $other))
        (local.get $other) (local.get $mask)))
      (local.set $far (f64x2.sub (local.get $other) (local.get $one)))
      ;; then the end where it begins
      (local.set $mask (f64x2.lt
        (i8x16.shuffle 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 (local.get $far) (local.get $far))
        (v128.const i64x2 0 0)))
      (f32.store offset=40 (local.get $at) (f32.demote_f64 (f64.load offset=40 (local.get $at))))
      (local.set $kind (i32.or (local.get $steep)
        (i32.and (i32x4.extract_lane 0 (local.get $mask)) (i32.const 2))))
      (local.set $last (f64x2.extract_lane 0
        (v128.bitselect (local.get $one) (local.get $other) (local.get $mask))))
      (local.set $one (v128.bitselect (local.get $other) (local.get $one) (local.get $mask)))
      (local.set $slope (f64x2.extract_lane 0 (v128.and
        (f64x2.div
          (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
            (local.get $far) (local.get $far))
          (local.get $far))
        (f64x2.ne (local.get $far) (v128.const i64x2 0 0)))))
      (local.set $a (f64x2.extract_lane 0 (local.get $one)))
      (local.set $first (f64.floor (local.get $a)))
      ;; Across its main direction a line is up to half the square root of two times its width.
      (local.set $reach (f64.mul (f64.load offset=32 (local.get $at)) (f64.sqrt
        (f64.add (f64.const 1) (f64.mul (local.get $slope) (local.get $slope))))))
      (local.set $side (call $fixed (f64.sub
        (f64.add (f64x2.extract_lane 1 (local.get $one)) (f64.mul (local.get $slope)
          (f64.add (f64.const 0.5) (f64.sub (local.get $first) (local.get $a)))))
        (local.get $reach))))
      (local.set $step (call $fixed (local.get $slope)))
      (local.set $wide (call $fixed (f64.mul (f64.const 2) (local.get $reach))))
      (local.set $from (i32.trunc_sat_f64_s (local.get $first)))
      (local.set $to (i32.trunc_sat_f64_s (f64.ceil (local.get $last))))
      (i64.store (local.get $at) (local.get $side))
      (i64.store offset=8 (local.get $at) (local.get $step))
      (i64.store offset=16 (local.get $at) (local.get $wide))
      (i32.store offset=24 (local.get $at) (local.get $from))
      (i32.store offset=28 (local.get $at) (local.get $to))
      ;; of a flat one from the first to the last column, how high it begins and how low it ends
      (local.set $step (i64.mul (local.get $step)
        (i64.extend_i32_s (i32.sub (local.get $to) (local.get $from)))))
      (i32.store offset=32 (local.get $at) (select (local.get $from)
        (call $whole (i64.add (local.get $side)
          (i64.and (local.get $step) (i64.shr_s (local.get $step) (i64.const 63)))))
        (local.get $steep)))
      (i32.store offset=36 (local.get $at) (select (local.get $to)
        (i32.add (i32.const 1) (call $whole (i64.add
          (i64.add (local.get $side) (local.get $wide)) (i64.and (local.get $step)
            (i64.xor (i64.const -1) (i64.shr_s (local.get $step) (i64.const 63)))))))
        (local.get $steep)))
      (local.set $far (i32x4.trunc_sat_f64x2_s_zero (f64x2.nearest (f64x2.mul
        (f64x2.splat (f64.const 128)) (f64x2.replace_lane 1
          (f64x2.splat (f64.sub (local.get $a) (local.get $first)))
          (f64.sub (f64.ceil (local.get $last)) (local.get $last)))))))
      (i32.store offset=44 (local.get $at) (i32.or (local.get $kind) (i32.or
        (i32.shl (i32x4.extract_lane 0 (local.get $far)) (i32.const 8))
        (i32.shl (i32x4.extract_lane 1 (local.get $far)) (i32.const 16)))))
      (local.set $at (i32.add (local.get $at) (i32.const 48)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next))))

;; Paints `count` planned segments at byte `at`: `on` of every `period` px are drawn, beginning as
;; many px into the first as the segment's dash says; all when that is negative.
(func (export "segments") (param $at i32) (param $count i32) (param $on f32) (param $period f32)
  (local $some i32)
  (global.set $on (local.get $on))
  (global.set $period (local.get $period))
  (block $done
    (loop $next ;; as many as there is room for, see $choose
      (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
      (local.set $some (call $least (local.get $count) (i32.const 32768)))
      (call $paint (call $choose (local.get $at) (local.get $some)))
      (local.set $at (i32.add (local.get $at) (i32.mul (local.get $some) (i32.const 48))))
      (local.set $count (i32.sub (local.get $count) (local.get $some)))
      (br $next))))

;; Writes down where those of `count` segments at byte `at` are that touch the rows to be painted:
;; the steep ones from byte 65536 on, the flat ones from 196608 on. No branches here either.
;; @returns where both lists end, less where they begin
(func $choose (param $at i32) (param $count i32) (result i32 i32)
  (local $steep i32) (local $flat i32) (local $one i32) (local $touched i32)
  (loop $next
    (i32.store offset=65536 (local.get $steep) (local.get $at))
    (i32.store offset=196608 (local.get $flat) (local.get $at))
    (local.set $touched (i32.shl (i32.and
      (i32.lt_s (i32.load offset=32 (local.get $at)) (global.get $bottom))
      (i32.gt_s (i32.load offset=36 (local.get $at)) (global.get $top))) (i32.const 2)))
    (local.set $one (i32.and (local.get $touched)
      (i32.shl (i32.load offset=44 (local.get $at)) (i32.const 2))))
    (local.set $steep (i32.add (local.get $steep) (local.get $one)))
    (local.set $flat
      (i32.add (local.get $flat) (i32.sub (local.get $touched) (local.get $one))))
    (local.set $at (i32.add (local.get $at) (i32.const 48)))
    (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (local.get $steep)
  (local.get $flat))

(func $paint (param $steep i32) (param $flat i32)
  (local $k i32)
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $k) (local.get $steep)))
      (call $steep (i32.load offset=65536 (local.get $k)))
      (local.set $k (i32.add (local.get $k) (i32.const 4)))
      (br $next)))
  (local.set $k (i32.const 0))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $k) (local.get $flat)))
      (call $flat (i32.load offset=196608 (local.get $k)))
      (local.set $k (i32.add (local.get $k) (i32.const 4)))
      (br $next))))

;; Whether the segment at byte `at` is opaque and not dashed.
(func $plain (param $at i32) (result i32)
  (i32.and (i32.eq (global.get $alpha) (i32.const 255))
    (f32.lt (f32.load offset=40 (local.get $at)) (f32.const 0))))

;; How much of a pixel comes before the segment at byte `at`, in 128ths, and how much behind it.
(func $before (param $at i32) (param $pixel i32) (result i32)
  (select (i32.load8_u offset=45 (local.get $at)) (i32.const 0)
    (i32.eq (local.get $pixel) (i32.load offset=24 (local.get $at)))))
(func $behind (param $at i32) (param $pixel i32) (result i32)
  (select (i32.load8_u offset=46 (local.get $at)) (i32.const 0)
    (i32.eq (i32.add (local.get $pixel) (i32.const 1)) (i32.load offset=28 (local.get $at)))))

;; The alpha of the segment at byte `at` for four pixels, the first of them `pixel` behind its first:
;; what of them lies between its ends, and on a dash.
(func $along (param $at i32) (param $pixel i32) (result v128)
  (local $before f32) (local $length f32) (local $dash f32) (local $slope f32)
  (local $gone v128) (local $weight v128) (local $phase v128) (local $on v128) (local $period v128)
  (local.set $before (f32.div
    (f32.convert_i32_u (i32.load8_u offset=45 (local.get $at))) (f32.const 128)))
  (local.set $length (f32.sub
    (f32.sub (f32.convert_i32_s (i32.sub
      (i32.load offset=28 (local.get $at)) (i32.load offset=24 (local.get $at))))
      (local.get $before))
    (f32.div (f32.convert_i32_u (i32.load8_u offset=46 (local.get $at))) (f32.const 128))))
  (local.set $dash (f32.load offset=40 (local.get $at)))
  (local.set $gone (f32x4.add (v128.const f32x4 0 1 2 3) (f32x4.splat
    (f32.sub (f32.convert_i32_s (local.get $pixel)) (local.get $before)))))
  (local.set $weight (f32x4.mul (f32x4.splat (global.get $weight))
    (call $between (local.get $gone) (f32x4.splat (f32.const 0))
      (f32x4.splat (local.get $length)))))
  (if (f32.lt (local.get $dash) (f32.const 0)) (then (return (local.get $weight))))
  (local.set $on (f32x4.splat (global.get $on)))
  (local.set $period (f32x4.splat (global.get $period)))
  (local.set $gone (f32x4.add (local.get $gone) (f32x4.splat (f32.const 0.5))))
  (if (i32.and (i32.load offset=44 (local.get $at)) (i32.const 2)) (then (local.set $gone
    (f32x4.sub (f32x4.splat (local.get $length)) (local.get $gone)))))
  ;; pixels along the line for one along its main direction
  (local.set $slope (call $loose (i64.load offset=8 (local.get $at))))
  (local.set $phase (f32x4.add (f32x4.splat (local.get $dash))
    (f32x4.mul (local.get $gone) (f32x4.splat (f32.sqrt
      (f32.add (f32.const 1) (f32.mul (local.get $slope) (local.get $slope))))))))
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
