;; The inside of rings by the even-odd rule: a pixel is in when its centre is, as in spans.js.
;;
;; An edge comes as four numbers of 64 bits: x0, y0, x1, y1. Where it crosses rows is found out once,
;; for all bands, and takes their place: 0 the first pixel whose centre is not on the left, in the
;; first row that it crosses, and 8 how that goes on with each row, both with 32 bits behind the
;; point; 16 that row, and 20 the one behind the last.

;; Finds out about `count` edges at byte `at`.
(func (export "planEdges") (param $at i32) (param $count i32)
  (local $x f64) (local $y f64) (local $end f64) (local $slope f64) (local $row i32)
  (block $done
    (loop $next
      (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
      (local.set $x (f64.load (local.get $at)))
      (local.set $y (f64.load offset=8 (local.get $at)))
      (local.set $end (f64.load offset=24 (local.get $at)))
      (local.set $slope (f64.div (f64.sub (f64.load offset=16 (local.get $at)) (local.get $x))
        (f64.sub (local.get $end) (local.get $y))))
      (local.set $row (call $most (i32.const 0)
        (call $row (f64.min (local.get $y) (local.get $end)))))
      (i32.store offset=20 (local.get $at)
        (call $row (f64.max (local.get $y) (local.get $end))))
      (i32.store offset=16 (local.get $at) (local.get $row))
      (i64.store offset=8 (local.get $at) (call $fixed (local.get $slope)))
      (i64.store (local.get $at) (i64.add (i64.const 0xffffffff) (call $fixed (f64.sub
        (f64.add (local.get $x) (f64.mul (local.get $slope) (f64.sub
          (f64.add (f64.convert_i32_s (local.get $row)) (f64.const 0.5)) (local.get $y))))
        (f64.const 0.5)))))
      (local.set $at (i32.add (local.get $at) (i32.const 32)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next))))

;; The row whose middle is the first one not above `y`.
(func $row (param $y f64) (result i32)
  (i32.trunc_sat_f64_s (f64.ceil (f64.sub (local.get $y) (f64.const 0.5)))))

;; Fills what `count` planned edges at byte `at` enclose. There are at most as many as there is room
;; for crossings of each with 64 rows, and no more rows than that.
(func (export "rings") (param $at i32) (param $count i32)
  (local $first i32) (local $rows i32) (local $k i32) (local $total i32) (local $crossed i32)
  (local $left i32) (local $right i32) (local $start i32) (local $stop i32)
  (local.set $rows (i32.sub (global.get $bottom) (global.get $top)))
  ;; by row: how many edges more cross it than the one above, then where its crossings end
  (memory.fill (i32.const 65536) (i32.const 0)
    (i32.shl (i32.add (local.get $rows) (i32.const 2)) (i32.const 2)))
  (call $count (local.get $at) (local.get $count))
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
  (call $cross (local.get $at) (local.get $count))
  (local.set $k (i32.const 0))
  (block $done
    (loop $next
      (br_if $done (i32.ge_s (local.get $k) (local.get $rows)))
      (local.set $start (i32.load offset=65536 (i32.shl (local.get $k) (i32.const 2))))
      (local.set $stop (i32.load offset=65540 (i32.shl (local.get $k) (i32.const 2))))
      (if (i32.gt_s (i32.sub (local.get $stop) (local.get $start)) (i32.const 1)) (then
        (call $sort (local.get $start) (local.get $stop))
        (local.set $first
          (i32.mul (i32.add (global.get $top) (local.get $k)) (global.get $stride)))
        (loop $pairs
          (local.set $left (call $most (i32.const 0)
            (i32.load offset=66048 (i32.shl (local.get $start) (i32.const 2)))))
          (local.set $right (call $least (global.get $width)
            (i32.load offset=66052 (i32.shl (local.get $start) (i32.const 2)))))
          (if (i32.lt_s (local.get $left) (local.get $right)) (then
            (call $run (i32.add (local.get $first) (local.get $left))
              (i32.add (local.get $first) (local.get $right)))))
          (br_if $pairs (i32.lt_s
            (i32.add (local.tee $start (i32.add (local.get $start) (i32.const 2))) (i32.const 1))
            (local.get $stop))))))
      (local.set $k (i32.add (local.get $k) (i32.const 1)))
      (br $next))))

;; Counts, by row, where edges begin to cross the rows that are painted, and where they end: for those
;; that do not cross any, both come to the same.
(func $count (param $at i32) (param $count i32)
  (local $row i32) (local $top i32) (local $bottom i32)
  (local.set $top (global.get $top))
  (local.set $bottom (global.get $bottom))
  (block $done
    (loop $next
      (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
      (local.set $row (i32.shl (i32.sub (call $least (local.get $bottom)
        (call $most (local.get $top) (i32.load offset=16 (local.get $at))))
        (local.get $top)) (i32.const 2)))
      (i32.store offset=65536 (local.get $row)
        (i32.add (i32.load offset=65536 (local.get $row)) (i32.const 1)))
      (local.set $row (i32.shl (i32.sub (call $most (local.get $top)
        (call $least (local.get $bottom) (i32.load offset=20 (local.get $at))))
        (local.get $top)) (i32.const 2)))
      (i32.store offset=65536 (local.get $row)
        (i32.sub (i32.load offset=65536 (local.get $row)) (i32.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const 32)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next))))

;; Writes down where edges cross the rows that are painted.
(func $cross (param $at i32) (param $count i32)
  (local $row i32) (local $stop i32) (local $place i32) (local $side i64) (local $step i64)
  (block $done
    (loop $edge
      (br_if $done (i32.le_s (local.get $count) (i32.const 0)))
      (local.set $row (call $most (global.get $top) (i32.load offset=16 (local.get $at))))
      (local.set $stop (call $least (global.get $bottom) (i32.load offset=20 (local.get $at))))
      (if (i32.lt_s (local.get $row) (local.get $stop)) (then
        (local.set $step (i64.load offset=8 (local.get $at)))
        (local.set $side (i64.add (i64.load (local.get $at)) (i64.mul (local.get $step)
          (i64.extend_i32_s (i32.sub (local.get $row) (i32.load offset=16 (local.get $at)))))))
        (local.set $row (i32.shl (i32.sub (local.get $row) (global.get $top)) (i32.const 2)))
        (local.set $stop (i32.shl (i32.sub (local.get $stop) (global.get $top)) (i32.const 2)))
        (loop $next
          (local.set $place (i32.sub (i32.load offset=65536 (local.get $row)) (i32.const 1)))
          (i32.store offset=65536 (local.get $row) (local.get $place))
          (i32.store offset=66048 (i32.shl (local.get $place) (i32.const 2))
            (call $whole (local.get $side)))
          (local.set $side (i64.add (local.get $side) (local.get $step)))
          (br_if $next (i32.lt_s
            (local.tee $row (i32.add (local.get $row) (i32.const 4))) (local.get $stop))))))
      (local.set $at (i32.add (local.get $at) (i32.const 32)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $edge))))

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
