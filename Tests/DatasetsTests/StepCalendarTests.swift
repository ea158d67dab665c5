import Datasets
import Messages
import TestSupport
import Testing

@Suite struct BatchSizeTests {
  private func size(_ text: String) throws -> BatchSize { try BatchSize(text) }

  @Test func allForms() throws {
    #expect(try size("32") == 32 && size("32").description == "32" && !size("32").grows)
    let doubling = try size("8..64")
    #expect(doubling.phases.map(\.images) == [8, 16, 32, 64] && doubling.phases.map(\.from) == [0, 0.125, 0.25, 0.5])
    #expect(doubling.description == "8,16@0.125,32@0.25,64@0.5" && doubling.first == 8 && doubling.last == 64)
    #expect(try size(doubling.description) == doubling)
    #expect(try size("8..8") == 8)
    let listed = try size("6,30@0.1,31@0.99")
    #expect(listed.phases.map(\.images) == [6, 30, 31] && listed.phases.map(\.from) == [0, 0.1, 0.99])
  }

  @Test(arguments: ["8", "\"8..32\"", "\"8,64@0.3\""]) func itIsStoredAsItIs(_ json: String) throws {
    let size = try RunJSON.decode(BatchSize.self, from: json)
    #expect(try RunJSON.decode(BatchSize.self, from: RunJSON.line(size)) == size)
  }

  @Test(arguments: [
    "", "x", "8..", "..8", "8..20", "64..8", "0..8", "-8..8", "8,16", "8,16@0", "8,16@1", "8,16@0.5,32@0.5",
    "8,16@0.5,32@0.2", "16,8@0.5", "8,8@0.5", "8,16@x", "8,16@nan", "8,16@inf", "8@0.5", "8,", "8,16@0.1@0.2",
    "8..99999999999999999999", "1..9223372036854775807",
  ])
  func whatHasNoSuchForm(_ text: String) {
    let error = thrown(ConfigurationError.self) { _ = try size(text) }
    #expect(error?.option == "batchSize" && error?.exitStatus == .usage)
  }
}

@Suite struct StepCalendarTests {
  /// The steps of a run, one after the other, by the definition.
  private struct Walk {
    struct Place: Equatable {
      var (epoch, stepInEpoch) = (0, 0)
      var microBatches = 0..<0
      var batchSize = 0
    }
    var places: [Place] = []
    var images: [Int] = []

    init(draws: Int, _ batchSize: BatchSize, microBatch: Int, total: Int, steps: Int) {
      let count = (draws + microBatch - 1) / microBatch
      var (epoch, index, next, done) = (0, 0, 0, 0)
      for _ in 0..<steps {
        let size = batchSize.phases.last { Double(done) >= ($0.from * Double(total)).rounded(.up) }!.images
        let numbers = next..<min(next + size / microBatch, count)
        places.append(Place(epoch: epoch, stepInEpoch: index, microBatches: numbers, batchSize: size))
        images.append(done)
        (next, index) = (numbers.upperBound, index + 1)
        done = epoch * draws + min(next * microBatch, draws)
        if next == count { (epoch, index, next) = (epoch + 1, 0, 0) }
      }
    }
  }

  @Test(arguments: ["4", "4..8", "4..64", "4,64@0.3", "8,12@0.05,40@0.5,80@0.9", "4,8@0.001"], [1, 4, 7, 64, 403])
  func everyStepHasItsPlace(_ size: String, _ draws: Int) throws {
    let batchSize = try BatchSize(size)
    for total in [1, 5, 400, 1_000, 3_001] {
      let calendar = StepCalendar(draws: draws, batchSize: batchSize, microBatch: 4, images: total)
      let walk = Walk(draws: draws, batchSize, microBatch: 4, total: total, steps: 900)
      for step in 0..<900 {
        let place = calendar.place(of: step)
        let found = Walk.Place(
          epoch: place.epoch, stepInEpoch: place.stepInEpoch, microBatches: place.microBatches,
          batchSize: place.batchSize)
        #expect(found == walk.places[step], "\(size), \(draws), \(total): step \(step)")
        #expect(calendar.imagesBefore(step) == walk.images[step])
      }
      for images in stride(from: 0, to: walk.images[899], by: 13) {
        #expect(calendar.steps(forImages: images) == walk.images.firstIndex { $0 >= images })
      }
    }
  }

  /// A run of so many steps goes through all sizes.
  @Test(arguments: ["4..64", "4,128@0.25"], [10, 211, 1_000_000_000_000]) func aRunOfSteps(_ size: String, _ steps: Int)
    throws
  {
    let batchSize = try BatchSize(size)
    let images = StepCalendar.images(ofSteps: steps, draws: 50, batchSize: batchSize, microBatch: 4)
    func calendar(_ images: Int) -> StepCalendar {
      StepCalendar(draws: 50, batchSize: batchSize, microBatch: 4, images: images)
    }
    #expect(
      calendar(images).steps(forImages: images) >= steps && calendar(images - 1).steps(forImages: images - 1) < steps)
    #expect(calendar(images).place(of: steps - 1).batchSize == batchSize.last)
  }

  /// All ranks together do each image of an epoch once, whatever the sizes, and a run that goes on in the middle of a size
  /// has the same steps.
  @Test(arguments: 1...3) func ranksTogetherDoEveryImage(_ ranks: Int) throws {
    let batchSize = try BatchSize("4..16")
    func items(_ steps: Range<Int>) throws -> [WorkItem] {
      try (0..<ranks).flatMap {
        try Array(
          TrainingWork(
            seed: 3, widths: (0..<37).map { 20 + $0 * 7 % 30 }, batchSize: batchSize, microBatch: 2, images: 37 * 8,
            steps: steps, rank: $0, ranks: ranks))
      }.sorted { ($0.step, $0.microBatch) < ($1.step, $1.microBatch) }
    }
    let calendar = StepCalendar(draws: 37, batchSize: batchSize, microBatch: 2, images: 37 * 8)
    let last = calendar.steps(forImages: 37 * 8)
    let all = try items(0..<last)
    for epoch in 0..<8 {
      let samples = all.filter { $0.epoch == epoch }.flatMap(\.samples)
      #expect(samples.sorted() == Array(0..<37))
    }
    #expect(Set((0..<last).map { calendar.place(of: $0).batchSize }) == [4, 8, 16])
    for step in stride(from: 1, to: last, by: 5) {
      #expect(try items(step..<last) == all.filter { $0.step >= step })
    }
  }
}
