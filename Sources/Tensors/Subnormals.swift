import COpenBLAS

/// Numbers below the least normal one, 1.2e-38 for Float. CPUs take a hundred cycles and more for each.
public enum Subnormals {
  /// Makes this thread, and those that it starts, take them for zeros. A gradient that vanishes on its way back through a long line
  /// consists of them: kraken's default network, untrained, took 1.8 times as long for a step.
  public static func flush() { akuru_flush_subnormals() }
}
