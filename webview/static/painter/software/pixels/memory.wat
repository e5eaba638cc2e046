;; The loops over pixels, four at a time. `raster.js` decides what is painted where.
;;
;; Memory: four numbers of 16 bits for each alpha, by which `release` takes it out of the channels;
;; from byte 4096 on, what is handed over with a call; from byte 65536 on, room for the crossings of
;; edges with rows, and for which segments touch them; from byte 393216 on, the picture, row by row,
;; four bytes a pixel in the order R, G, B, A; then 16 bytes that nobody looks at, as the last pixels
;; are read and written with others behind them; then a store of plates; then the numbers of segments
;; and of rings' edges.
;;
;; While painting, colours have their alpha multiplied in. To lay a colour over another is to move
;; each channel, alpha among them, by a part of the way to the colour made opaque; alpha is that part.
;;
;; `python -m tests.assemble` makes pixels.wasm of the files in this folder, in the order of their
;; names, as one module; a test sees to it that they agree.

(memory (export "memory") 7)

;; Columns of the picture, and pixels from one of its rows to the next; rows [top, bottom) are
;; painted.
(global $width (mut i32) (i32.const 0))
(global $stride (mut i32) (i32.const 0))
(global $top (mut i32) (i32.const 0))
(global $bottom (mut i32) (i32.const 0))

;; Four pixels are reckoned with as eight pairs of bytes, red and blue of each, then green and alpha:
;; numbers of 16 bits, which hold what comes of multiplying a channel with parts of 256.

;; The ink: its colour made opaque, as that, with 16 bits a channel, and as pairs of both kinds; its
;; alpha, that in 32767ths; what it gives to each channel of a pixel, in both kinds of pairs, and what
;; it keeps of it, in 256ths.
(global $solid (mut i32) (i32.const 0))
(global $wide (mut v128) (v128.const i32x4 0 0 0 0))
(global $even (mut v128) (v128.const i32x4 0 0 0 0))
(global $odd (mut v128) (v128.const i32x4 0 0 0 0))
(global $alpha (mut i32) (i32.const 0))
(global $weight (mut f32) (f32.const 0))
(global $giveEven (mut v128) (v128.const i32x4 0 0 0 0))
(global $giveOdd (mut v128) (v128.const i32x4 0 0 0 0))
(global $keep (mut v128) (v128.const i32x4 0 0 0 0))

;; A picture of `width` columns, `stride` pixels from row to row; only rows [top, bottom) are painted
;; from now on.
(func (export "clip") (param $w i32) (param $s i32) (param $t i32) (param $b i32)
  (global.set $width (local.get $w))
  (global.set $stride (local.get $s))
  (global.set $top (local.get $t))
  (global.set $bottom (local.get $b)))

;; The colour of what is painted next: red in the lowest byte, alpha in the highest.
(func (export "ink") (param $color i32)
  (local $part i32)
  (global.set $alpha (i32.shr_u (local.get $color) (i32.const 24)))
  (global.set $solid (i32.or (local.get $color) (i32.const 0xff000000)))
  (global.set $wide (i16x8.extend_low_i8x16_u (i32x4.splat (global.get $solid))))
  (global.set $even (v128.and (i32x4.splat (global.get $solid)) (i16x8.splat (i32.const 255))))
  (global.set $odd (i16x8.shr_u (i32x4.splat (global.get $solid)) (i32.const 8)))
  (global.set $weight (f32.mul (f32.convert_i32_u (global.get $alpha))
    (f32.div (f32.const 32767) (f32.const 255))))
  (local.set $part (i32.div_u
    (i32.add (i32.shl (global.get $alpha) (i32.const 8)) (i32.const 127)) (i32.const 255)))
  (global.set $keep (i16x8.splat (i32.sub (i32.const 256) (local.get $part))))
  (global.set $giveEven (i16x8.add (i16x8.splat (i32.const 128)) ;; for rounding
    (i16x8.mul (global.get $even) (i16x8.splat (local.get $part)))))
  (global.set $giveOdd (i16x8.add (i16x8.splat (i32.const 128))
    (i16x8.mul (global.get $odd) (i16x8.splat (local.get $part))))))

(func $least (param $a i32) (param $b i32) (result i32)
  (select (local.get $a) (local.get $b) (i32.lt_s (local.get $a) (local.get $b))))

(func $most (param $a i32) (param $b i32) (result i32)
  (select (local.get $a) (local.get $b) (i32.gt_s (local.get $a) (local.get $b))))
