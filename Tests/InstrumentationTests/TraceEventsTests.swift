import Instrumentation
import Testing

@Suite struct TraceEventsTests {
  private func event(_ i: Int) -> TraceEvent {
    TraceEvent(kind: Trace.Kind.allCases[i % 8], step: i, start: Int64(1000 * i + 7), duration: Int64(i))
  }

  @Test func keepsTheNewest() {
    let events = TraceEvents(capacity: 5)
    #expect(events.events == [] && events.lost == 0 && events.bytes(zero: 3) == [])
    for i in 0..<5 { events.add(event(i)) }
    #expect(events.events == (0..<5).map(event) && events.lost == 0)
    for i in 5..<13 { events.add(event(i)) }
    #expect(events.events == (8..<13).map(event) && events.lost == 8)
    let received = TraceEvents.events(events.bytes(zero: 1007))
    let starts: [Int64] = [7000, 8000, 9000, 10000, 11000]
    #expect(received.map(\.start) == starts)
    #expect(received.map(\.kind) == events.events.map(\.kind))
    #expect(received.map(\.step) == [8, 9, 10, 11, 12])
    let durations: [Int64] = [8, 9, 10, 11, 12]
    #expect(received.map(\.duration) == durations)
  }

  /// Another rank's bytes: four little-endian numbers an event. What is torn, or of a kind that is not known, is left out.
  @Test func bytesAreFourNumbers() {
    let events = TraceEvents(capacity: 1)
    events.add(TraceEvent(kind: .reduce, step: 258, start: 5, duration: 1 << 40))
    let bytes = events.bytes(zero: 6)
    let expected: [[UInt8]] = [
      [4, 0, 0, 0, 0, 0, 0, 0], [2, 1, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 255, count: 8), [0, 0, 0, 0, 0, 1, 0, 0],
    ]
    #expect(bytes == Array(expected.joined()))
    #expect(TraceEvents.events(bytes) == [TraceEvent(kind: .reduce, step: 258, start: -1, duration: 1 << 40)])
    #expect(TraceEvents.events(Array(bytes.dropLast())) == [])
    #expect(TraceEvents.events(bytes + bytes.prefix(31)).count == 1)
    var unknown = bytes
    unknown[0] = 8
    #expect(TraceEvents.events(unknown + bytes).map(\.step) == [258])
    unknown[0] = 4
    unknown[7] = 0x80
    #expect(TraceEvents.events(unknown) == [])
  }
}
