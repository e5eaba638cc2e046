;; Outlines of everyday boxes, and plates with names.

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
  (local.set $step (i32.shl (global.get $stride) (i32.const 2)))
  (local.set $across (i32.shl
    (i32.sub (i32.sub (local.get $right) (local.get $left)) (i32.const 2)) (i32.const 2)))
  (local.set $at (i32.shl
    (i32.add (i32.mul (local.get $row) (global.get $stride)) (local.get $left)) (i32.const 2)))
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
            (i32.mul (local.get $row) (global.get $stride))) (i32.const 2)))
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
