/// The nearest whole number of one whose absolute value is below 2^22: no check and no call, so loops are vectorized.
@inline(__always)
func nearest(_ x: Float) -> Int32 { Int32(bitPattern: (x + 12_582_912).bitPattern &- 0x4B40_0000) }
