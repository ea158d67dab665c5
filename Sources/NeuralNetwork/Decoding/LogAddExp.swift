import Foundation
import Tensors

/// ln(e^a + e^b).
func logAddExp(_ a: Double, _ b: Double) -> Double {
  let (low, high) = a < b ? (a, b) : (b, a)
  return low == -.infinity ? high : high + log1p(exp(low - high))
}
