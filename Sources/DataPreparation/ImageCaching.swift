import Console
import Datasets
import Foundation
import Instrumentation
import MessagePassing
import Messages

extension AuditedDataSet {
  /// Takes the images from a cache in `folder` from now on. Where a machine has none, or a damaged one, its ranks make it,
  /// each decoding a share.
  ///
  /// The ranks of a machine share one file. In a job of several machines each machine has a file of its own name, since
  /// the folder may be on a network, where replacing a file that others have mapped would take it from them.
  ///
  /// - Throws: on all ranks alike, a failure of exit status 4 if the cache cannot be made (no space, no permission).
  package mutating func cacheImages(in folder: String, over communicator: Communicator, output: RunLog) throws {
    let log = output.logger()
    let machine = try communicator.sameMachine()
    let layout = ImageCacheLayout(height: geometry.height, widths: widths, digests: digests)
    let path = "\(folder)/\(layout.fileName(machine: machine.size < communicator.size ? communicator.hostName : nil))"
    let share = layout.count * machine.rank / machine.size..<layout.count * (machine.rank + 1) / machine.size
    let size = "\(layout.count) images, \((Double(layout.fileSize) / 1e6).formatted(decimals: 1)) MB"

    // Look: every rank maps the file and verifies its share of the pixels.
    var cache: MappedImageSource?
    var damage = ""
    do {
      let found = try MappedImageSource(path, layout: layout)
      for start in stride(from: share.lowerBound, to: share.upperBound, by: 1000) {
        try found.verify(start..<min(start + 1000, share.upperBound))
        Heartbeat.tick()
      }
      cache = found
    } catch ImageCacheError.absent {
    } catch {
      damage = "\(error); making it again"
    }
    for warning in Set(try communicator.gather(Array(damage.utf8))).map({ String(decoding: $0, as: UTF8.self) })
      .sorted()
    where !warning.isEmpty {
      log.warning("\(warning)")
    }
    let isMissing = try machine.allreduceMax([Int64(cache == nil ? 1 : 0)])[0] == 1
    if !isMissing { log.info("decoded images: \(path), \(size)") }

    // Make: the machine's first rank reserves the space and publishes the file that all of its ranks have filled.
    if isMissing { log.info("decoding images into \(path), \(size)") }
    let draft = try communicator.together {
      isMissing && machine.rank == 0 ? try ImageCacheDraft(for: path, layout: layout) : nil
    }
    let temporary = isMissing ? try machine.broadcast(draft.map { Array($0.temporaryPath.utf8) }) : []
    let (dataSet, geometry) = (dataSet, geometry)
    let progress = WorkProgress("decoding images", total: share.count, ranks: machine.size, output)
    defer { progress.finish() }
    try communicator.together {
      guard isMissing else { return }
      try ImageCacheWriter(
        String(decoding: temporary, as: UTF8.self), layout: layout, dataSet: dataSet,
        geometry: geometry
      ).write(
        share, threads: communicator.size == 1 ? ProcessInfo.processInfo.activeProcessorCount : 1,
        while: {
          progress.tick()
          return Heartbeat.goesOn()
        })
    }
    try communicator.leaveIfStopIsRequested()
    try communicator.together { try draft?.publish() }
    if isMissing { cache = nil }
    let found = cache
    source = try communicator.together { try found ?? MappedImageSource(path, layout: layout) }
  }
}
