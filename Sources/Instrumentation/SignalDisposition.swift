import Foundation

/// What happens at a signal.
package enum SignalDisposition {
  /// Whether the signal has its default effect: no handler, and not ignored, as under nohup.
  package static func isDefault(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Darwin)
      return action.__sigaction_u.__sa_handler == nil
    #else
      return action.__sigaction_handler.sa_handler == nil
    #endif
  }
}
